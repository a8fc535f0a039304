use std::time::Duration;

use insta::assert_snapshot;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};

use super::NamespaceController;
use crate::api::{Kind, ObjectKey};
use crate::apiserver::{DeleteOptions, Propagation, Subresource};
use crate::controllers::testing::Bench;

fn bench() -> Bench {
    let mut bench = Bench::new(vec![Box::new(NamespaceController)]);
    bench.create("{apiVersion: v1, kind: Namespace, metadata: {name: team}}");
    bench.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: team}}");
    bench.create(
        "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: team},
          spec: {nodeName: node-1, containers: [{name: app, image: app}]}}",
    );
    bench.plain_changes();
    bench
}

fn conditions(bench: &Bench) -> String {
    let status = bench.get::<Namespace>("team").status.clone().unwrap();
    let text = |condition: &k8s_openapi::api::core::v1::NamespaceCondition| {
        format!(
            "{} {} {}: {}",
            condition.type_,
            condition.status,
            condition.reason.as_deref().unwrap(),
            condition.message.as_deref().unwrap()
        )
    };
    status.conditions.iter().flatten().map(text).collect::<Vec<_>>().join("\n")
}

fn finish_pod(bench: &mut Bench) {
    let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    bench.act(|api| api.delete(Kind::Pod, &ObjectKey::new("team", "web"), &options)).unwrap();
}

#[test]
fn pods_go_first_then_the_rest_then_the_namespace() {
    let mut bench = bench();
    bench.delete(Kind::Namespace, "team", Propagation::Background);
    bench.advance(Duration::from_secs(4));
    assert_snapshot!(bench.plain_changes(), @"MODIFIED Namespace team");
    bench.advance(Duration::from_secs(1));
    assert_snapshot!(bench.plain_changes(), @r"
    MODIFIED Pod web
    MODIFIED Namespace team
    ");
    assert_snapshot!(conditions(&bench), @r"
    NamespaceDeletionDiscoveryFailure False ResourcesDiscovered: All resources successfully discovered
    NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions: All legacy kube types successfully parsed
    NamespaceDeletionContentFailure False ContentDeleted: All content successfully deleted, may be waiting on finalization
    NamespaceContentRemaining True SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances
    NamespaceFinalizersRemaining False ContentHasNoFinalizers: All content-preserving finalizers finished
    ");
    finish_pod(&mut bench);
    bench.advance(Duration::from_secs(5));
    assert_snapshot!(bench.plain_changes(), @r"
    MODIFIED Pod web
    DELETED Pod web
    DELETED ConfigMap settings
    MODIFIED Namespace team
    DELETED Namespace team
    ");
    assert!(!bench.exists(Kind::Namespace, "team"));
}

#[test]
fn content_with_finalizers_holds_the_namespace() {
    let mut bench = bench();
    let key = ObjectKey::new("team", "settings");
    let set = |bench: &mut Bench, finalizers: Option<Vec<String>>| {
        bench
            .act(|api| {
                api.modify::<ConfigMap>(&key, Subresource::Main, |map| map.metadata.finalizers = finalizers)
            })
            .unwrap();
    };
    set(&mut bench, Some(vec!["example.com/keep".to_owned()]));
    bench.delete(Kind::Namespace, "team", Propagation::Background);
    finish_pod(&mut bench);
    bench.advance(Duration::from_secs(60));
    assert_snapshot!(conditions(&bench), @r"
    NamespaceDeletionDiscoveryFailure False ResourcesDiscovered: All resources successfully discovered
    NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions: All legacy kube types successfully parsed
    NamespaceDeletionContentFailure False ContentDeleted: All content successfully deleted, may be waiting on finalization
    NamespaceContentRemaining True SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances
    NamespaceFinalizersRemaining True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances
    ");
    set(&mut bench, None);
    bench.advance(Duration::from_secs(30));
    assert!(!bench.exists(Kind::Namespace, "team"));
}
