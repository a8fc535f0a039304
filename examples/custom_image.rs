//! An image of your own, described in YAML beside the manifest that uses it.
//!
//! `cargo run -p sim-cli --example custom_image`

use sim_core::session::Session;

const MANIFESTS: &str = r#"
apiVersion: sts-sim/v1
kind: Image
name: greeter
startupSeconds: 2
ports: [8080]
workingDir: /srv
routes:
- path: /
  body: "hello from {{hostname}}\n"
- path: /healthz
  body: "ok\n"
log:
- listening on 8080
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: greeter
spec:
  serviceName: greeter
  replicas: 2
  selector:
    matchLabels:
      app: greeter
  template:
    metadata:
      labels:
        app: greeter
    spec:
      containers:
      - name: greeter
        image: greeter:1.0
        ports:
        - containerPort: 8080
        readinessProbe:
          httpGet:
            path: /healthz
            port: 8080
          periodSeconds: 1
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut session = Session::instant();
    print!("{}", session.apply(MANIFESTS)?);
    session.kubectl("rollout status sts/greeter")?;
    for pod in ["greeter-0", "greeter-1"] {
        let answer = session.kubectl(&format!("exec {pod} -- wget -qO- localhost:8080/"))?;
        assert_eq!(answer, format!("hello from {pod}\n"));
        print!("{answer}");
    }
    Ok(())
}
