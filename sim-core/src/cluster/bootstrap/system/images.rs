//! What the cluster's own images run. They hold their program and no tools.

use k8s_openapi::api::core::v1::ContainerImage;

use crate::engine::ClusterConfig;
use crate::kubelet::{arrange_images, listed_image};
use crate::runtime::{ImageSpec, Reference, Registry, Route};

use super::control_plane::PARTS;
use super::place::Place;
use super::{addons, logs};

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
        program("etcd", 74_311_308, &[2379, 2380, 2381]),
        program("kindnetd", 43_824_855, &[]),
        program("kube-apiserver", 27_061_991, &[api_port]),
        program("kube-controller-manager", 22_819_474, &[10257]),
        program("kube-proxy", 25_963_718, &[10249, 10256]),
        program("kube-scheduler", 17_385_568, &[10259]),
        program("local-path-provisioner", 19_200_418, &[]),
        program("storage-provisioner", 9_057_171, &[]),
    ];
    for image in &mut images {
        if image.log.is_empty() {
            image.log = logs::of(&image.name, place);
        }
    }
    images
}

/// A program whose image has about that size, in bytes.
fn program(name: &str, size_bytes: u64, ports: &[u16]) -> ImageSpec {
    let routes = ["/health", "/healthz", "/livez", "/readyz", "/ready"].map(|path| Route {
        path: path.to_owned(),
        status: 200,
        body: "ok".to_owned(),
        content_type: "text/plain; charset=utf-8".to_owned(),
        ..Route::default()
    });
    ImageSpec {
        size_bytes,
        follows_declared_ports: true,
        routes: routes.into(),
        programs: vec![name.to_owned()],
        packages: 0,
        ..ImageSpec::server(name, ports)
    }
}

/// The images that the nodes of minikube and kind are made with, as a node's status tells of them.
pub(in crate::cluster::bootstrap) fn preloaded(config: &ClusterConfig) -> Vec<ContainerImage> {
    let Some(place) = Place::of(config) else { return Vec::new() };
    let mut registry = Registry::default();
    all(&place, false).into_iter().for_each(|image| registry.add(image));
    let parts = PARTS.iter().map(|part| part.image);
    let mut images: Vec<ContainerImage> = parts
        .chain(addons::images(&place, config))
        .filter_map(|name| Reference::parse(&place.fill(name)).ok())
        .filter_map(|reference| registry.find(&reference))
        .map(|image| listed_image(&image, place.runtime))
        .collect();
    arrange_images(&mut images);
    images
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
        ..program("coredns", 22_384_805, &[53, 8080, 8181, 9153])
    }
}
