//! How Jobs end, fail, wait and are stopped, and when CronJobs start them: transcripts of what a user sees.

use insta::assert_snapshot;

use super::Bench;
use crate::api::{Kind, meta};

/// A Job of that spec whose pods run that script.
fn job(spec: &str, script: &str) -> String {
    format!(
        "apiVersion: batch/v1
kind: Job
metadata: {{name: work}}
spec:
{spec}
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers:
      - {{name: app, image: busybox, command: [sh, -c, '{script}']}}
"
    )
}

/// A CronJob of every minute whose pods sleep so long.
fn cron(spec: &str, seconds: u32) -> String {
    format!(
        "apiVersion: batch/v1
kind: CronJob
metadata: {{name: tick}}
spec:
  schedule: '* * * * *'
  {spec}
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
          containers: [{{name: app, image: busybox, command: [sleep, '{seconds}']}}]
"
    )
}

/// Applies the manifest and plays the lines; `@5` lets five seconds pass. Of descriptions the pods' template is
/// left out, and the random ends of names are numbered.
fn play(manifest: &str, lines: &[&str]) -> String {
    let mut bench = Bench::whole();
    let mut text = bench.run_with("apply -f -", Some(manifest));
    let mut pods: Vec<String> = Vec::new();
    for line in lines {
        let seconds = line.strip_prefix('@').and_then(|seconds| seconds.parse::<u64>().ok());
        for _ in 0..seconds.unwrap_or(0) {
            bench.sleep(1);
            let mut new: Vec<String> = bench
                .cluster
                .store()
                .list(Kind::Pod)
                .map(|pod| meta::name(pod.meta()).to_owned())
                .filter(|name| !pods.contains(name))
                .collect();
            new.sort();
            pods.extend(new);
        }
        text.push_str(&format!("$ {line}\n"));
        if seconds.is_none() {
            let said = bench.run(line);
            text.push_str(&if line.starts_with("describe") { without_template(&said) } else { said });
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
    }
    for job in bench.cluster.store().list(Kind::Job) {
        text = text.replace(job.uid(), "UID");
    }
    for (place, name) in pods.iter().enumerate() {
        let stem = name.rsplit_once('-').map_or("", |(stem, _)| stem);
        text = text.replace(name, &format!("{stem}-pod{place:02}"));
    }
    text
}

fn without_template(text: &str) -> String {
    let mut kept = String::new();
    let mut in_template = false;
    for line in text.lines() {
        in_template = line.starts_with("Pod Template:") || (in_template && line.starts_with(' '));
        if !in_template {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

const CONDITIONS: &str = r#"get job work -o jsonpath='{range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\n"}{end}'"#;

#[test]
fn a_job_fails_at_its_backoff_limit() {
    let lines = ["@5", "get job", "@40", "get job", "get pods", CONDITIONS, "describe job work"];
    assert_snapshot!(play(&job("  backoffLimit: 2", "exit 3"), &lines));
}

#[test]
fn a_job_fails_at_its_deadline() {
    let lines =
        ["@9", "get job", "@1", "get job,pods", "@5", "get job,pods", CONDITIONS, "describe job work"];
    assert_snapshot!(play(&job("  activeDeadlineSeconds: 10", "sleep 100"), &lines));
}

#[test]
fn an_indexed_job_completes_each_index() {
    let spec = "  completionMode: Indexed\n  completions: 4\n  parallelism: 2";
    let lines = [
        "@2",
        "get pods -L batch.kubernetes.io/job-completion-index",
        "@5",
        "get job work -o jsonpath={.status.completedIndexes}",
        "@10",
        "logs -l job-name=work",
        "get job,pods",
        "describe job work",
    ];
    assert_snapshot!(play(&job(spec, "echo index $JOB_COMPLETION_INDEX; sleep 5"), &lines));
}

#[test]
fn a_job_is_suspended_resumed_and_made_wider_and_narrower() {
    let lines = [
        "@5",
        r#"patch job work -p '{"spec":{"suspend":true}}'"#,
        "@3",
        "get job,pods",
        CONDITIONS,
        "describe job work",
        r#"patch job work -p '{"spec":{"suspend":false}}'"#,
        "@3",
        "get job",
        CONDITIONS,
        r#"patch job work -p '{"spec":{"parallelism":3}}'"#,
        "@2",
        "get pods",
        r#"patch job work -p '{"spec":{"parallelism":1}}'"#,
        "@2",
        "get pods",
        r#"patch job work -p '{"spec":{"parallelism":0}}'"#,
        "@2",
        "get job,pods",
        r#"patch job work -p '{"spec":{"completions":9}}'"#,
        r#"patch job work -p '{"spec":{"parallelism":8}}'"#,
        "@50",
        "describe job work",
    ];
    assert_snapshot!(play(&job("  parallelism: 2\n  completions: 3", "sleep 20"), &lines));
}

#[test]
fn a_fatal_exit_code_fails_the_job_at_once() {
    let spec = "  podFailurePolicy:
    rules:
    - {action: FailJob, onExitCodes: {containerName: app, operator: In, values: [42]}}";
    let lines = ["@8", "get job,pods", CONDITIONS, "describe job work"];
    assert_snapshot!(play(&job(spec, "sleep 5; exit 42"), &lines));
}

#[test]
fn failures_that_are_ignored_do_not_count() {
    let spec = "  backoffLimit: 0
  podFailurePolicy:
    rules:
    - {action: Ignore, onExitCodes: {operator: In, values: [42]}}";
    let lines = ["@35", "get job,pods", "describe job work"];
    assert_snapshot!(play(&job(spec, "exit 42"), &lines));
}

#[test]
fn a_success_policy_ends_a_job_whose_leader_is_done() {
    let spec = "  completionMode: Indexed
  completions: 3
  parallelism: 3
  successPolicy: {rules: [{succeededIndexes: \"0\", succeededCount: 1}]}";
    let script = "if [ $JOB_COMPLETION_INDEX = 0 ]; then sleep 3; else sleep 100; fi";
    let lines = ["@2", "get job,pods", "@8", "get job,pods", CONDITIONS, "describe job work"];
    assert_snapshot!(play(&job(spec, script), &lines));
}

#[test]
fn a_job_fails_with_more_failed_indexes_than_it_may_have() {
    let spec = "  completionMode: Indexed
  completions: 3
  parallelism: 3
  backoffLimitPerIndex: 1
  maxFailedIndexes: 1";
    let lines = ["@2", "get job,pods", "@20", "get job,pods", CONDITIONS, "describe job work"];
    assert_snapshot!(play(&job(spec, "exit $JOB_COMPLETION_INDEX"), &lines));
}

/// What three minutes of a CronJob look like.
const MINUTES: [&str; 5] = ["@125", "get cj,jobs", "@65", "get cj,jobs", "describe cj tick"];

#[test]
fn allow_lets_jobs_run_side_by_side() {
    assert_snapshot!(play(&cron("concurrencyPolicy: Allow", 90), &MINUTES));
}

#[test]
fn forbid_waits_for_the_job_before() {
    assert_snapshot!(play(&cron("concurrencyPolicy: Forbid", 90), &MINUTES));
}

#[test]
fn replace_deletes_the_job_before() {
    assert_snapshot!(play(&cron("concurrencyPolicy: Replace", 90), &MINUTES));
}

#[test]
fn history_keeps_as_many_jobs_as_its_limits() {
    assert_snapshot!(play(&cron("successfulJobsHistoryLimit: 1", 5), &MINUTES));
    let failing = cron("failedJobsHistoryLimit: 0", 5).replace("[sleep, '5']", "[sh, -c, exit 1]");
    let failing =
        failing.replace("    spec:\n      template", "    spec:\n      backoffLimit: 0\n      template");
    assert_snapshot!(play(&failing, &["@75", "get cj,jobs", "describe cj tick"]));
}

#[test]
fn a_suspended_cron_job_misses_what_its_deadline_does_not_cover() {
    let lines = [
        "@65",
        r#"patch cj tick -p '{"spec":{"suspend":true}}'"#,
        "@75",
        "get cj,jobs",
        r#"patch cj tick -p '{"spec":{"suspend":false}}'"#,
        "@5",
        "get cj,jobs",
        "@40",
        "describe cj tick",
    ];
    assert_snapshot!(play(&cron("startingDeadlineSeconds: 10", 5), &lines));
}
