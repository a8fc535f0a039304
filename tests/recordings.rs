//! Every recording of the real control plane, played on the simulator.

use std::collections::BTreeMap;
use std::path::Path;

use sim_core::api::KubernetesVersion;

/// Scenarios that do not match yet, `NAME: reason` a line. The list can only shrink.
const KNOWN: &str = include_str!("recordings/known-differences.txt");

#[test]
fn every_recording_matches_or_is_listed_with_its_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings");
    let known: BTreeMap<&str, &str> = KNOWN
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").unwrap_or_else(|| panic!("\"{line}\" gives no reason")))
        .collect();
    let paths = sim_cli::replay::recordings_in(&folder).expect("the recordings are there");
    assert!(paths.len() >= 30, "only {} recordings were found", paths.len());
    let mut table = String::new();
    let mut wrong = Vec::new();
    let mut listed = known.clone();
    for path in &paths {
        let report =
            sim_cli::replay::replay(path, 14, KubernetesVersion::default()).expect("a recording plays");
        let reason = listed.remove(report.name.as_str());
        table.push_str(&report.line());
        table.push_str(if report.is_varied { ", with varied timing\n" } else { "\n" });
        match (report.matches(), reason) {
            (true, Some(_)) => wrong.push(format!("{} matches now: take it off the list", report.name)),
            (false, None) => {
                let scores = &report.scores;
                let all = [&scores.transcript, &scores.order, &scores.end];
                let all = all.into_iter().flat_map(|score| &score.differences);
                let first: Vec<&str> = all.map(String::as_str).take(5).collect();
                wrong.push(format!("{} differs:\n{}", report.name, first.join("\n")));
            }
            _ => {}
        }
    }
    for name in listed.keys() {
        wrong.push(format!("{name} is on the list and is no recording"));
    }
    assert!(wrong.is_empty(), "{table}\n{}", wrong.join("\n\n"));
    insta::assert_snapshot!("parity", table);
}
