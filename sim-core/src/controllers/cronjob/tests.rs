//! CronJobs on a bench, where Jobs end when a test says so.

use std::time::Duration;

use insta::assert_snapshot;
use k8s_openapi::api::batch::v1::{CronJob, Job, JobCondition};

use super::CronJobController;
use crate::api::{Kind, meta};
use crate::apiserver::Propagation;
use crate::controllers::testing::Bench;

/// A bench that starts at 12:00:00 with a CronJob.
fn bench(spec: &str) -> Bench {
    let mut bench = Bench::new(vec![Box::new(CronJobController)]);
    bench.create(&format!(
        "{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: tick}}, spec: {{{spec} jobTemplate: {{
           metadata: {{labels: {{app: tick}}}}, spec: {{template: {{spec: {{restartPolicy: Never,
             containers: [{{name: app, image: app}}]}}}}}}}}}}}}"
    ));
    bench.settle();
    bench
}

fn pass(bench: &mut Bench, seconds: u64) {
    bench.advance(Duration::from_secs(seconds));
}

fn jobs(bench: &Bench) -> Vec<String> {
    bench.store().all_in::<Job>("default").map(|job| meta::name(&job.metadata).to_owned()).collect()
}

fn end(bench: &mut Bench, name: &str, ending: &str) {
    let at = bench.now().to_time();
    bench.modify_status::<Job>(name, |job| {
        let status = job.status.get_or_insert_default();
        status.start_time = Some(at.clone());
        status.completion_time = Some(at.clone()).filter(|_| ending == "Complete");
        status.conditions = Some(vec![JobCondition {
            type_: ending.to_owned(),
            status: "True".to_owned(),
            last_transition_time: Some(at),
            ..JobCondition::default()
        }]);
    });
    bench.settle();
}

fn status(bench: &Bench) -> String {
    let status = bench.get::<CronJob>("tick").status.clone().unwrap();
    let active: Vec<String> = status.active.iter().flatten().filter_map(|job| job.name.clone()).collect();
    let time = |time: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>| {
        time.map_or_else(|| "-".to_owned(), |time| time.0.strftime("%H:%M:%S").to_string())
    };
    format!(
        "active [{}] scheduled {} successful {}",
        active.join(" "),
        time(status.last_schedule_time),
        time(status.last_successful_time)
    )
}

