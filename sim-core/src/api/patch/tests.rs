use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn strategic(kind: Kind, current: Value, patch: Value) -> Value {
    Patch::Strategic(patch).apply(kind, &current).unwrap()
}

fn pod(spec: Value) -> Value {
    json!({ "spec": spec })
}

#[test]
fn lists_merge_by_their_keys_in_the_patchs_order() {
    let current = pod(json!({"containers": [
        {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]},
        {"name": "b", "image": "b:1"}]}));
    let patch = pod(
        json!({"containers": [{"name": "b", "image": "b:2"}, {"name": "a", "env": [{"name": "X", "$patch": "delete"}, {"name": "Z", "value": "3"}]}]}),
    );
    assert_eq!(
        strategic(Kind::Pod, current, patch),
        pod(json!({"containers": [
            {"name": "b", "image": "b:2"},
            {"name": "a", "image": "a:1", "env": [{"name": "Z", "value": "3"}, {"name": "Y", "value": "2"}]}]}))
    );
}

#[test]
fn directives_replace_delete_and_order() {
    let current =
        pod(json!({"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}], "nodeSelector": {"x": "1"},
        "tolerations": [{"key": "old"}], "volumes": [{"name": "v", "emptyDir": {}}]}));
    let ordered = pod(json!({"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}]}));
    let names = |value: Value| -> Vec<String> {
        value["spec"]["containers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(strategic(Kind::Pod, current.clone(), ordered)), ["b", "c", "a"]);
    let replaced = pod(
        json!({"containers": [{"$patch": "replace"}, {"name": "z"}], "nodeSelector": {"$patch": "replace", "y": "2"}, "tolerations": [{"key": "new"}]}),
    );
    let result = strategic(Kind::Pod, current.clone(), replaced);
    assert_eq!(names(result.clone()), ["z"]);
    assert_eq!(result["spec"]["nodeSelector"], json!({"y": "2"}));
    assert_eq!(result["spec"]["tolerations"], json!([{"key": "new"}]));
    // A volume's kind is exchanged, not added.
    let volume = pod(
        json!({"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]}),
    );
    assert_eq!(
        strategic(Kind::Pod, current, volume)["spec"]["volumes"],
        json!([{"name": "v", "hostPath": {"path": "/x"}}])
    );
    let finalizers = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}});
    let result = strategic(Kind::Pod, json!({"metadata": {"finalizers": ["a", "b"]}}), finalizers);
    assert_eq!(result["metadata"]["finalizers"], json!(["c", "b"]));
}

#[test]
fn nulls_delete_and_are_not_stored() {
    let result = strategic(
        Kind::Pod,
        json!({"metadata": {"labels": {"a": "1"}}}),
        json!({"metadata": {"labels": {"a": null, "b": null}, "annotations": {"x": null, "y": "1"}}}),
    );
    assert_eq!(result, json!({"metadata": {"labels": {}, "annotations": {"y": "1"}}}));
}

#[test]
fn errors_are_as_recorded() {
    let current = json!({"spec": {"replicas": 1}});
    let json_patch = Patch::Json(json!([{"op": "remove", "path": "/spec/nope"}]));
    let error = json_patch.apply(Kind::StatefulSet, &current).unwrap_err();
    assert_eq!(error.to_string(), "the server rejected our request due to an error in our request");
    assert_eq!(error.code(), 422);
    let error = Patch::parse(PatchType::Merge, "{nope\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "error decoding patch: invalid character 'n' looking for beginning of object key string"
    );
    let error = strategic_error(pod(json!({"containers": [{"image": "x"}]})));
    assert_eq!(error, "map: map[image:x] does not contain declared merge key: name");
}

fn strategic_error(patch: Value) -> String {
    Patch::Strategic(patch).apply(Kind::Pod, &pod(json!({"containers": []}))).unwrap_err().to_string()
}

#[test]
fn json_complaints_are_gos() {
    let pairs = [
        ("", "unexpected end of JSON input"),
        ("{\"a\":", "unexpected end of JSON input"),
        ("{\"a\" 1}", "invalid character '1' after object key"),
        ("{\"a\":1 x", "invalid character 'x' after object key:value pair"),
        ("[1 2]", "invalid character '2' after array element"),
        ("{} {}", "invalid character '{' after top-level value"),
        ("tru3", "invalid character '3' in literal true (expecting 'e')"),
        ("nope", "invalid character 'o' in literal null (expecting 'u')"),
        ("spec: 1", "invalid character 's' looking for beginning of value"),
        ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
    ];
    for (text, expected) in pairs {
        assert_eq!(parse_json(text).unwrap_err(), expected, "{text}");
    }
    assert!(parse_json(&"{\"a\":".repeat(100_000)).is_err());
}

#[test]
fn apply_removes_what_left_the_manifest_and_keeps_what_others_wrote() {
    let original = pod(
        json!({"containers": [{"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]}], "nodeSelector": {"x": "1"}}),
    );
    let modified =
        pod(json!({"containers": [{"name": "a", "image": "a:2", "env": [{"name": "Y", "value": "2"}]}]}));
    let current = pod(json!({"containers": [
        {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}], "terminationMessagePath": "/dev/termination-log"},
        {"name": "sidecar", "image": "s"}], "nodeSelector": {"x": "1", "theirs": "2"}}));
    let patch = three_way(Kind::Pod, &original, &modified, &current).unwrap();
    assert_eq!(
        patch,
        pod(json!({
            "$setElementOrder/containers": [{"name": "a"}],
            "containers": [{"name": "a", "image": "a:2", "$setElementOrder/env": [{"name": "Y"}], "env": [{"$patch": "delete", "name": "X"}]}],
            "nodeSelector": null
        }))
    );
    assert_eq!(
        strategic(Kind::Pod, current, patch),
        pod(json!({"containers": [
            {"name": "a", "image": "a:2", "env": [{"name": "Y", "value": "2"}], "terminationMessagePath": "/dev/termination-log"},
            {"name": "sidecar", "image": "s"}]}))
    );
}

#[test]
fn an_atomic_list_with_defaults_differs_for_ever() {
    // Why kubectl says that an unchanged StatefulSet with claim templates was configured.
    let manifest = json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}], "replicas": 2}});
    let current = json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "status": {"phase": "Pending"}}], "replicas": 2}});
    let patch = three_way(Kind::StatefulSet, &manifest, &manifest, &current).unwrap();
    assert_eq!(patch, json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}}));
    assert_eq!(three_way(Kind::StatefulSet, &manifest, &manifest, &manifest).unwrap(), json!({}));
}

