//! What verbs take: kinds, names, further words.

use super::{Candidate, further_words, kind_names, namespace_of, paths, plain, texts};
use crate::api::Kind;
use crate::kubectl::Files;
use crate::kubectl::explain::Schema;
use crate::kubectl::verbs::{self, Verb};
use crate::session::Session;

/// Verbs that take no names of what is there.
const WITHOUT_NAMES: &[&str] = &[
    "api-resources",
    "api-versions",
    "apply",
    "auth whoami",
    "cluster-info",
    "cluster-info dump",
    "config current-context",
    "config get-clusters",
    "config get-users",
    "config view",
    "diff",
    "events",
    "options",
    "proxy",
    "replace",
    "run",
    "version",
];

/// What a ReplicaSet, and what scales or rolls out, goes by.
const SCALED: &[&str] = &["deployments", "replicasets", "statefulsets", "deploy", "rs", "sts"];
const ROLLED_OUT: &[&str] = &["daemonsets", "deployments", "statefulsets", "deploy", "ds", "sts"];
const TEMPLATED: &[&str] = &[
    "cronjobs",
    "daemonsets",
    "deployments",
    "jobs",
    "pods",
    "replicasets",
    "statefulsets",
    "cj",
    "deploy",
    "ds",
    "po",
    "rs",
    "sts",
];
const EXPOSED: &[&str] =
    &["deployments", "pods", "replicasets", "services", "statefulsets", "deploy", "po", "rs", "sts", "svc"];

/// What may be done to objects, as roles know it.
const ACTIONS: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];

impl Session {
    /// What may stand where `word` is begun, behind `verb` and the words of `rest`.
    pub(super) fn arguments(
        &self,
        verb: &Verb,
        all: &[String],
        rest: &[&str],
        word: &str,
        files: &dyn Files,
    ) -> Vec<Candidate> {
        let arguments = plain(verb.flags, rest);
        let namespace = namespace_of(rest).unwrap_or(&self.namespace);
        let is_first = arguments.is_empty();
        if is_first && all.last().is_some_and(|last| verb.name.ends_with(last.as_str())) {
            let further = further_words(&verb.name.split(' ').collect::<Vec<_>>());
            if !further.is_empty() {
                return further;
            }
        }
        match verb.name {
            name if WITHOUT_NAMES.contains(&name) || name.starts_with("create") => Vec::new(),
            "explain" if is_first => field_paths(word, files),
            "explain" => Vec::new(),
            "kustomize" => paths::folders(files, word),
            "completion" => texts(&["bash", "fish", "powershell", "zsh"]),
            "exec" | "logs" | "attach" | "port-forward" | "debug" | "cp" if !is_first => Vec::new(),
            "exec" | "logs" | "attach" | "port-forward" | "debug" | "cp" if word.contains('/') => {
                self.slashed(word, namespace)
            }
            "port-forward" => {
                let opened = ["deployment", "deploy", "pod", "service", "sts", "svc"];
                [self.names(Kind::Pod, namespace), kind_slashes(&opened)].concat()
            }
            "exec" | "logs" | "attach" | "debug" | "cp" => self.names(Kind::Pod, namespace),
            "cordon" | "uncordon" | "drain" | "top node" => self.names(Kind::Node, ""),
            "taint" if is_first => texts(&["node", "nodes"]),
            "top pod" => self.names(Kind::Pod, namespace),
            "auth can-i" if is_first => texts(ACTIONS),
            "auth can-i" if arguments.len() == 1 => kind_names(),
            "auth can-i" => Vec::new(),
            name if name.starts_with("config ") => {
                if is_first {
                    self.contexts()
                } else {
                    Vec::new()
                }
            }
            "rollout history" | "rollout pause" | "rollout restart" | "rollout resume" | "rollout status"
            | "rollout undo" => self.of_kinds(ROLLED_OUT, &arguments, word, namespace),
            "scale" | "autoscale" => self.of_kinds(SCALED, &arguments, word, namespace),
            "expose" => self.of_kinds(EXPOSED, &arguments, word, namespace),
            name if name.starts_with("set ") => self.of_kinds(TEMPLATED, &arguments, word, namespace),
            _ => self.resources(kind_names(), &arguments, word, namespace),
        }
    }

    fn of_kinds(&self, kinds: &[&str], arguments: &[&str], word: &str, namespace: &str) -> Vec<Candidate> {
        self.resources(texts(kinds), arguments, word, namespace)
    }

    /// A kind, and then the names of that kind; or `TYPE/NAME`.
    fn resources(
        &self,
        kinds: Vec<Candidate>,
        arguments: &[&str],
        word: &str,
        namespace: &str,
    ) -> Vec<Candidate> {
        if word.split_once('/').is_some_and(|(kind, _)| Kind::from_word(kind).is_some()) {
            return self.slashed(word, namespace);
        }
        match arguments.first().and_then(|kind| Kind::from_word(kind)) {
            Some(kind) => self.names(kind, namespace),
            None if arguments.is_empty() => kinds,
            None => Vec::new(),
        }
    }

    /// `TYPE/NAME` of what is there.
    pub(super) fn references(&self, word: &str) -> Vec<Candidate> {
        if word.contains('/') {
            return self.slashed(word, &self.namespace);
        }
        kind_names().into_iter().map(|kind| Candidate { text: format!("{}/", kind.text), ..kind }).collect()
    }

    /// The names that may follow `TYPE/`.
    pub(super) fn slashed(&self, word: &str, namespace: &str) -> Vec<Candidate> {
        let Some((kind, _)) = word.split_once('/') else { return Vec::new() };
        let named = Kind::from_word(kind).map(|known| self.names(known, namespace)).unwrap_or_default();
        named.into_iter().map(|c| Candidate { text: format!("{kind}/{}", c.text), ..c }).collect()
    }
}

/// The kinds, each ready for a name.
pub(super) fn kind_slashes(kinds: &[&str]) -> Vec<Candidate> {
    kinds.iter().map(|kind| Candidate { text: format!("{kind}/"), about: String::new() }).collect()
}

/// Kinds, and behind a kind and a dot the fields there.
fn field_paths(word: &str, files: &dyn Files) -> Vec<Candidate> {
    let Some((before, _)) = word.rsplit_once('.') else { return kind_names() };
    let Some(schema) = files.schema().map(Schema::new) else { return Vec::new() };
    let Ok((kind, path)) = verbs::explained_place(before) else { return Vec::new() };
    let Some(object) = schema.kind(kind) else { return Vec::new() };
    let place = match path.as_slice() {
        [] => Some(object),
        path => schema.field(object, path).and_then(|field| schema.behind(field.shape)),
    };
    let fields = place.iter().flat_map(|definition| definition.fields());
    let spelled = fields.map(|field| Candidate {
        text: format!("{before}.{}", field.name),
        about: schema.type_name(field.shape),
    });
    spelled.collect()
}