#[test]
fn a_job_is_created_each_minute_and_named_after_it() {
    let mut bench = bench("schedule: '* * * * *',");
    assert!(jobs(&bench).is_empty());
    pass(&mut bench, 61);
    assert_snapshot!(status(&bench), @"active [tick-29923921] scheduled 12:01:00 successful -");
    let name = jobs(&bench).remove(0);
    let job = bench.get::<Job>(&name);
    assert_eq!(meta::labels(&job.metadata)["app"], "tick");
    assert_eq!(
        meta::annotations(&job.metadata)["batch.kubernetes.io/cronjob-scheduled-timestamp"],
        "2026-11-23T12:01:00Z"
    );
    end(&mut bench, &name, "Complete");
    assert_snapshot!(status(&bench), @"active [] scheduled 12:01:00 successful 12:01:01");
    pass(&mut bench, 60);
    assert_snapshot!(jobs(&bench).join(" "), @"tick-29923921 tick-29923922");
    assert_snapshot!(bench.messages("tick"), @r"
    Normal SuccessfulCreate Created job tick-29923921
    Normal SawCompletedJob Saw completed job: tick-29923921, condition: Complete
    Normal SuccessfulCreate Created job tick-29923922
    ");
}

#[test]
fn forbid_skips_while_a_job_runs() {
    let mut bench = bench("schedule: '* * * * *', concurrencyPolicy: Forbid,");
    pass(&mut bench, 181);
    assert_eq!(jobs(&bench).len(), 1);
    assert!(bench.messages("tick").contains(
        "Normal JobAlreadyActive Not starting job because prior execution is running and concurrency policy is Forbid"
    ));
    let name = jobs(&bench).remove(0);
    end(&mut bench, &name, "Complete");
    assert_eq!(jobs(&bench).len(), 2, "the newest time that was missed is made up for");
}

#[test]
fn replace_deletes_the_job_that_still_runs() {
    let mut bench = bench("schedule: '* * * * *', concurrencyPolicy: Replace,");
    pass(&mut bench, 121);
    assert_snapshot!(jobs(&bench).join(" "), @"tick-29923922");
    assert_snapshot!(status(&bench), @"active [tick-29923922] scheduled 12:02:00 successful -");
}

#[test]
fn history_keeps_the_newest_of_each_ending() {
    let mut bench = bench("schedule: '* * * * *', successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 0,");
    for ending in ["Complete", "Failed", "Complete", "Complete"] {
        pass(&mut bench, 60);
        pass(&mut bench, 1);
        let name = jobs(&bench).pop().unwrap();
        end(&mut bench, &name, ending);
    }
    assert_snapshot!(jobs(&bench).join(" "), @"tick-29923923 tick-29923924");
}

#[test]
fn a_missed_time_is_made_up_for_only_within_its_deadline() {
    let resume = |bench: &mut Bench| {
        bench.modify::<CronJob>("tick", |cron| cron.spec.suspend = Some(false));
        bench.settle();
    };
    let mut late = bench("schedule: '0 * * * *', suspend: true, startingDeadlineSeconds: 10,");
    pass(&mut late, 3700);
    resume(&mut late);
    assert!(jobs(&late).is_empty());
    let mut free = bench("schedule: '0 * * * *', suspend: true,");
    pass(&mut free, 3700);
    assert!(jobs(&free).is_empty(), "a suspended one does nothing");
    resume(&mut free);
    assert_snapshot!(status(&free), @"active [tick-29923980] scheduled 13:00:00 successful -");
}

#[test]
fn a_new_schedule_counts_from_now_on() {
    let mut bench = bench("schedule: '0 * * * *',");
    pass(&mut bench, 600);
    bench.modify::<CronJob>("tick", |cron| cron.spec.schedule = "*/2 * * * *".to_owned());
    bench.settle();
    assert!(jobs(&bench).is_empty());
    pass(&mut bench, 121);
    assert_snapshot!(status(&bench), @"active [tick-29923932] scheduled 12:12:00 successful -");
}

#[test]
fn a_job_that_somebody_deletes_goes_missing() {
    let mut bench = bench("schedule: '*/10 * * * *',");
    pass(&mut bench, 601);
    let name = jobs(&bench).remove(0);
    bench.delete(Kind::Job, &name, Propagation::Background);
    bench.settle();
    assert_snapshot!(status(&bench), @"active [] scheduled 12:10:00 successful -");
    assert!(bench.messages("tick").contains(&format!("Normal MissingJob Active job went missing: {name}")));
}

#[test]
fn allow_lets_jobs_run_side_by_side() {
    let mut bench = bench("schedule: '* * * * *',");
    pass(&mut bench, 121);
    assert_snapshot!(status(&bench), @"active [tick-29923921 tick-29923922] scheduled 12:02:00 successful -");
}

#[test]
fn forbid_makes_up_for_a_missed_time_only_within_its_deadline() {
    let mut bench = bench("schedule: '* * * * *', concurrencyPolicy: Forbid, startingDeadlineSeconds: 10,");
    pass(&mut bench, 90);
    let name = jobs(&bench).remove(0);
    pass(&mut bench, 60);
    end(&mut bench, &name, "Complete");
    assert_eq!(jobs(&bench).len(), 1, "12:02:00 was 30 s ago");
    pass(&mut bench, 31);
    assert_snapshot!(status(&bench), @"active [tick-29923923] scheduled 12:03:00 successful 12:02:30");
}

#[test]
fn suspending_leaves_the_job_that_runs() {
    let mut bench = bench("schedule: '* * * * *',");
    pass(&mut bench, 61);
    bench.modify::<CronJob>("tick", |cron| cron.spec.suspend = Some(true));
    pass(&mut bench, 300);
    assert_snapshot!(status(&bench), @"active [tick-29923921] scheduled 12:01:00 successful -");
    let name = jobs(&bench).remove(0);
    end(&mut bench, &name, "Complete");
    assert_snapshot!(status(&bench), @"active [] scheduled 12:01:00 successful 12:06:01");
}
