//! The command line of `sts-sim`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use sim_core::api::KubernetesVersion;

/// kubectl against a simulated cluster, with the clock in your hands.
///
/// Without a command it opens a prompt, with the lab's manifests at hand.
#[derive(Debug, Parser)]
#[command(name = "sts-sim", version, after_help = "At the prompt, `help` says what can be typed.")]
pub struct Cli {
    /// What to do instead of opening a prompt.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// How the cluster is set up.
    #[command(flatten)]
    pub setup: Setup,

    /// Apply this manifest (a file or a folder) first; may be given several times.
    #[arg(short = 'f', long = "filename", value_name = "MANIFEST", global = true)]
    pub manifests: Vec<String>,

    /// Run this line instead of opening a prompt; may be given several times.
    #[arg(short = 'c', long = "command", value_name = "LINE")]
    pub lines: Vec<String>,
}

impl Cli {
    /// Reads the command line; what does not go together ends the program with its usage.
    pub fn read() -> Cli {
        let cli = Cli::parse();
        if let Some(error) = cli.contradiction() {
            error.exit();
        }
        cli
    }

    fn contradiction(&self) -> Option<clap::Error> {
        let taken = match self.command.as_ref()? {
            Command::Run { .. } => &["-c"][..],
            Command::Replay { .. } | Command::Completions { .. } => &["-c", "-f"],
        };
        let given = [("-c", !self.lines.is_empty()), ("-f", !self.manifests.is_empty())];
        let (flag, _) = given.iter().find(|(flag, is_given)| *is_given && taken.contains(flag))?;
        let text = format!("`{flag}` cannot be used with this command: it would not be looked at");
        Some(Cli::command().error(ErrorKind::ArgumentConflict, text))
    }
}

/// How the cluster is set up.
#[derive(Clone, Debug, clap::Args)]
pub struct Setup {
    /// How long things take.
    #[arg(long, global = true, default_value = "minikube", value_parser = ["minikube", "instant", "kind", "slow-cloud"])]
    pub profile: String,

    /// Seed of all randomness: the same seed and the same lines give the same history.
    #[arg(long, global = true, default_value_t = 14)]
    pub seed: u64,

    /// How many nodes, instead of the profile's own number.
    #[arg(long, global = true, value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub nodes: Option<u32>,

    /// The release of Kubernetes, and of its kubectl; `help versions` at the prompt says what differs.
    #[arg(long, global = true, default_value = "1.36", value_name = "VERSION", value_parser = PossibleValuesParser::new(KubernetesVersion::NAMES))]
    pub kubernetes_version: String,

    /// How fast the clock runs at the prompt, `10x`.
    #[arg(long, global = true, value_name = "SPEED")]
    pub speed: Option<String>,
}

/// What to do instead of opening a prompt.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play a script of commands and print the transcript.
    Run {
        /// The script, or `-` for standard input.
        file: String,
    },
    /// Play recordings of a real control plane and say what differs.
    Replay {
        /// Recordings, `NAME.json`; `NAME.2.json` beside one is the same scenario played again.
        #[arg(required = true)]
        recordings: Vec<PathBuf>,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}
