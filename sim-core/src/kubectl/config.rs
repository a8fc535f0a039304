//! [`KubeConfig`]: clusters, users and contexts, of which one is current.
//!
//! The simulator's file names one cluster. It lives in the session, not on a disk.

use rand_core::Rng;
use serde_json::{Map, Value, json};

use crate::api::SimTime;
use crate::engine::{ClusterConfig, stream};

/// Where the file lies; what messages call it.
pub const PATH: &str = "/home/user/.kube/config";

/// A way to the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// The cluster that it leads to; empty when none is named.
    pub cluster: String,
    /// The user that it logs in as; empty when none is named.
    pub user: String,
    /// The namespace of commands that name none; empty for `default`.
    pub namespace: String,
}

/// What `minikube start` writes of itself into the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minikube {
    /// When it last wrote there.
    updated: String,
}

/// The release of minikube.
const MINIKUBE_VERSION: &str = "v1.38.1";

/// What `kubectl config` shows and changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeConfig {
    /// The clusters, name and server.
    pub clusters: Vec<(String, String)>,
    /// The users.
    pub users: Vec<String>,
    /// The contexts.
    pub contexts: Vec<Context>,
    /// The name of the context in use.
    pub current: String,
    /// Whether minikube made the file: it names the certificates' files, and says so.
    pub minikube: Option<Minikube>,
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
                KubeConfig { minikube: Some(Minikube { updated }), ..KubeConfig::default() }
            }
        }
    }

    /// A file with one cluster, user and context of that name.
    pub fn new(name: &str, server: &str, namespace: &str) -> KubeConfig {
        let context = Context {
            name: name.to_owned(),
            cluster: name.to_owned(),
            user: name.to_owned(),
            namespace: namespace.to_owned(),
        };
        KubeConfig {
            minikube: None,
            clusters: vec![(name.to_owned(), server.to_owned())],
            users: vec![name.to_owned()],
            contexts: vec![context],
            current: name.to_owned(),
        }
    }

    /// The context of that name.
    pub fn context(&self, name: &str) -> Option<&Context> {
        self.contexts.iter().find(|context| context.name == name)
    }

    /// Where the cluster of the context in use is; `None` when none is.
    pub fn server(&self) -> Option<&str> {
        let cluster = &self.context(&self.current)?.cluster;
        self.clusters.iter().find(|(name, _)| name == cluster).map(|(_, server)| server.as_str())
    }

    /// The namespace of commands that name none.
    pub fn namespace(&self) -> &str {
        let namespace = self.context(&self.current).map(|context| context.namespace.as_str());
        namespace.filter(|namespace| !namespace.is_empty()).unwrap_or("default")
    }

    /// The file without what does not belong to the context in use.
    pub fn minified(&self) -> KubeConfig {
        let contexts: Vec<Context> =
            self.contexts.iter().filter(|context| context.name == self.current).cloned().collect();
        let cluster = contexts.first().map_or("", |context| context.cluster.as_str());
        let user = contexts.first().map_or("", |context| context.user.as_str());
        KubeConfig {
            clusters: self.clusters.iter().filter(|(name, _)| name == cluster).cloned().collect(),
            users: self.users.iter().filter(|name| *name == user).cloned().collect(),
            current: self.current.clone(),
            contexts,
            minikube: self.minikube.clone(),
        }
    }

    /// The file as an object.
    pub fn to_value(&self) -> Value {
        let home = "/home/user/.minikube";
        let clusters = self.clusters.iter().map(|(name, server)| {
            let cluster = match &self.minikube {
                None => json!({"certificate-authority-data": "DATA+OMITTED", "server": server}),
                Some(minikube) => json!({
                    "certificate-authority": format!("{home}/ca.crt"),
                    "extensions": extensions(minikube, "cluster_info"),
                    "server": server,
                }),
            };
            json!({"name": name, "cluster": cluster})
        });
        let certificates = match &self.minikube {
            None => json!({"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}),
            Some(_) => json!({
                "client-certificate": format!("{home}/profiles/minikube/client.crt"),
                "client-key": format!("{home}/profiles/minikube/client.key"),
            }),
        };
        let users = self.users.iter().map(|name| json!({"name": name, "user": certificates}));
        let contexts = self.sorted();
        let contexts =
            contexts.iter().map(|context| json!({"name": context.name, "context": self.body(context)}));
        json!({
            "apiVersion": "v1",
            "clusters": clusters.collect::<Vec<_>>(),
            "contexts": contexts.collect::<Vec<_>>(),
            "current-context": self.current,
            "kind": "Config",
            "users": users.collect::<Vec<_>>(),
        })
    }

    /// The contexts by name, as the file keeps them.
    pub fn sorted(&self) -> Vec<&Context> {
        let mut contexts: Vec<&Context> = self.contexts.iter().collect();
        contexts.sort_by(|a, b| a.name.cmp(&b.name));
        contexts
    }

    fn body(&self, context: &Context) -> Value {
        let mut body = Map::new();
        body.insert("cluster".to_owned(), Value::from(context.cluster.as_str()));
        if let Some(minikube) = self.minikube.as_ref().filter(|_| context.name == "minikube") {
            body.insert("extensions".to_owned(), extensions(minikube, "context_info"));
        }
        if !context.namespace.is_empty() {
            body.insert("namespace".to_owned(), Value::from(context.namespace.as_str()));
        }
        body.insert("user".to_owned(), Value::from(context.user.as_str()));
        Value::Object(body)
    }
}

fn extensions(minikube: &Minikube, name: &str) -> Value {
    let extension = json!({
        "last-update": minikube.updated,
        "provider": "minikube.sigs.k8s.io",
        "version": MINIKUBE_VERSION,
    });
    json!([{"extension": extension, "name": name}])
}
