//! Whatever is typed: no panic, and a request that is refused changes nothing.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Bench, MemoryFiles};
use crate::kubectl::yaml;

/// A cluster in which a set runs.
fn base() -> Bench {
    let mut bench = Bench::whole();
    bench.run_with("apply -f -", Some(&yaml::document(&set())));
    bench.cluster.advance(std::time::Duration::from_secs(5));
    bench
}

fn set() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {
            "serviceName": "web", "replicas": 1, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{
                "name": "app", "image": "nginx", "ports": [{"containerPort": 80}],
                "env": [{"name": "A", "value": "1"}], "resources": {"requests": {"cpu": "10m"}},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}]
            }]}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]
        }
    })
}

fn manifests() -> Vec<Value> {
    vec![
        set(),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": {
            "containers": [{"name": "a", "image": "nginx", "livenessProbe": {"httpGet": {"port": 80}},
                "securityContext": {"runAsUser": 1}}],
            "volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "c"}}]}}],
            "tolerations": [{"key": "k", "operator": "Exists"}],
            "affinity": {"nodeAffinity": {}}}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {
            "clusterIP": "None", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}}),
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}}),
        json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {
            "hard": {"pods": "5", "requests.cpu": "1"}, "scopes": ["NotTerminating"]}}),
        json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {
            "limits": [{"type": "Container", "max": {"cpu": "1"}}]}}),
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b"}, "spec": {
            "minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}}}),
    ]
}

/// Any small JSON, among it what fields mostly are.
fn junk() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(0), Just(-1), Just(1), Just(i64::MAX), Just(i64::MIN), any::<i64>()]
            .prop_map(Value::from),
        prop_oneof![
            Just("".to_owned()),
            Just("web".to_owned()),
            Just("1Gi".to_owned()),
            Just("-5".to_owned()),
            Just("100%".to_owned()),
            Just("..".to_owned()),
            Just("0".repeat(300)),
            "[ -~]{0,12}",
            "\\PC{0,4}"
        ]
        .prop_map(Value::from),
        Just(json!(1.5)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map(
                prop_oneof![
                    Just("name".to_owned()),
                    Just("$patch".to_owned()),
                    Just("spec".to_owned()),
                    "[a-z]{1,5}"
                ],
                inner,
                0..3
            )
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Puts `junk` at one of the places within `value`, counted from the top; or takes the place away.
fn spoil(value: &mut Value, place: &mut usize, junk: &Value, gone: bool) -> bool {
    let children: Vec<String> = match value {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(items) => (0..items.len()).map(|index| index.to_string()).collect(),
        _ => Vec::new(),
    };
    for name in children {
        if *place == 0 {
            match &mut *value {
                Value::Object(map) if gone => drop(map.remove(&name)),
                Value::Object(map) => drop(map.insert(name, junk.clone())),
                Value::Array(items) => {
                    let index: usize = name.parse().unwrap_or(0);
                    items[index] = junk.clone();
                }
                _ => {}
            }
            return true;
        }
        *place -= 1;
        let child = match &mut *value {
            Value::Array(items) => name.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            Value::Object(map) => map.get_mut(&name),
            _ => None,
        };
        if child.is_some_and(|child| spoil(child, place, junk, gone)) {
            return true;
        }
    }
    false
}

/// Runs a line on a copy; when it fails nothing may have changed.
fn harmless(base: &Bench, line: &str, stdin: &str) -> Result<(), TestCaseError> {
    let mut bench = Bench {
        cluster: base.cluster.clone(),
        workstation: base.workstation.clone(),
        files: MemoryFiles::default(),
    };
    let before = bench.cluster.store().revision();
    let said = bench.run_with(line, Some(stdin));
    let after = bench.cluster.store().revision();
    if said.contains("exit ") {
        prop_assert_eq!(before, after, "{} changed something and failed: {}\n{}", line, said, stdin);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoiled_manifests_are_refused_whole(
        spoilt in proptest::collection::vec((0..8usize, 0..60usize, junk(), any::<bool>()), 24)
    ) {
        let base = base();
        for (which, place, junk, gone) in spoilt {
            let mut manifest = manifests().swap_remove(which);
            spoil(&mut manifest, &mut place.clone(), &junk, gone);
            let text = manifest.to_string();
            for line in ["create -f -", "apply -f -", "apply --server-side -f -", "apply --server-side --force-conflicts --field-manager=me -f -"] {
                harmless(&base, line, &text)?;
            }
        }
    }

    #[test]
    fn patches_of_every_type_apply_wholly_or_not_at_all(
        patches in proptest::collection::vec((0..60usize, junk(), any::<bool>(), "[a-z/0-9~]{0,20}", junk()), 16)
    ) {
        let base = base();
        for (place, junk, gone, path, value) in patches {
            let mut patch = set();
            spoil(&mut patch, &mut place.clone(), &junk, gone);
            let text = patch.to_string();
            harmless(&base, "patch sts web --patch-file=/dev/stdin", &text)?;
            harmless(&base, "patch sts web --type=merge --patch-file=/dev/stdin", &text)?;
            harmless(&base, "patch sts web --patch-file=/dev/stdin", &value.to_string())?;
            harmless(&base, "patch pod web-0 --type=merge --patch-file=/dev/stdin", &json!({"spec": value}).to_string())?;
            for op in ["add", "replace", "remove", "test", "move"] {
                let steps = json!([
                    {"op": "replace", "path": "/spec/replicas", "value": 3},
                    {"op": op, "path": format!("/{path}"), "from": "/metadata/labels", "value": junk},
                ]);
                harmless(&base, "patch sts web --type=json --patch-file=/dev/stdin", &steps.to_string())?;
            }
        }
    }

    #[test]
    fn selectors_and_templates_of_any_text_are_answered(
        texts in proptest::collection::vec(prop_oneof![
            "[a-z!=,() ]{0,16}", r"[\[\]{}.@*?:()'a-z0-9,=<>&|!~ -]{0,24}", "\\PC{0,12}"
        ], 24)
    ) {
        let base = base();
        for text in texts {
            let Ok(quoted) = shlex::try_quote(&text) else { continue };
            for line in [
                format!("get pods -l {quoted}"),
                format!("get pods --field-selector {quoted}"),
                format!("get sts web -o jsonpath={quoted}"),
                format!("get sts -o jsonpath='{{'{quoted}'}}'"),
                format!("get sts web -o custom-columns=A:{quoted}"),
                format!("get sts web -o go-template={quoted}"),
                format!("get sts --sort-by={quoted}"),
                format!("label sts web {quoted}"),
            ] {
                harmless(&base, &line, "")?;
            }
        }
    }
}
