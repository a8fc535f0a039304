//! What a pod tolerates, and for how long.

use super::*;

fn taint(key: &str) -> Taint {
    Taint { key: key.to_owned(), effect: "NoExecute".to_owned(), ..Taint::default() }
}

fn toleration(key: &str, seconds: Option<i64>) -> Toleration {
    Toleration {
        key: (!key.is_empty()).then(|| key.to_owned()),
        operator: Some("Exists".to_owned()),
        toleration_seconds: seconds,
        ..Toleration::default()
    }
}

#[test]
fn the_shortest_of_the_tolerations_that_are_used_counts() {
    let tolerations = [toleration("a", Some(300)), toleration("b", Some(20)), toleration("c", Some(-5))];
    let seconds = |keys: &[&str]| {
        let taints: Vec<Taint> = keys.iter().map(|key| taint(key)).collect();
        tolerated_seconds(taints.iter(), &tolerations)
    };
    assert_eq!(seconds(&["a"]), Tolerated::Seconds(300));
    assert_eq!(seconds(&["a", "b"]), Tolerated::Seconds(20));
    assert_eq!(seconds(&["c"]), Tolerated::Seconds(0));
    assert_eq!(seconds(&["a", "other"]), Tolerated::Not);
    assert_eq!(seconds(&[]), Tolerated::ForEver);
}

#[test]
fn a_toleration_without_key_bears_everything_for_ever() {
    let taints = [taint("a"), taint("b")];
    assert_eq!(tolerated_seconds(taints.iter(), &[toleration("", None)]), Tolerated::ForEver);
}
