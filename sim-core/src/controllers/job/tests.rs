//! Jobs on a bench without kubelets: a test says how each pod ends.

use std::time::Duration;

use insta::assert_snapshot;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodCondition,
};

use super::JobController;
use crate::api::{Kind, Object, meta, pod};
use crate::apiserver::{Propagation, Subresource};
use crate::controllers::garbagecollector::GarbageCollector;
use crate::controllers::testing::{Bench, key_of};
use crate::controllers::ttlafterfinished::TtlAfterFinishedController;
use crate::store::Change;

fn bench(spec: &str) -> Bench {
    let mut bench = Bench::new(vec![
        Box::new(JobController::default()),
        Box::new(GarbageCollector::default()),
        Box::new(TtlAfterFinishedController),
    ]);
    bench.create(&format!(
        "{{apiVersion: batch/v1, kind: Job, metadata: {{name: work}}, spec: {{{spec} template: {{spec:
           {{restartPolicy: Never, containers: [{{name: app, image: 'app:1'}}]}}}}}}}}"
    ));
    bench.settle();
    bench
}

fn pods(bench: &Bench) -> Vec<Pod> {
    let mut pods: Vec<Pod> = bench.store().all_in::<Pod>("default").cloned().collect();
    pods.sort_by_key(|pod| Object::from(pod.clone()).revision());
    pods
}

/// Names of pods that have not ended, oldest first.
fn active(bench: &Bench) -> Vec<String> {
    let mut active: Vec<Pod> = pods(bench).into_iter().filter(super::pods::is_active).collect();
    active.sort_by_key(|pod| pod.metadata.creation_timestamp.clone().map(|time| time.0));
    active.iter().map(|pod| meta::name(&pod.metadata).to_owned()).collect()
}

/// Ends the oldest active pod with an exit code, and lets the controller's batch pass.
fn end(bench: &mut Bench, exit_code: i32) {
    let name = active(bench).remove(0);
    end_pod(bench, &name, exit_code);
    bench.advance(Duration::from_secs(1));
}

fn end_pod(bench: &mut Bench, name: &str, exit_code: i32) {
    let at = bench.now().to_time();
    bench.modify_status::<Pod>(name, |pod| {
        let status = pod.status.get_or_insert_default();
        status.phase = Some(if exit_code == 0 { "Succeeded" } else { "Failed" }.to_owned());
        let ended = ContainerStateTerminated {
            exit_code,
            finished_at: Some(at),
            ..ContainerStateTerminated::default()
        };
        status.container_statuses = Some(vec![ContainerStatus {
            name: "app".to_owned(),
            state: Some(ContainerState { terminated: Some(ended), ..ContainerState::default() }),
            ..ContainerStatus::default()
        }]);
    });
}

fn job(bench: &Bench) -> String {
    status_text(bench.get::<Job>("work"))
}

fn status_text(job: &Job) -> String {
    let status = job.status.clone().unwrap_or_default();
    let uncounted = status.uncounted_terminated_pods.unwrap_or_default();
    let length = |uids: Option<Vec<String>>| uids.map(|uids| i32::try_from(uids.len()).unwrap());
    let mut text = String::new();
    for (word, number) in [
        ("active", status.active),
        ("ready", status.ready.filter(|number| *number > 0)),
        ("terminating", status.terminating.filter(|number| *number > 0)),
        ("uncounted", length(uncounted.succeeded)),
        ("uncounted-failed", length(uncounted.failed)),
        ("succeeded", status.succeeded),
        ("failed", status.failed),
    ] {
        if let Some(number) = number {
            text += &format!("{word}:{number} ");
        }
    }
    for (word, indexes) in [("done", status.completed_indexes), ("lost", status.failed_indexes)] {
        if let Some(indexes) = indexes {
            text += &format!("{word}:[{indexes}] ");
        }
    }
    for condition in status.conditions.iter().flatten() {
        text += &format!(
            "{}={}/{} ",
            condition.type_,
            condition.status,
            condition.reason.as_deref().unwrap_or_default()
        );
    }
    text.trim_end().to_owned()
}

