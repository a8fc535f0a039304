//! [`KubeConfig`]: clusters, users and contexts, of which one is current.
//!
//! The simulator's file names one cluster. It lives in the session, not on a disk.

use serde_json::{Map, Value, json};

/// Where a kubeconfig of minikube lies; what messages call the file.
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
}

impl Default for KubeConfig {
    fn default() -> KubeConfig {
        KubeConfig::new("minikube", "https://192.168.49.2:8443")
    }
}

impl KubeConfig {
    /// A file with one cluster, user and context of that name.
    pub fn new(name: &str, server: &str) -> KubeConfig {
        let context = Context {
            name: name.to_owned(),
            cluster: name.to_owned(),
            user: name.to_owned(),
            namespace: "default".to_owned(),
        };
        KubeConfig {
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
        }
    }

    /// The file as an object.
    pub fn to_value(&self) -> Value {
        let clusters = self.clusters.iter().map(|(name, server)| {
            json!({"name": name, "cluster": {"certificate-authority-data": "DATA+OMITTED", "server": server}})
        });
        let certificates =
            json!({"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"});
        let users = self.users.iter().map(|name| json!({"name": name, "user": certificates}));
        let contexts = self.sorted();
        let contexts = contexts.iter().map(|context| json!({"name": context.name, "context": body(context)}));
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
}

fn body(context: &Context) -> Value {
    let mut body = Map::new();
    body.insert("cluster".to_owned(), Value::from(context.cluster.as_str()));
    if !context.namespace.is_empty() {
        body.insert("namespace".to_owned(), Value::from(context.namespace.as_str()));
    }
    body.insert("user".to_owned(), Value::from(context.user.as_str()));
    Value::Object(body)
}
