//! [`KubeConfig`]: clusters, users and contexts, of which one is current.
//!
//! The simulator's file names one cluster. It lives in the session, not on a disk.

use rand_core::Rng;
use serde_json::{Map, Value, json};

use crate::api::{SimTime, to_value};
use crate::engine::{ClusterConfig, stream};

/// Where the file lies; what messages call it.
pub const PATH: &str = "/home/user/.kube/config";

/// A named part of the file: a cluster, a user or a context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its fields, as the file has them.
    pub fields: Map<String, Value>,
}

impl Entry {
    fn new(name: &str, fields: Value) -> Entry {
        let fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        Entry { name: name.to_owned(), fields }
    }

    /// A field's text; empty when it has none.
    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Sets a field, or takes it away when it becomes empty.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        if value == "" || value == false {
            self.fields.remove(field);
        } else {
            self.fields.insert(field.to_owned(), value);
        }
    }
}

/// The entry of that name, and whether it had to be made.
pub fn entry<'a>(entries: &'a mut Vec<Entry>, name: &str) -> (&'a mut Entry, bool) {
    let known = entries.iter().position(|entry| entry.name == name);
    let at = known.unwrap_or_else(|| {
        let at = entries.partition_point(|entry| entry.name.as_str() < name);
        entries.insert(at, Entry { name: name.to_owned(), ..Entry::default() });
        at
    });
    (&mut entries[at], known.is_none())
}

/// What stands in the place of certificates and keys.
const OMITTED: &str = "DATA+OMITTED";

/// The release of minikube.
const MINIKUBE_VERSION: &str = "v1.38.1";

/// What `kubectl config` shows and changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeConfig {
    /// The clusters, by name.
    pub clusters: Vec<Entry>,
    /// The users, by name.
    pub users: Vec<Entry>,
    /// The contexts, by name.
    pub contexts: Vec<Entry>,
    /// The name of the context in use.
    pub current: String,
    /// Whether minikube made the file.
    pub is_minikubes: bool,
}

impl Default for KubeConfig {
    fn default() -> KubeConfig {
        KubeConfig::new("minikube", "https://192.168.49.2:8443", "default")
    }
}

impl KubeConfig {
    /// The file that whoever made the cluster wrote.
    pub fn of(config: &ClusterConfig) -> KubeConfig {
        match config.profile.name.as_str() {
            "kind" => {
                // Docker gives the API server's port a free one of the machine.
                let port = 32_768 + stream(config.seed, "api server port").next_u64() % 28_232;
                KubeConfig::new("kind-kind", &format!("https://127.0.0.1:{port}"), "")
            }
            "slow-cloud" => KubeConfig::new("slow-cloud", "https://10.0.1.11:443", ""),
            "recorder" => KubeConfig::default(),
            _ => {
                let age = std::time::Duration::from_secs(config.installed_seconds_ago);
                let made = SimTime::ZERO.timestamp().checked_sub(age).unwrap_or(SimTime::ZERO.timestamp());
                let updated = made.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string();
                KubeConfig::default().of_minikube(&updated)
            }
        }
    }

    /// A file with one cluster, user and context of that name.
    pub fn new(name: &str, server: &str, namespace: &str) -> KubeConfig {
        let cluster = json!({"certificate-authority-data": OMITTED, "server": server});
        let user = json!({"client-certificate-data": OMITTED, "client-key-data": OMITTED});
        let mut context = Entry::new(name, json!({"cluster": name, "user": name}));
        context.set("namespace", namespace);
        KubeConfig {
            clusters: vec![Entry::new(name, cluster)],
            users: vec![Entry::new(name, user)],
            contexts: vec![context],
            current: name.to_owned(),
            is_minikubes: false,
        }
    }

