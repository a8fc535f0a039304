//! How much is done for a pod does not depend on how many there are: counted in reconciles and changes, which are the
//! same on every machine. `cargo bench -p sim-core` has the times.

use sim_core::kubectl::NoFiles;
use sim_core::session::Session;

/// Reconciles and changes since the cluster's start.
type Work = (u64, u64);

fn work(session: &Session) -> Work {
    (session.cluster().engine().steps(), session.cluster().store().revision())
}

/// The work from `apply` to the last pod's readiness, then for a new image, then to the last pod's removal.
fn life_of_a_set(replicas: u64, policy: &str) -> [Work; 3] {
    let mut session = Session::instant();
    let manifest = format!(
        "apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{clusterIP: None, selector: {{app: web}}, ports: [{{port: 80}}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: web}}
spec:
  serviceName: web
  replicas: {replicas}
  podManagementPolicy: {policy}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers: [{{name: app, image: nginx:1.27}}]
  volumeClaimTemplates:
  - metadata: {{name: data}}
    spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
"
    );
    let lines = ["apply -f -", "set image sts/web app=nginx:1.28", "scale sts web --replicas=0"];
    lines.map(|line| {
        let before = work(&session);
        session.run(line, Some(&manifest), &NoFiles);
        assert_eq!(session.exit_code(), 0, "{line}");
        session.kubectl("settle").expect("it comes to rest");
        let after = work(&session);
        (after.0 - before.0, after.1 - before.1)
    })
}

#[test]
fn a_pods_share_of_the_work_is_the_same_in_a_small_set_and_in_a_large_one() {
    for policy in ["OrderedReady", "Parallel"] {
        let [few, more, many] = [25, 50, 100].map(|replicas| life_of_a_set(replicas, policy));
        for (stage, name) in ["start", "update", "end"].into_iter().enumerate() {
            let ((r1, c1), (r2, c2), (r3, c3)) = (few[stage], more[stage], many[stage]);
            assert_eq!(r3 - r2, 2 * (r2 - r1), "reconciles, {policy}, {name}: {r1} {r2} {r3}");
            assert_eq!(c3 - c2, 2 * (c2 - c1), "changes, {policy}, {name}: {c1} {c2} {c3}");
        }
    }
}
