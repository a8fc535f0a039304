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
            let owner = entry["owners"][0].as_str().unwrap_or_default().trim_end_matches('*');
            if let Some((job, cron_job)) = timed_job(owner) {
                names.learn(job, &format!("Job of {cron_job}"), &mut counts);
            }
            let Some(name) = entry["name"].as_str().filter(|_| is_random(kind, owner)) else { continue };
            let group = format!("{}-{kind}", names.rename(owner));
            let Some(count) = names.learn(name, &group, &mut counts) else { continue };
            let hash = match kind {
                "ReplicaSet" => "hash",
                "ControllerRevision" => "revision",
                _ => continue,
            };
            if let Some(ending) = name.rsplit('-').next() {
                names.known.insert(ending.to_owned(), format!("<{hash}-{count}>"));
            }
        }
        names
    }

    /// Gives a name that is not known yet the next number of its group, which is returned.
    fn learn(&mut self, name: &str, group: &str, counts: &mut BTreeMap<String, usize>) -> Option<usize> {
        if self.known.contains_key(name) {
            return None;
        }
        let count = counts.entry(group.to_owned()).or_default();
        *count += 1;
        self.known.insert(name.to_owned(), format!("<{group}-{count}>"));
        Some(*count)
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

/// Whether the name of an object of that kind and owner differs from run to run, or is not owed: a ReplicaSet's and
/// a DaemonSet's revision's end in hashes of Go's own dump of the template.
fn is_random(kind: &str, owner: &str) -> bool {
    let owned_by = |kind: &str| owner.split('/').next() == Some(kind);
    match kind {
        "EndpointSlice" | "ReplicaSet" => true,
        "Pod" => ["ReplicaSet", "DaemonSet", "Job"].into_iter().any(owned_by),
        "ControllerRevision" => owned_by("DaemonSet"),
        "Job" => owned_by("CronJob"),
        _ => false,
    }
}

/// The Job that an owner names, and its CronJob: such a Job's name ends in the minute for which it was started.
fn timed_job(owner: &str) -> Option<(&str, &str)> {
    let job = owner.strip_prefix("Job/")?;
    let (cron_job, minute) = job.rsplit_once('-')?;
    (minute.len() >= 8 && minute.bytes().all(|byte| byte.is_ascii_digit())).then_some((job, cron_job))
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

    #[test]
    fn names_of_other_workloads_pods_are_random_too() {
        let trace = vec![
            serde_json::json!({"kind": "ControllerRevision", "name": "ds-7d4998f79c", "owners": ["DaemonSet/ds*"]}),
            serde_json::json!({"kind": "Pod", "name": "ds-sslmr", "owners": ["DaemonSet/ds*"]}),
            serde_json::json!({"kind": "Pod", "name": "c-29923921-rsqtr", "owners": ["Job/c-29923921*"]}),
            serde_json::json!({"kind": "ControllerRevision", "name": "web-5bfc9f4d5d", "owners": ["StatefulSet/web*"]}),
        ];
        let names = Names::of(&trace);
        assert_eq!(
            names.rename("ds-sslmr 7d4998f79c; c-29923921-rsqtr of c-29923921; web-5bfc9f4d5d"),
            "<DaemonSet/ds-Pod-1> <revision-1>; <Job/<Job of c-1>-Pod-1> of <Job of c-1>; web-5bfc9f4d5d"
        );
    }
}
