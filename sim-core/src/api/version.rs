//! [`KubernetesVersion`]: the releases that a cluster can be of.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A release of Kubernetes. The default is the one that the recordings show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KubernetesVersion {
    /// v1.27, of April 2023.
    #[serde(rename = "1.27")]
    V1_27,
    /// v1.31, of August 2024.
    #[serde(rename = "1.31")]
    V1_31,
    /// v1.34, of August 2025.
    #[serde(rename = "1.34")]
    V1_34,
    /// v1.35.0, of December 2025.
    #[serde(rename = "1.35.0")]
    V1_35_0,
    /// v1.35.4, of April 2026.
    #[serde(rename = "1.35.4")]
    V1_35_4,
    /// v1.36, of April 2026.
    #[default]
    #[serde(rename = "1.36")]
    V1_36,
}

impl KubernetesVersion {
    /// Every release, oldest first.
    pub const ALL: &'static [KubernetesVersion] = &[
        KubernetesVersion::V1_27,
        KubernetesVersion::V1_31,
        KubernetesVersion::V1_34,
        KubernetesVersion::V1_35_0,
        KubernetesVersion::V1_35_4,
        KubernetesVersion::V1_36,
    ];

    /// The names that [`KubernetesVersion::named`] knows, oldest first.
    pub const NAMES: &'static [&'static str] = &["1.27", "1.31", "1.34", "1.35.0", "1.35.4", "1.36"];

    /// The release of that name, `1.34` or `v1.34`.
    pub fn named(name: &str) -> Option<KubernetesVersion> {
        let name = name.strip_prefix('v').unwrap_or(name);
        let place = KubernetesVersion::NAMES.iter().position(|known| *known == name)?;
        KubernetesVersion::ALL.get(place).copied()
    }

    /// Its name, `1.34`.
    pub fn name(self) -> &'static str {
        KubernetesVersion::NAMES[self as usize]
    }

    /// What the API server and the kubelets say they are.
    pub fn server(self) -> &'static str {
        match self {
            KubernetesVersion::V1_27 => "v1.27.16",
            KubernetesVersion::V1_31 => "v1.31.13",
            KubernetesVersion::V1_34 => "v1.34.2",
            KubernetesVersion::V1_35_0 => "v1.35.0",
            KubernetesVersion::V1_35_4 => "v1.35.4",
            KubernetesVersion::V1_36 => "v1.36.2",
        }
    }

    /// What the kubectl that belongs to it says it is, and the kustomize within it.
    pub fn kubectl(self) -> (&'static str, &'static str) {
        match self {
            KubernetesVersion::V1_27 => (self.server(), "v5.0.1"),
            KubernetesVersion::V1_31 => (self.server(), "v5.4.2"),
            KubernetesVersion::V1_34 | KubernetesVersion::V1_35_0 | KubernetesVersion::V1_35_4 => {
                (self.server(), "v5.7.1")
            }
            KubernetesVersion::V1_36 => ("v1.36.3", "v5.8.1"),
        }
    }

    /// The second number, `36`.
    pub fn minor(self) -> &'static str {
        let name = self.name().trim_start_matches("1.");
        name.split('.').next().unwrap_or(name)
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
