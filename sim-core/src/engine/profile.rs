//! Timing profiles: how long a cluster of some sort takes for what it does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::random::{Span, stream};

/// How long things take. All of it can be overridden in a scenario file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimingProfile {
    /// The profile's name.
    pub name: String,
    /// From the start of a kubectl process to its first request, in milliseconds.
    #[serde(default)]
    pub kubectl_ms: u64,
    /// Between two requests of one kubectl command, in milliseconds.
    #[serde(default)]
    pub request_ms: u64,
    /// What one write costs the reconcile that makes it, in milliseconds: its key is busy for so long.
    #[serde(default)]
    pub write_ms: u64,
    /// From a change to a component that looks at it, for components that differ from their kind.
    #[serde(default)]
    pub components: BTreeMap<String, Span>,
    /// From a change to a controller that looks at it.
    pub controller: Span,
    /// From a change to the scheduler that looks at it.
    pub scheduler: Span,
    /// From a change to the kubelet that looks at it.
    pub kubelet: Span,
    /// From a claim that wants a volume to the provisioner's volume.
    pub provision: Span,
    /// For a CSI driver to attach a volume to a node, detach it, or make it larger.
    #[serde(default)]
    pub attach: Span,
    /// From a bound pod to its volumes mounted and its sandbox up.
    pub sandbox: Span,
    /// To pull an image that the node does not have.
    pub image_pull: Span,
    /// To create and start a container whose image is there.
    pub container_start: Span,
    /// From a container's end to the pod's last status and removal.
    pub teardown: Span,
}

impl TimingProfile {
    /// The names that [`TimingProfile::named`] knows.
    pub const NAMES: &'static [&'static str] = &["minikube", "instant", "kind", "slow-cloud"];

    /// The built-in profile of that name.
    pub fn named(name: &str) -> Option<TimingProfile> {
        let profile = match name {
            "minikube" => TimingProfile {
                name: name.to_owned(),
                kubectl_ms: 50,
                request_ms: 0,
                write_ms: 0,
                components: BTreeMap::new(),
                controller: Span::between(4, 20),
                scheduler: Span::between(2, 10),
                kubelet: Span::between(5, 40),
                provision: Span::between(30, 120),
                attach: Span::ZERO,
                sandbox: Span::between(1_300, 1_800),
                image_pull: Span::between(1_200, 2_500),
                container_start: Span::between(700, 1_200),
                teardown: Span::between(150, 450),
            },
            "kind" => TimingProfile {
                name: name.to_owned(),
                kubectl_ms: 50,
                request_ms: 0,
                write_ms: 0,
                components: BTreeMap::new(),
                controller: Span::between(3, 12),
                scheduler: Span::between(2, 8),
                kubelet: Span::between(5, 30),
                provision: Span::between(1_500, 3_000),
                attach: Span::ZERO,
                sandbox: Span::between(300, 700),
                image_pull: Span::between(800, 2_000),
                container_start: Span::between(80, 250),
                teardown: Span::between(100, 300),
            },
            "slow-cloud" => TimingProfile {
                name: name.to_owned(),
                kubectl_ms: 50,
                request_ms: 0,
                write_ms: 0,
                components: BTreeMap::new(),
                controller: Span::between(10, 60),
                scheduler: Span::between(5, 30),
                kubelet: Span::between(20, 120),
                provision: Span::between(4_000, 12_000),
                attach: Span::between(2_000, 9_000),
                sandbox: Span::between(5_000, 16_000),
                image_pull: Span::between(6_000, 40_000),
                container_start: Span::between(300, 1_200),
                teardown: Span::between(400, 2_000),
            },
            "instant" => TimingProfile {
                name: name.to_owned(),
                kubectl_ms: 0,
                request_ms: 0,
                write_ms: 0,
                components: BTreeMap::new(),
                controller: Span::ZERO,
                scheduler: Span::ZERO,
                kubelet: Span::ZERO,
                provision: Span::ZERO,
                attach: Span::ZERO,
                sandbox: Span::ZERO,
                image_pull: Span::ZERO,
                container_start: Span::ZERO,
                teardown: Span::ZERO,
            },
            _ => return None,
        };
        Some(profile)
    }

    /// The timing of the control plane whose recordings are in `tests/recordings`.
    pub fn recorder() -> TimingProfile {
        TimingProfile {
            name: "recorder".to_owned(),
            kubectl_ms: 0,
            request_ms: 7,
            write_ms: 3,
            components: [
                ("endpointslice-controller".to_owned(), Span::exactly(1)),
                ("garbage-collector-controller".to_owned(), Span::exactly(8)),
                ("pvc-protection-controller".to_owned(), Span::exactly(8)),
                ("statefulset-controller".to_owned(), Span::exactly(4)),
            ]
            .into(),
            controller: Span::exactly(3),
            scheduler: Span::exactly(1),
            kubelet: Span::ZERO,
            provision: Span::exactly(14),
            attach: Span::ZERO,
            sandbox: Span::exactly(600),
            image_pull: Span::ZERO,
            container_start: Span::exactly(400),
            teardown: Span::exactly(400),
        }
    }

    /// The same control plane on a machine that is quicker at one thing and slower at another: what a request and a
    /// write cost is drawn from `seed`, and the control plane's latencies are spread, all from half of what they
    /// were to twice that. What nodes and volumes take stays.
    pub fn varied(mut self, seed: u64) -> TimingProfile {
        let mut random = stream(seed, "timing");
        let wide = |span: Span| Span::between(span.min_ms / 2, span.max_ms * 2);
        for cost in [&mut self.request_ms, &mut self.write_ms] {
            let drawn = wide(Span::exactly(*cost)).draw(&mut random);
            *cost = u64::try_from(drawn.as_millis()).unwrap_or(*cost);
        }
        for span in
            [&mut self.controller, &mut self.scheduler].into_iter().chain(self.components.values_mut())
        {
            *span = wide(*span);
        }
        self
    }
}
