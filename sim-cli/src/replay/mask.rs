//! Masks what differs from run to run: ages, times, IPs, uids, versions, nodes and random names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};
use serde_json::Value;

/// A pattern and what stands in its place.
struct Mask(Regex, &'static str);

/// Compiles a pattern of this file; each is exercised by the tests below.
fn mask(pattern: &str, to: &'static str) -> Mask {
    #[expect(clippy::expect_used, reason = "the patterns are constants")]
    let regex = Regex::new(pattern).expect("a constant pattern compiles");
    Mask(regex, to)
}

static MASKS: LazyLock<Vec<Mask>> = LazyLock::new(|| {
    vec![
        mask(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
        mask(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| [+-]\d{4})?", "<time>"),
        mask(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "<time>"),
        mask(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", "<ip>"),
        mask(r#"("?resourceVersion"?: )"\d+""#, "$1<version>"),
        mask(r"\b(node|zone)-[123]\b", "<$1>"),
        mask(r"/tmp/(LIVE|MERGED)-\d+", "/tmp/$1"),
        mask(r"\b(\d+[ywdhms])+\b", "<age>"),
        mask(r"<invalid>", "<age>"),
        mask(r"(\.)[0-9a-f]{16}\b", "$1<nanos>"),
        mask(r" {2,}", "  "),
        mask(r"(?m) +$", ""),
    ]
});

static GENERATED: LazyLock<Mask> = LazyLock::new(|| mask(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", ""));

/// Random names of one run and what they are called instead: by kind, owner and order of appearance.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: BTreeMap<String, String>,
}

impl Names {
    /// The random names in a trace.
    pub fn of(trace: &[Value]) -> Names {
        let mut names = Names::default();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for entry in trace {
            let kind = entry["kind"].as_str().unwrap_or_default();
            let owner = entry["owners"][0].as_str().unwrap_or_default();
            let random = matches!(kind, "EndpointSlice" | "ReplicaSet") || owner.starts_with("ReplicaSet/");
            let Some(name) = entry["name"].as_str().filter(|_| random) else { continue };
            if names.known.contains_key(name) {
                continue;
            }
            let group = format!("{}-{kind}", names.rename(owner.trim_end_matches('*')));
            let count = counts.entry(group.clone()).or_default();
            *count += 1;
            names.known.insert(name.to_owned(), format!("<{group}-{count}>"));
            if let Some(hash) = name.rsplit('-').next().filter(|_| kind == "ReplicaSet") {
                names.known.insert(hash.to_owned(), format!("<hash-{count}>"));
            }
        }
        names
    }

    /// `text` with every random name replaced.
    pub fn rename(&self, text: &str) -> String {
        let words = &GENERATED.0;
        let replace = |found: &Captures<'_>| {
            let word = &found[0];
            self.known.get(word).cloned().unwrap_or_else(|| word.to_owned())
        };
        words.replace_all(text, replace).into_owned()
    }

    /// `text` with everything masked that differs from run to run.
    pub fn mask(&self, text: &str) -> String {
        let mut text = self.rename(text);
        for Mask(pattern, to) in MASKS.iter() {
            text = pattern.replace_all(&text, *to).into_owned();
        }
        text.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_ips_uids_and_spacing_are_masked_and_nothing_else() {
        let names = Names::default();
        let masked = names.mask("web-0   1/1     Running   0          4m30s   10.244.0.9   node-2\n");
        assert_eq!(masked, "web-0  1/1  Running  0  <age>  <ip>  <node>");
        assert_eq!(names.mask("web-5bfc9f4d5d  1Gi  app:1.0"), "web-5bfc9f4d5d  1Gi  app:1.0");
    }

    #[test]
    fn random_names_are_told_apart_by_their_order() {
        let trace = vec![
            serde_json::json!({"kind": "ReplicaSet", "name": "d-54c6d8c84", "owners": ["Deployment/d*"]}),
            serde_json::json!({"kind": "Pod", "name": "d-54c6d8c84-abcde", "owners": ["ReplicaSet/d-54c6d8c84*"]}),
        ];
        let names = Names::of(&trace);
        assert_eq!(
            names.rename("pod/d-54c6d8c84-abcde web-0"),
            "pod/<ReplicaSet/<Deployment/d-ReplicaSet-1>-Pod-1> web-0"
        );
    }
}
