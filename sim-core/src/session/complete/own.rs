//! What may follow the prompt's own words.

use super::arguments::kind_slashes;
use super::{Candidate, first_words, paths, texts};
use crate::api::Kind;
use crate::kubectl::Files;
use crate::session::{Session, faults, help};

impl Session {
    /// What may follow `words`, of which the first is a word of ours.
    pub(super) fn own_arguments(&self, words: &[&str], word: &str, files: &dyn Files) -> Vec<Candidate> {
        match words {
            ["help"] => [first_words(), texts(&help::topics())].concat(),
            ["fault", rest @ ..] => self.fault_arguments(rest, word),
            ["graph"] => texts(&["owners", "causes"]),
            ["graph", _] => self.references(word),
            ["speed"] => texts(&["1x", "10x", "60x"]),
            ["minikube"] => texts(&["service", "status", "ip"]),
            ["minikube", "service", ..] if word.starts_with('-') => texts(&["--url"]),
            ["minikube", "service"] => self.names(Kind::Service, &self.namespace),
            ["cat" | "ls", ..] | ["save" | "load"] => paths::any(files, word),
            ["kill"] => {
                let numbers: Vec<String> =
                    self.background.iter().map(|job| format!("%{}", job.number())).collect();
                texts(&numbers.iter().map(String::as_str).collect::<Vec<_>>())
            }
            _ => Vec::new(),
        }
    }

    fn fault_arguments(&self, words: &[&str], word: &str) -> Vec<Candidate> {
        match words {
            [] => texts(faults::NAMES),
            ["crash" | "oom" | "evict" | "probe"] => self.names(Kind::Pod, &self.namespace),
            ["crash" | "oom", pod] => self.containers(&[pod]),
            ["probe", _] => texts(&["readiness", "liveness", "startup"]),
            ["probe", _, _] => texts(faults::OUTCOMES),
            ["node"] => self.names(Kind::Node, ""),
            ["node", _] => texts(&["stop", "start", "join"]),
            ["volume"] => self.names(Kind::PersistentVolumeClaim, &self.namespace),
            ["volume", _] => texts(&["lose"]),
            ["load"] if word.contains('/') => self.slashed(word, &self.namespace),
            ["load"] => {
                let bears = ["deployments", "statefulsets", "deploy", "sts"];
                [self.names(Kind::Pod, &self.namespace), kind_slashes(&bears)].concat()
            }
            _ => Vec::new(),
        }
    }
}
