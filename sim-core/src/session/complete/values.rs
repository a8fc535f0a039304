//! Flags, and what they may be.

use std::collections::BTreeSet;

use super::{Candidate, MOST, flag_named, flags, namespace_of, paths, plain, takes_next, texts};
use crate::api::{Kind, meta};
use crate::kubectl::Files;
use crate::kubectl::args::{Flag, Takes};
use crate::kubectl::verbs::Verb;
use crate::session::Session;

impl Session {
    /// The candidates for a flag or its value, and where in the word they begin; `None` when the word is neither.
    pub(super) fn flag_or_value(
        &self,
        own: &[Flag],
        verb: Option<&Verb>,
        rest: &[&str],
        word: &str,
        files: &dyn Files,
    ) -> Option<(usize, Vec<Candidate>)> {
        if let Some((name, value)) = word.split_once('=').filter(|(name, _)| name.starts_with("--")) {
            let flag = flag_named(own, name)?;
            return Some((name.len() + 1, self.values(flag, verb, rest, value, files)));
        }
        let before = rest.last().and_then(|last| flag_named(own, last)).filter(|flag| takes_next(*flag));
        if let Some(flag) = before {
            return Some((0, self.values(flag, verb, rest, word, files)));
        }
        word.starts_with('-').then(|| (0, flags(own)))
    }

    fn values(
        &self,
        flag: Flag,
        verb: Option<&Verb>,
        rest: &[&str],
        word: &str,
        files: &dyn Files,
    ) -> Vec<Candidate> {
        let verb_name = verb.map(|verb| verb.name).unwrap_or_default();
        match flag.long {
            "namespace" => self.names(Kind::Namespace, ""),
            "context" => self.contexts(),
            "filename" => paths::manifests(files, word),
            "from-file" | "from-env-file" | "patch-file" => paths::any(files, word),
            "kustomize" => paths::folders(files, word),
            "output" if verb_name == "version" => texts(&["yaml", "json"]),
            "output" => texts(&["wide", "yaml", "json", "name", "jsonpath=", "custom-columns="]),
            "container" => self.containers(rest),
            "selector" => self.labels(verb, rest),
            "for" => texts(&[
                "condition=Ready",
                "condition=Available",
                "condition=Complete",
                "create",
                "delete",
                "jsonpath=",
            ]),
            "dry-run" => texts(&["client", "server", "none"]),
            "cascade" => texts(&["background", "foreground", "orphan"]),
            "restart" => texts(&["Always", "OnFailure", "Never"]),
            "type" if verb_name == "patch" => texts(&["strategic", "merge", "json"]),
            "sort-by" => texts(&[".metadata.name", ".metadata.creationTimestamp"]),
            "field-selector" => texts(&["metadata.name=", "status.phase="]),
            _ if matches!(flag.takes, Takes::Bool) => texts(&["true", "false"]),
            _ => Vec::new(),
        }
    }

    /// The labels that objects of the kind in question have, pods where none is named.
    fn labels(&self, verb: Option<&Verb>, rest: &[&str]) -> Vec<Candidate> {
        let named = plain(verb.map(|verb| verb.flags).unwrap_or_default(), rest);
        let kind = match verb.map(|verb| verb.name) {
            Some("drain" | "cordon" | "uncordon") => Kind::Node,
            _ => named.iter().find_map(|word| Kind::from_word(word)).unwrap_or(Kind::Pod),
        };
        let namespace = namespace_of(rest).unwrap_or(&self.namespace);
        let store = self.cluster.store();
        let here = store
            .list(kind)
            .filter(|object| !kind.info().namespaced || meta::namespace(object.meta()) == namespace);
        let pairs: BTreeSet<String> = here
            .take(MOST)
            .flat_map(|object| {
                meta::labels(object.meta()).iter().map(|(key, value)| format!("{key}={value}"))
            })
            .collect();
        pairs.into_iter().map(|text| Candidate { text, about: String::new() }).collect()
    }

    pub(super) fn contexts(&self) -> Vec<Candidate> {
        let contexts = self.workstation.config.contexts.iter();
        let mut names: Vec<String> = contexts.map(|context| context.name.clone()).collect();
        names.sort();
        names.into_iter().map(|text| Candidate { text, about: String::new() }).collect()
    }

    pub(super) fn containers(&self, rest: &[&str]) -> Vec<Candidate> {
        let namespace = namespace_of(rest).unwrap_or(&self.namespace);
        let pods = self.cluster.store().all_in::<k8s_openapi::api::core::v1::Pod>(namespace);
        let named = pods.filter(|pod| {
            rest.iter().any(|word| word.trim_start_matches("pod/") == meta::name(&pod.metadata))
        });
        let containers = named.filter_map(|pod| pod.spec.as_ref()).flat_map(|spec| &spec.containers);
        containers.map(|container| Candidate { text: container.name.clone(), about: String::new() }).collect()
    }
}
