//! What the cluster's own images run. They hold their program and no tools.

use crate::runtime::{ImageSpec, Route};

use super::logs;
use super::place::Place;

/// The digests of the Corefile by which CoreDNS tells in its log which one it runs: of minikube's and of kind's, before
/// v1.32 and since. Models coredns plugin/reload.
const COREFILES: [[&str; 2]; 2] = [
    [
        "05e3eaddc414b2d71a69b2e2bc6f2681fc1f4d04bcdd3acc1a41457bb7db518208b95ddfc4c9fffedc59c25a8faf458be1af4915a4a3c0d6777cb7a346bc5d86",
        "9e2996f8cb67ac53e0259ab1f8d615d07d1beb0bd07e6a1e39769c3bf486a905bb991cc47f8d2f14d0d3a90a87dfc625a0b4c524fed169d8158c40657c0694b1",
    ],
    [
        "591cf328cccc12bc490481273e738df59329c62c0b729d94e8b61db9961c2fa5f046dd37f1cf888b953814040d180f52594972691cd6ff41be96639138a43908",
        "1b226df79860026c6a52e67daa10d7f0d57ec5b023288ec00c5e05f93523c894564e15b91770d3a07ae1cfbe861d15b37d4a0027e69c546ab112970993a3b03b",
    ],
];

/// The images of `place`, whose DNS keeps no answers of its zone when it `is_uncached`.
pub(super) fn all(place: &Place, is_uncached: bool) -> Vec<ImageSpec> {
    let api_port = u16::try_from(place.api_port).unwrap_or(0);
    let mut images = vec![
        coredns(place, is_uncached),
        program("etcd", &[2379, 2380, 2381]),
        program("kindnetd", &[]),
        program("kube-apiserver", &[api_port]),
        program("kube-controller-manager", &[10257]),
        program("kube-proxy", &[10249, 10256]),
        program("kube-scheduler", &[10259]),
        program("local-path-provisioner", &[]),
        program("storage-provisioner", &[]),
    ];
    for image in &mut images {
        if image.log.is_empty() {
            image.log = logs::of(&image.name, place);
        }
    }
    images
}

fn program(name: &str, ports: &[u16]) -> ImageSpec {
    let routes = ["/health", "/healthz", "/livez", "/readyz", "/ready"].map(|path| Route {
        path: path.to_owned(),
        status: 200,
        body: "ok".to_owned(),
        content_type: "text/plain; charset=utf-8".to_owned(),
        ..Route::default()
    });
    ImageSpec {
        follows_declared_ports: true,
        routes: routes.into(),
        programs: vec![name.to_owned()],
        packages: 0,
        ..ImageSpec::server(name, ports)
    }
}

fn coredns(place: &Place, is_uncached: bool) -> ImageSpec {
    let digest = COREFILES[usize::from(place.is_kind())][usize::from(is_uncached)];
    let mut log = vec![
        ".:53".to_owned(),
        format!("[INFO] plugin/reload: Running configuration SHA512 = {digest}"),
        place.fill("CoreDNS-{coredns}"),
        format!("linux/amd64, {}", place.release.coredns_build),
    ];
    // Since v1.12.
    if place.names_dns_probes() {
        log.insert(0, place.fill("maxprocs: Leaving GOMAXPROCS={cpus}: CPU quota undefined"));
    }
    ImageSpec {
        log,
        // It lets its clients find out first: `health { lameduck 5s }`.
        termination_ms: Some(5_000),
        ..program("coredns", &[53, 8080, 8181, 9153])
    }
}
