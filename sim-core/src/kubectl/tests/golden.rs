//! Transcripts of the real kubectl v1.36.3, line for line: what it says by itself, without a cluster's help.
//!
//! A transcript is text: `$ LINE`, then its standard input with `< ` before each line, then what was printed,
//! with `! ` before standard error, and `exit N` unless it is 0. Files that lines read stand first, as
//! `= PATH` and lines with `| ` before them; then the lines, after `+ `, that made the cluster, and for how many
//! seconds it was left alone, `@pass 20`.

use std::time::Duration;

use crate::kubectl::Workstation;
use crate::kubectl::tests::Bench;

/// The table of the API's descriptions.
const SCHEMA: &str = include_str!("../../../data/api-v1.36.txt");

/// A cluster with the files that stand at the start of a transcript.
fn bench(head: &str) -> Bench {
    let mut bench = Bench::new();
    bench.files.set_schema(SCHEMA);
    for (path, text) in files(head) {
        bench.files.put(&path, &text);
    }
    for line in head.lines() {
        if let Some(line) = line.strip_prefix("+ ") {
            bench.run(line);
            assert!(bench.cluster.settle(Duration::from_secs(600)), "{line} comes to an end");
        } else if let Some(seconds) = line.strip_prefix("@pass ") {
            bench.sleep(seconds.parse().expect("a number of seconds"));
        }
    }
    bench
}

/// The same cluster and files, for a line that is to change neither.
fn copy(bench: &Bench) -> Bench {
    let workstation = Workstation::default();
    Bench { cluster: bench.cluster.clone(), workstation, files: bench.files.clone() }
}

/// Plays a transcript and shows how the outcome differs from it. With `afresh`, each line has a new cluster.
fn check(transcript: &str, afresh: bool) {
    let mut differences = String::new();
    let mut blocks = transcript.split("\n$ ");
    let head = blocks.next().unwrap_or_default();
    let first = bench(head);
    let mut bench = copy(&first);
    for block in blocks {
        if afresh {
            bench = copy(&first);
        }
        let (line, rest) = block.split_once('\n').unwrap_or((block, ""));
        let stdin: String =
            rest.lines().map_while(|line| line.strip_prefix("< ")).map(|line| format!("{line}\n")).collect();
        let wanted: String =
            rest.lines().skip_while(|line| line.starts_with("< ")).map(|l| format!("{l}\n")).collect();
        let got = bench.run_with(line, Some(stdin.as_str()).filter(|text| !text.is_empty()));
        if got.trim_end() != wanted.trim_end() {
            differences.push_str(&format!("$ {line}\n--- kubectl\n{wanted}--- ours\n{got}\n"));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

fn files(head: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        if let Some(path) = line.strip_prefix("= ") {
            files.push((path.to_owned(), String::new()));
        } else if let (Some(text), Some((_, file))) = (line.strip_prefix("| "), files.last_mut()) {
            file.push_str(text);
            file.push('\n');
        }
    }
    files
}

#[test]
fn explain() {
    check(include_str!("golden/explain.txt"), false);
}

#[test]
fn config() {
    check(include_str!("golden/config.txt"), false);
}

#[test]
fn templates() {
    check(include_str!("golden/templates.txt"), false);
}

#[test]
fn usage() {
    check(include_str!("golden/usage.txt"), true);
}

#[test]
fn kustomize() {
    check(include_str!("golden/kustomize.txt"), false);
}

#[test]
fn create() {
    check(include_str!("golden/create.txt"), true);
}

#[test]
fn roles() {
    check(include_str!("golden/roles.txt"), true);
}

#[test]
fn cluster() {
    check(include_str!("golden/cluster.txt"), true);
}

#[test]
fn subjects() {
    check(include_str!("golden/subjects.txt"), true);
}

#[test]
fn rbac() {
    check(include_str!("golden/rbac.txt"), true);
}

#[test]
fn absent() {
    check(include_str!("golden/absent.txt"), true);
}

#[test]
fn raw() {
    check(include_str!("golden/raw.txt"), true);
}
