//! Jobs as a user meets them.

use insta::assert_snapshot;

use super::Bench;

/// The text with the Job's uid and the pod's suffix masked.
fn masked(bench: &Bench, text: &str) -> String {
    use crate::api::Kind;
    let mut text = text.to_owned();
    for (kind, mask) in [(Kind::Job, "UID"), (Kind::Pod, "POD")] {
        for object in bench.cluster.store().list(kind) {
            let hidden = if kind == Kind::Job {
                object.uid()
            } else {
                object.meta().name.as_deref().unwrap_or_default()
            };
            text = text.replace(hidden, mask);
        }
    }
    text
}

#[test]
fn a_job_is_created_followed_described_and_deleted() {
    let mut bench = Bench::whole();
    let created = bench.run("create job hello --image=busybox -- sh -c 'echo hello; sleep 3'");
    assert_snapshot!(created, @"job.batch/hello created");
    bench.pass(500);
    assert_snapshot!(bench.run("get jobs"), @r"
    NAME    STATUS    COMPLETIONS   DURATION   AGE
    hello   Running   0/1           0s         0s
    ");
    assert_snapshot!(bench.run("wait --for=condition=complete job/hello --timeout=60s"), @"job.batch/hello condition met");
    assert_snapshot!(bench.run("logs job/hello"), @"hello");
    let listed = bench.run("get jobs,pods -o wide");
    assert_snapshot!(masked(&bench, &listed), @r"
    NAME              STATUS     COMPLETIONS   DURATION   AGE   CONTAINERS   IMAGES    SELECTOR
    job.batch/hello   Complete   1/1           4s         4s    hello        busybox   batch.kubernetes.io/controller-uid=UID

    NAME              READY   STATUS      RESTARTS   AGE   IP           NODE       NOMINATED NODE   READINESS GATES
    pod/POD   0/1     Completed   0          4s    10.244.0.2   minikube   <none>           <none>
    ");
    let described = bench.run("describe job hello");
    assert_snapshot!(masked(&bench, &described), @r"
    Name:             hello
    Namespace:        default
    Selector:         batch.kubernetes.io/controller-uid=UID
    Labels:           batch.kubernetes.io/controller-uid=UID
                      batch.kubernetes.io/job-name=hello
                      controller-uid=UID
                      job-name=hello
    Annotations:      <none>
    Parallelism:      1
    Completions:      1
    Completion Mode:  NonIndexed
    Suspend:          false
    Backoff Limit:    6
    Start Time:       Mon, 23 Nov 2026 12:00:00 +0000
    Completed At:     Mon, 23 Nov 2026 12:00:04 +0000
    Duration:         4s
    Pods Statuses:    0 Active (0 Ready) / 1 Succeeded / 0 Failed
    Pod Template:
      Labels:  batch.kubernetes.io/controller-uid=UID
               batch.kubernetes.io/job-name=hello
               controller-uid=UID
               job-name=hello
      Containers:
       hello:
        Image:      busybox
        Port:       <none>
        Host Port:  <none>
        Command:
          sh
          -c
          echo hello; sleep 3
        Environment:   <none>
        Mounts:        <none>
      Volumes:         <none>
      Node-Selectors:  <none>
      Tolerations:     <none>
    Events:
      Type    Reason            Age   From            Message
      ----    ------            ----  ----            -------
      Normal  SuccessfulCreate  4s    job-controller  Created pod: POD
      Normal  Completed         0s    job-controller  Job completed
    ");
    let refused = bench.run("set image job/hello hello=alpine");
    assert_snapshot!(refused.split(" {").next().unwrap(), @r#"! error: failed to patch image update to pod template: Job.batch "hello" is invalid: spec.template: Invalid value:"#);
    assert_snapshot!(bench.run("delete job hello"), @r#"job.batch "hello" deleted from default namespace"#);
    bench.sleep(2);
    assert_snapshot!(bench.run("get pods"), @"! No resources found in default namespace.");
}

#[test]
fn a_job_that_restarts_always_is_refused() {
    let mut bench = Bench::whole();
    let manifest = "{apiVersion: batch/v1, kind: Job, metadata: {name: bad}, spec: {completionMode: Indexed,
      completions: 2, maxFailedIndexes: 3, template: {spec: {containers: [{name: a, image: a}]}}}}";
    assert_snapshot!(bench.run_with("apply -f -", Some(manifest)), @r#"
    ! The Job "bad" is invalid: 
    ! * spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified
    ! * spec.maxFailedIndexes: Invalid value: 3: must be less than or equal to completions
    ! * spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"
    exit 1
    "#);
    assert_snapshot!(bench.run("create job"), @r"
    ! error: exactly one NAME is required, got 0
    ! See 'kubectl create job -h' for help and examples
    exit 1
    ");
    assert_snapshot!(bench.run("create job x"), @r"
    ! error: either --image or --from must be specified
    exit 1
    ");
    assert_snapshot!(bench.run("create job x --image=busybox --dry-run=client -o yaml -- date"), @r"
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: x
    spec:
      template:
        metadata: {}
        spec:
          containers:
          - command:
            - date
            image: busybox
            name: x
            resources: {}
          restartPolicy: Never
    status: {}
    ");
}

#[test]
fn a_cron_job_runs_jobs_and_lends_its_template() {
    let mut bench = Bench::whole();
    let line = "create cronjob hello --image=busybox --schedule='*/1 * * * *' -- sh -c date";
    assert_snapshot!(bench.run(line), @"cronjob.batch/hello created");
    assert_snapshot!(bench.run("get cj -o wide"), @r"
    NAME    SCHEDULE      TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE   AGE   CONTAINERS   IMAGES    SELECTOR
    hello   */1 * * * *   <none>     False     0        <none>          0s    hello        busybox   <none>
    ");
    bench.sleep(62);
    assert_snapshot!(bench.run("get cj,jobs"), @r"
    NAME                  SCHEDULE      TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE   AGE
    cronjob.batch/hello   */1 * * * *   <none>     False     0        2s              62s

    NAME                       STATUS     COMPLETIONS   DURATION   AGE
    job.batch/hello-29923921   Complete   1/1           1s         2s
    ");
    assert_snapshot!(bench.run("describe cj hello"), @r"
    Name:                          hello
    Namespace:                     default
    Labels:                        <none>
    Annotations:                   <none>
    Schedule:                      */1 * * * *
    Concurrency Policy:            Allow
    Suspend:                       False
    Time Zone:                     <unset>
    Successful Job History Limit:  3
    Failed Job History Limit:      1
    Starting Deadline Seconds:     <unset>
    Selector:                      <unset>
    Parallelism:                   <unset>
    Completions:                   <unset>
    Pod Template:
      Labels:  <none>
      Containers:
       hello:
        Image:      busybox
        Port:       <none>
        Host Port:  <none>
        Command:
          sh
          -c
          date
        Environment:     <none>
        Mounts:          <none>
      Volumes:           <none>
      Node-Selectors:    <none>
      Tolerations:       <none>
    Last Schedule Time:  Mon, 23 Nov 2026 12:01:00 +0000
    Active Jobs:         <none>
    Events:
      Type    Reason            Age   From                Message
      ----    ------            ----  ----                -------
      Normal  SuccessfulCreate  2s    cronjob-controller  Created job hello-29923921
      Normal  SawCompletedJob   1s    cronjob-controller  Saw completed job: hello-29923921, condition: Complete
    ");
    assert_snapshot!(bench.run("create job now --from=cronjob/hello"), @"job.batch/now created");
    bench.sleep(2);
    assert_snapshot!(bench.run("get job now -o jsonpath='{.metadata.annotations} {.metadata.ownerReferences[0].name}'"), @r#"{"cronjob.kubernetes.io/instantiate":"manual"} hello"#);
    assert_snapshot!(bench.run("create job x --from=cronjob/nope"), @r#"
    ! Error from server (NotFound): cronjobs.batch "nope" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("create job x --from=job/now"), @r"
    ! error: unknown object type *v1.Job
    exit 1
    ");
    assert_snapshot!(bench.run("create job x --from=cj/hello --image=a"), @r"
    ! error: either --image or --from must be specified
    exit 1
    ");
    assert_snapshot!(bench.run("set image cj/hello hello=alpine"), @"cronjob.batch/hello image updated");
    assert_snapshot!(bench.run("patch cj hello -p '{\"spec\":{\"suspend\":true}}'"), @"cronjob.batch/hello patched");
    assert_snapshot!(bench.run("get cj"), @r"
    NAME    SCHEDULE      TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE   AGE
    hello   */1 * * * *   <none>     True      0        4s              64s
    ");
}

#[test]
fn a_bad_cron_job_is_refused() {
    let mut bench = Bench::whole();
    assert_snapshot!(bench.run("create cj x --image=a"), @r#"
    ! error: required flag(s) "schedule" not set
    exit 1
    "#);
    assert_snapshot!(bench.run("create cj x"), @r#"
    ! error: required flag(s) "image", "schedule" not set
    exit 1
    "#);
    assert_snapshot!(bench.run("create cj x --image=a --schedule='61 * * * *' --restart=Always"), @r#"
    ! error: failed to create cronjob: CronJob.batch "x" is invalid: [spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61, spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"]
    exit 1
    "#);
    let manifest = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: bad}, spec: {schedule: 'TZ=UTC * * * * *',
      timeZone: Mars/Base, concurrencyPolicy: Never, jobTemplate: {spec: {template: {spec: {containers: [{name: a,
        image: a}], restartPolicy: Never}}}}}}";
    assert_snapshot!(bench.run_with("apply -f -", Some(manifest)), @r#"
    ! The CronJob "bad" is invalid: 
    ! * spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead
    ! * spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base
    ! * spec.concurrencyPolicy: Unsupported value: "Never": supported values: "Allow", "Forbid", "Replace"
    exit 1
    "#);
    assert_snapshot!(bench.run("create cj x --image=a --schedule=@daily --dry-run=client -o yaml"), @r"
    apiVersion: batch/v1
    kind: CronJob
    metadata:
      name: x
    spec:
      jobTemplate:
        metadata:
          name: x
        spec:
          template:
            metadata: {}
            spec:
              containers:
              - image: a
                name: x
                resources: {}
              restartPolicy: OnFailure
      schedule: '@daily'
    status: {}
    ");
}

#[test]
fn a_schedule_is_read_from_the_clock_of_its_zone() {
    let mut bench = Bench::whole();
    let cron = |zone: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: tick}}\nspec: {{schedule: '0 14 * * *', timeZone: \
             {zone}, jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: \
             busybox, command: [date]}}]}}}}}}}}}}\n"
        )
    };
    assert_snapshot!(bench.run_with("apply -f -", Some(&cron("Europe/Nowhere"))), @r#"
    ! The CronJob "tick" is invalid: spec.timeZone: Invalid value: "Europe/Nowhere": unknown time zone Europe/Nowhere
    exit 1
    "#);
    bench.run_with("apply -f -", Some(&cron("Europe/Berlin")));
    bench.sleep(3605);
    assert_snapshot!(bench.run("get cronjob tick"), @"
    NAME   SCHEDULE     TIMEZONE        SUSPEND   ACTIVE   LAST SCHEDULE   AGE
    tick   0 14 * * *   Europe/Berlin   False     0        5s              60m
    ");
}
