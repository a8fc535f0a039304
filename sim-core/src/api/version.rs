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

/// What a program of a release knows of how it was built.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// The version, `v1.36.2`.
    pub version: &'static str,
    /// The commit.
    pub commit: &'static str,
    /// When, in UTC.
    pub date: &'static str,
    /// The compiler's version, `go1.26.4`.
    pub go: &'static str,
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

    /// The build of the API server. That of v1.27.16, v1.31.13 and v1.36.2 is dated as the release's clients are.
    pub fn server_build(self) -> Build {
        let (commit, date, go) = match self {
            KubernetesVersion::V1_27 => {
                ("cbb86e0d7f4a049666fac0551e8b02ef3d6c3d9a", "2024-07-17T01:52:04Z", "go1.22.5")
            }
            KubernetesVersion::V1_31 => {
                ("c601ba40fa8f2254acd93bb31a02a6eb24948ec5", "2025-09-09T22:59:05Z", "go1.23.12")
            }
            KubernetesVersion::V1_34 => {
                ("8cc511e399b929453cd98ae65b419c3cc227ec79", "2025-11-11T19:00:39Z", "go1.24.9")
            }
            KubernetesVersion::V1_35_0 => {
                ("66452049f3d692768c39c797b21b793dce80314e", "2025-12-17T12:32:07Z", "go1.25.5")
            }
            KubernetesVersion::V1_35_4 => {
                ("7b8c6cf0edd376b3d7c2f255142977c7f93db258", "2026-04-15T18:01:23Z", "go1.25.9")
            }
            KubernetesVersion::V1_36 => {
                ("24e2b02af5543d7910c2bb074c7264df5a8f0467", "2026-06-11T18:12:06Z", "go1.26.4")
            }
        };
        Build { version: self.server(), commit, date, go }
    }

    /// The build of the kubectl that belongs to it.
    pub fn client_build(self) -> Build {
        let server = self.server_build();
        match self {
            KubernetesVersion::V1_36 => Build {
                version: self.kubectl().0,
                commit: "0f29094e5b73085e3802ecc1298ecae13866bfe6",
                date: "2026-07-22T18:10:35Z",
                go: "go1.26.5",
            },
            KubernetesVersion::V1_35_0 => Build { date: "2025-12-17T12:39:26Z", ..server },
            KubernetesVersion::V1_34 => Build { date: "2025-11-11T19:08:36Z", ..server },
            _ => server,
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