fn containers() -> impl Strategy<Value = Value> {
    let env = prop::collection::btree_map("[A-D]", "[0-9]", 0..4);
    let container = (prop::option::of("[xyz]"), env, prop::option::of(0..5));
    prop::collection::btree_map("[a-d]", container, 0..4).prop_map(|map| {
        let items = map.into_iter().map(|(name, (image, env, grace))| {
            let env: Vec<Value> =
                env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
            let mut item = json!({"name": name});
            if !env.is_empty() {
                item["env"] = json!(env);
            }
            if let Some(image) = image {
                item["image"] = json!(image);
            }
            if let Some(grace) = grace {
                item["lifecycle"] = json!({"grace": grace});
            }
            item
        });
        items.collect()
    })
}

fn document() -> impl Strategy<Value = Value> {
    let labels = prop::collection::btree_map("[a-c]", "[0-9]", 1..4);
    let finalizers = prop::collection::btree_set("[f-i]", 1..4);
    (containers(), prop::option::of(labels), prop::option::of(finalizers)).prop_map(
        |(items, labels, finalizers)| {
            let mut document =
                json!({"metadata": {"name": "x"}, "spec": {"containers": items, "atomic": [{"q": 1}]}});
            if let Some(labels) = labels {
                document["metadata"]["labels"] = json!(labels);
            }
            if let Some(finalizers) = finalizers {
                document["metadata"]["finalizers"] = json!(finalizers);
            }
            document
        },
    )
}

/// Emptied lists and objects count as absent, as the API types have it.
fn tidy(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| (key, tidy(value)));
            Value::Object(entries.filter(|(_, value)| *value != json!({}) && *value != json!([])).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(tidy).collect()),
        other => other,
    }
}

proptest! {
    /// Nobody else wrote: applying the patch to the last manifest gives the manifest.
    #[test]
    fn three_way_makes_the_manifest_of_the_last_one(original in document(), modified in document()) {
        let patch = three_way(Kind::Pod, &original, &modified, &original).unwrap();
        let result = Patch::Strategic(patch).apply(Kind::Pod, &original).unwrap();
        prop_assert_eq!(tidy(result), tidy(modified));
    }

    /// Others wrote too: what the manifest says holds, and applying again changes nothing more.
    #[test]
    fn three_way_settles(original in document(), modified in document(), current in document()) {
        let patch = three_way(Kind::Pod, &original, &modified, &current).unwrap();
        let once = Patch::Strategic(patch).apply(Kind::Pod, &current).unwrap();
        let again = three_way(Kind::Pod, &modified, &modified, &once).unwrap();
        let twice = Patch::Strategic(again).apply(Kind::Pod, &once).unwrap();
        prop_assert_eq!(tidy(once), tidy(twice));
    }

    #[test]
    fn any_patch_is_applied_or_refused(current in document(), patch in document(), text in "[{}\\[\\]\":, a-z0-9]{0,30}") {
        let _ = Patch::Strategic(patch.clone()).apply(Kind::Pod, &current);
        let _ = Patch::Json(patch).apply(Kind::Pod, &current);
        let _ = parse_json(&text);
    }
}