/// A line for each change of the Job and each coming, ending, letting go and going of a pod, by number of creation.
fn line(change: &Change) -> String {
    match &change.object {
        Object::Job(job) => format!("Job {}", status_text(job)),
        Object::Pod(pod) => {
            let kept = if super::has_finalizer(pod) { "kept" } else { "free" };
            let going = if meta::is_terminating(&pod.metadata) { " going" } else { "" };
            format!("{} Pod {} {kept}{going}", change.change.as_str(), pod::phase(pod))
        }
        _ => String::new(),
    }
}

fn messages(bench: &Bench) -> String {
    let mut text = bench.messages("work");
    for (index, pod) in pods(bench).iter().enumerate() {
        text = text.replace(meta::name(&pod.metadata), &format!("POD{index}"));
    }
    text
}

#[test]
fn a_pod_is_listed_freed_and_counted_before_the_job_completes() {
    let mut bench = bench("");
    end(&mut bench, 0);
    bench.advance(Duration::from_secs(2));
    assert_snapshot!(bench.changes(line), @r"
    Job 
    ADDED Pod Pending kept
    Job active:1
    MODIFIED Pod Succeeded kept
    Job uncounted:1 SuccessCriteriaMet=True/CompletionsReached
    MODIFIED Pod Succeeded free
    Job succeeded:1 SuccessCriteriaMet=True/CompletionsReached Complete=True/CompletionsReached
    ");
    assert_snapshot!(messages(&bench), @r"
    Normal SuccessfulCreate Created pod: POD0
    Normal Completed Job completed
    ");
}

#[test]
fn only_as_many_pods_run_as_are_still_wanted() {
    let mut bench = bench("completions: 5, parallelism: 2,");
    let mut seen = vec![active(&bench).len()];
    for _ in 0..5 {
        end(&mut bench, 0);
        seen.push(active(&bench).len());
    }
    assert_eq!(seen, [2, 2, 2, 2, 1, 0]);
    assert_snapshot!(job(&bench), @"succeeded:5 SuccessCriteriaMet=True/CompletionsReached Complete=True/CompletionsReached");
}

#[test]
fn failures_are_replaced_after_a_doubling_wait_until_the_limit() {
    let mut bench = bench("backoffLimit: 2,");
    let mut waits = Vec::new();
    for _ in 0..2 {
        end(&mut bench, 1);
        let from = bench.now();
        while active(&bench).is_empty() {
            bench.advance(Duration::from_secs(1));
        }
        waits.push(bench.now().since(from).as_secs() + 1);
    }
    assert_eq!(waits, [10, 20]);
    bench.changes(line);
    end(&mut bench, 1);
    assert_snapshot!(bench.changes(line), @r"
    MODIFIED Pod Failed kept
    Job uncounted-failed:1 failed:2 FailureTarget=True/BackoffLimitExceeded
    MODIFIED Pod Failed free
    Job failed:3 FailureTarget=True/BackoffLimitExceeded Failed=True/BackoffLimitExceeded
    ");
    assert!(
        messages(&bench)
            .ends_with("Warning BackoffLimitExceeded Job has reached the specified backoff limit")
    );
}

#[test]
fn a_job_past_its_deadline_fails_when_its_pods_are_gone() {
    let mut bench = bench("activeDeadlineSeconds: 30,");
    let name = active(&bench).remove(0);
    bench.run_pod(&name, "node-1", "10.0.0.1", true);
    bench.advance(Duration::from_secs(32));
    assert_snapshot!(job(&bench), @"terminating:1 failed:1 FailureTarget=True/DeadlineExceeded");
    bench.finish_pod(&name);
    bench.advance(Duration::from_secs(2));
    assert_snapshot!(job(&bench), @"failed:1 FailureTarget=True/DeadlineExceeded Failed=True/DeadlineExceeded");
    assert_snapshot!(messages(&bench).replace(&name, "POD"), @r"
    Normal SuccessfulCreate Created pod: POD
    Normal SuccessfulDelete Deleted pod: POD
    Warning DeadlineExceeded Job was active longer than specified deadline
    ");
}

#[test]
fn a_suspended_job_has_no_pods_and_begins_anew_when_it_is_resumed() {
    let mut bench = bench("suspend: true, activeDeadlineSeconds: 5,");
    assert!(active(&bench).is_empty());
    assert!(bench.get::<Job>("work").status.as_ref().unwrap().start_time.is_none());
    let suspend = |bench: &mut Bench, suspend: bool| {
        bench.modify::<Job>("work", |job| job.spec.as_mut().unwrap().suspend = Some(suspend));
        bench.advance(Duration::from_secs(3));
    };
    bench.advance(Duration::from_secs(100));
    suspend(&mut bench, false);
    assert_eq!(active(&bench).len(), 1);
    suspend(&mut bench, true);
    assert!(active(&bench).is_empty());
    assert_snapshot!(job(&bench), @"Suspended=True/JobSuspended");
    for said in ["Suspended Job suspended", "Resumed Job resumed", "SuccessfulDelete Deleted pod: work-"] {
        assert!(messages(&bench).contains(&format!("Normal {said}")), "{said}");
    }
}

#[test]
fn an_indexed_job_gives_each_pod_its_index() {
    let mut bench = bench("completions: 3, parallelism: 2, completionMode: Indexed,");
    let first = pods(&bench).remove(0);
    assert_eq!(first.metadata.generate_name.as_deref(), Some("work-0-"));
    assert_eq!(meta::labels(&first.metadata)["batch.kubernetes.io/job-completion-index"], "0");
    let spec = first.spec.unwrap();
    assert_eq!(spec.hostname.as_deref(), Some("work-0"));
    let variable = &spec.containers[0].env.as_ref().unwrap()[0];
    assert_eq!(variable.name, "JOB_COMPLETION_INDEX");
    assert_eq!(
        variable.value_from.as_ref().unwrap().field_ref.as_ref().unwrap().field_path,
        "metadata.labels['batch.kubernetes.io/job-completion-index']"
    );
    let one = active(&bench).into_iter().find(|name| name.starts_with("work-1-")).unwrap();
    end_pod(&mut bench, &one, 0);
    bench.advance(Duration::from_secs(2));
    assert_snapshot!(job(&bench), @"active:2 succeeded:1 done:[1]");
    end(&mut bench, 0);
    end(&mut bench, 0);
    assert_snapshot!(job(&bench), @"succeeded:3 done:[0-2] SuccessCriteriaMet=True/CompletionsReached Complete=True/CompletionsReached");
}

#[test]
fn an_index_that_fails_too_often_fails_alone() {
    let mut bench =
        bench("completions: 2, parallelism: 2, completionMode: Indexed, backoffLimitPerIndex: 1,");
    let of_index = |bench: &Bench, index: &str| {
        active(bench).into_iter().find(|name| name.starts_with(&format!("work-{index}-"))).unwrap()
    };
    let zero = of_index(&bench, "0");
    end_pod(&mut bench, &zero, 1);
    bench.advance(Duration::from_secs(12));
    let again = of_index(&bench, "0");
    let count = "batch.kubernetes.io/job-index-failure-count";
    assert_eq!(meta::annotations(&bench.get::<Pod>(&again).metadata)[count], "1");
    end_pod(&mut bench, &again, 1);
    bench.advance(Duration::from_secs(2));
    assert_snapshot!(job(&bench), @"active:1 failed:2 lost:[0]");
    let one = of_index(&bench, "1");
    end_pod(&mut bench, &one, 0);
    bench.advance(Duration::from_secs(2));
    assert_snapshot!(job(&bench), @"succeeded:1 failed:2 done:[1] lost:[0] FailureTarget=True/FailedIndexes Failed=True/FailedIndexes");
}

#[test]
fn a_failure_policy_ignores_evictions_and_fails_on_a_fatal_exit_code() {
    let mut bench = bench(
        "backoffLimit: 0, podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [42]}},
           {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]},",
    );
    let name = active(&bench).remove(0);
    bench.modify_status::<Pod>(&name, |pod| {
        let disrupted = PodCondition {
            type_: "DisruptionTarget".to_owned(),
            status: "True".to_owned(),
            ..PodCondition::default()
        };
        pod.status.get_or_insert_default().conditions = Some(vec![disrupted]);
    });
    end(&mut bench, 1);
    bench.advance(Duration::from_secs(12));
    assert_snapshot!(job(&bench), @"active:1");
    end(&mut bench, 42);
    bench.advance(Duration::from_secs(2));
    assert_snapshot!(job(&bench), @"failed:1 FailureTarget=True/PodFailurePolicy Failed=True/PodFailurePolicy");
    let last = messages(&bench);
    let last = last.lines().last().unwrap();
    assert!(last.starts_with("Warning PodFailurePolicy Container app for pod default/POD"), "{last}");
    assert!(last.ends_with(" failed with exit code 42 matching FailJob rule at index 0"), "{last}");
}

#[test]
fn a_success_policy_ends_the_job_early() {
    let mut bench = bench(
        "completions: 3, parallelism: 3, completionMode: Indexed, successPolicy: {rules: [{succeededCount: 1}]},",
    );
    end(&mut bench, 0);
    for name in active(&bench) {
        bench.finish_pod(&name);
    }
    bench.advance(Duration::from_secs(3));
    assert_snapshot!(job(&bench), @"succeeded:1 done:[0] SuccessCriteriaMet=True/SuccessPolicy Complete=True/SuccessPolicy");
}

#[test]
fn pods_of_a_deleted_job_are_let_go_and_collected() {
    for (propagation, left) in [(Propagation::Background, 0), (Propagation::Orphan, 1)] {
        let mut bench = bench("");
        bench.delete(Kind::Job, "work", propagation);
        bench.advance(Duration::from_secs(2));
        assert!(!bench.exists(Kind::Job, "work"));
        let pods = pods(&bench);
        assert_eq!(pods.len(), left);
        assert!(pods.iter().all(|pod| !super::has_finalizer(pod)));
    }
}

#[test]
fn a_finished_job_goes_after_its_time_to_live() {
    let mut bench = bench("ttlSecondsAfterFinished: 10,");
    end(&mut bench, 0);
    bench.advance(Duration::from_secs(9));
    assert!(bench.exists(Kind::Job, "work"));
    bench.advance(Duration::from_secs(2));
    assert!(!bench.exists(Kind::Job, "work"));
    assert!(pods(&bench).is_empty());
}

#[test]
fn a_job_with_its_own_selector_adopts_a_pod_that_fits() {
    let mut bench = bench("suspend: true,");
    bench.create(
        "{apiVersion: v1, kind: Pod, metadata: {name: lone, labels: {app: lone}},
           spec: {restartPolicy: Never, containers: [{name: app, image: app}]}}",
    );
    bench.create(
        "{apiVersion: batch/v1, kind: Job, metadata: {name: taker}, spec: {manualSelector: true,
           selector: {matchLabels: {app: lone}}, template: {metadata: {labels: {app: lone}}, spec:
             {restartPolicy: Never, containers: [{name: app, image: app}]}}}}",
    );
    bench.advance(Duration::from_secs(2));
    let lone = bench.get::<Pod>("lone");
    assert!(meta::is_controlled_by(&lone.metadata, &bench.uid(Kind::Job, "taker")));
    assert!(super::has_finalizer(lone));
    assert_eq!(bench.store().count(Kind::Pod), 1);
}

#[test]
fn the_template_of_a_job_cannot_change() {
    let mut bench = bench("");
    let refused = bench.act(|api| {
        api.modify::<Job>(&key_of(Kind::Job, "work"), Subresource::Main, |job| {
            let template = &mut job.spec.as_mut().unwrap().template;
            template.spec.as_mut().unwrap().containers[0].image = Some("app:2".to_owned());
        })
    });
    let text = refused.unwrap_err().to_string();
    assert!(text.starts_with("Job.batch \"work\" is invalid: spec.template: Invalid value: "), "{text}");
    assert!(text.ends_with(": field is immutable"), "{text}");
}
