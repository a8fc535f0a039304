use serde_json::{Value, json};

use super::typed::{set_of, take_out};
use super::*;

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_435_200 + seconds).expect("a time of this century")
}

/// Applies for `manager` and shows what came of it: the object's spec, or the conflict.
fn apply(managers: &mut Managers, live: &mut Value, manager: &str, config: Value, force: bool) -> String {
    match managers.apply(Kind::Pod, live, &config, manager, force, time(1)) {
        Ok(applied) => {
            *live = applied.merged;
            *managers = applied.managers;
            live["spec"].to_string()
        }
        Err(conflicts) => conflicts.message(Kind::Pod),
    }
}

fn container(name: &str, image: &str) -> Value {
    json!({"name": name, "image": image})
}

#[test]
fn appliers_share_a_list_and_each_takes_back_only_its_own() {
    let (mut managers, mut live) = (Managers::default(), json!({}));
    let pod = |containers: Value| json!({"spec": {"containers": containers}});
    let mut log = Vec::new();
    let steps = [
        ("a", pod(json!([container("x", "1"), container("y", "1")])), false),
        ("b", pod(json!([{"name": "z", "image": "1", "tty": true}, container("y", "1")])), false),
        ("b", pod(json!([container("y", "2")])), false),
        ("b", pod(json!([container("y", "2")])), true),
        ("a", pod(json!([container("x", "1")])), false),
        ("b", pod(json!([])), false),
    ];
    for (manager, config, force) in steps {
        log.push(format!("{manager}: {}", apply(&mut managers, &mut live, manager, config, force)));
    }
    insta::assert_snapshot!(log.join("\n"), @r#"
    a: {"containers":[{"image":"1","name":"x"},{"image":"1","name":"y"}]}
    b: {"containers":[{"image":"1","name":"z","tty":true},{"image":"1","name":"x"},{"image":"1","name":"y"}]}
    b: Apply failed with 1 conflict: conflict with "a": .spec.containers[name="y"].image
    b: {"containers":[{"image":"1","name":"x"},{"image":"2","name":"y"}]}
    a: {"containers":[{"image":"1","name":"x"},{"image":"2","name":"y"}]}
    b: {"containers":[{"image":"1","name":"x"}]}
    "#);
}

#[test]
fn a_conflict_names_each_manager_and_field() {
    let mut managers = Managers::default();
    let mut live = json!({"spec": {"containers": [{"name": "x", "image": "1", "args": ["a"],
        "ports": [{"containerPort": 80, "protocol": "TCP"}]}]}, "metadata": {"finalizers": ["a/b"]}});
    let change = compare(&empty(Kind::Pod), &live, Shape::of(Kind::Pod));
    managers.note(&Writer::update("kubectl-create", ""), change, time(0));
    let mut later = live.clone();
    later["spec"]["restartPolicy"] = json!("Never");
    managers.note(&Writer::update("kubectl", "scale"), compare(&live, &later, Shape::of(Kind::Pod)), time(0));
    live = later;
    let config = json!({"spec": {"restartPolicy": "Always", "containers": [{"name": "x", "image": "2", "args": ["b"],
        "ports": [{"containerPort": 80, "name": "http"}]}]}});
    insta::assert_snapshot!(apply(&mut managers, &mut live, "me", config, false), @r#"
    Apply failed with 3 conflicts: conflicts with "kubectl" with subresource "scale" using v1:
    - .spec.restartPolicy
    conflicts with "kubectl-create" using v1:
    - .spec.containers[name="x"].args
    - .spec.containers[name="x"].image
    "#);
    insta::assert_snapshot!(managers.to_value(Kind::Pod).to_string(), @r#"[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:restartPolicy":{}}},"manager":"kubectl","operation":"Update","subresource":"scale","time":"2026-11-23T12:00:00Z"},{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:finalizers":{".":{},"v:\"a/b\"":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"x\"}":{".":{},"f:args":{},"f:image":{},"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}}}}}}},"manager":"kubectl-create","operation":"Update","time":"2026-11-23T12:00:00Z"}]"#);
}

#[test]
fn what_cannot_be_applied_is_said_with_its_path() {
    let spec = |containers: Value| json!({"spec": {"containers": containers}});
    let twice = spec(json!([container("x", "1"), container("x", "2")]));
    insta::assert_snapshot!(check(Kind::Pod, &twice).unwrap_err(), @r#".spec.containers: duplicate entries for key [name="x"]"#);
    insta::assert_snapshot!(check(Kind::Pod, &spec(json!([{"image": "1"}]))).unwrap_err(), @r#".spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn't have default value)"#);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    /// What a manager applies is what the object says, and applying nothing more takes it all back.
    #[test]
    fn what_is_applied_is_there_and_goes_again(
        live in a_pod(), config in a_pod()
    ) {
        let shape = Shape::of(Kind::Pod);
        let mut managers = Managers::default();
        managers.note(&Writer::update("other", ""), compare(&empty(Kind::Pod), &live, shape), time(0));
        let applied = managers.apply(Kind::Pod, &live, &config, "me", true, time(1)).expect("it is forced");
        proptest::prop_assert!(set_of(&config, shape).shared(&set_of(&applied.merged, shape)) == set_of(&config, shape));
        let again = applied.managers.apply(Kind::Pod, &applied.merged, &config, "me", false, time(2)).expect("it is ours");
        proptest::prop_assert_eq!(&again.merged, &applied.merged);
        proptest::prop_assert_eq!(&again.managers, &applied.managers);
        let mut bare = config.clone();
        take_out(&mut bare, &set_of(&config, shape), &FieldSet::default(), shape::Rule::Plain, shape);
        proptest::prop_assert!(compare(&empty(Kind::Pod), &bare, shape).modified.is_empty());
    }
}

/// A small pod with distinct container names.
fn a_pod() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let container = (0..3u8, "[12]", proptest::option::of(Just(true)));
    proptest::collection::btree_map("[xyz]", container, 0..3).prop_map(|containers| {
        let items: Vec<Value> = containers
            .into_iter()
            .map(|(name, (port, image, tty))| {
                let mut item = json!({"name": name, "image": image, "ports": [{"containerPort": port}]});
                if let Some(tty) = tty {
                    item["tty"] = json!(tty);
                }
                item
            })
            .collect();
        json!({"metadata": {"labels": {"n": items.len().to_string()}}, "spec": {"containers": items}})
    })
}