    /// The file as minikube writes it: it names the certificates' files, and says when it was there.
    fn of_minikube(mut self, updated: &str) -> KubeConfig {
        let home = "/home/user/.minikube";
        let extensions = |name: &str| {
            let extension = json!({
                "last-update": updated,
                "provider": "minikube.sigs.k8s.io",
                "version": MINIKUBE_VERSION,
            });
            json!([{"extension": extension, "name": name}])
        };
        for cluster in &mut self.clusters {
            cluster.fields.remove("certificate-authority-data");
            cluster.set("certificate-authority", format!("{home}/ca.crt"));
            cluster.set("extensions", extensions("cluster_info"));
        }
        for user in &mut self.users {
            user.fields.clear();
            user.set("client-certificate", format!("{home}/profiles/minikube/client.crt"));
            user.set("client-key", format!("{home}/profiles/minikube/client.key"));
        }
        for context in &mut self.contexts {
            context.set("extensions", extensions("context_info"));
        }
        KubeConfig { is_minikubes: true, ..self }
    }

    /// The context of that name.
    pub fn context(&self, name: &str) -> Option<&Entry> {
        self.contexts.iter().find(|context| context.name == name)
    }

    /// Where the cluster of the context in use is; `None` when none is.
    pub fn server(&self) -> Option<&str> {
        let cluster = self.context(&self.current)?.text("cluster");
        self.clusters.iter().find(|known| known.name == cluster).map(|cluster| cluster.text("server"))
    }

    /// The namespace of commands that name none.
    pub fn namespace(&self) -> &str {
        let namespace = self.context(&self.current).map(|context| context.text("namespace"));
        namespace.filter(|namespace| !namespace.is_empty()).unwrap_or("default")
    }

    /// The file without what does not belong to the context in use.
    ///
    /// Models client-go tools/clientcmd/api: MinifyConfig.
    ///
    /// # Errors
    /// What the file lacks.
    pub fn minified(&self) -> Result<KubeConfig, String> {
        if self.current.is_empty() {
            return Err("current-context must exist in order to minify".to_owned());
        }
        let Some(context) = self.context(&self.current) else {
            return Err(format!("cannot locate context {}", self.current));
        };
        let only = |entries: &[Entry], what: &str| -> Result<Vec<Entry>, String> {
            let name = context.text(what);
            let found: Vec<Entry> = entries.iter().filter(|entry| entry.name == name).cloned().collect();
            if found.is_empty() && !name.is_empty() {
                return Err(format!("cannot locate {what} {name}"));
            }
            Ok(found)
        };
        Ok(KubeConfig {
            clusters: only(&self.clusters, "cluster")?,
            users: only(&self.users, "user")?,
            contexts: vec![context.clone()],
            current: self.current.clone(),
            is_minikubes: self.is_minikubes,
        })
    }

    /// The file as an object, with its secrets when it is `raw`.
    ///
    /// Models client-go tools/clientcmd/api: ShortenConfig and redactSensitiveFields.
    pub fn to_value(&self, raw: bool) -> Value {
        let list = |entries: &[Entry], what: &str| {
            let shown = entries.iter().map(|entry| {
                let mut fields = entry.fields.clone();
                let needed: &[&str] = match what {
                    "cluster" => &["server"],
                    "context" => &["cluster", "user"],
                    _ => &[],
                };
                for field in needed {
                    fields.entry(*field).or_insert_with(|| json!(""));
                }
                for (field, value) in fields.iter_mut().filter(|_| !raw) {
                    match field.as_str() {
                        "token" | "password" => *value = json!("REDACTED"),
                        field if field.ends_with("-data") => *value = to_value(&OMITTED),
                        _ => {}
                    }
                }
                json!({"name": entry.name, what: fields})
            });
            let shown: Vec<Value> = shown.collect();
            if shown.is_empty() { Value::Null } else { Value::from(shown) }
        };
        json!({
            "apiVersion": "v1",
            "clusters": list(&self.clusters, "cluster"),
            "contexts": list(&self.contexts, "context"),
            "current-context": self.current,
            "kind": "Config",
            "users": list(&self.users, "user"),
        })
    }
}
