//! `sts-sim`: the REPL and the sub-commands. All input and output of the simulator lives here.

pub mod cli;
mod editor;
mod files;
mod pasted;
mod print;
mod prompting;
mod repl;
pub mod replay;
mod saved;
mod script;

use std::io::{IsTerminal, Read};
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;
use cli::{Cli, Command, Setup};
use print::Printer;
use sim_core::api::KubernetesVersion;
use sim_core::engine::{ClusterConfig, TimingProfile};
use sim_core::session::Session;

pub use files::DiskFiles;
pub use script::commands;

/// Runs the program; its exit code is kubectl's where a command decides it.
pub fn main() -> ExitCode {
    match run(Cli::read()) {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}

/// A reader that has seen enough is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

fn run(cli: Cli) -> anyhow::Result<u8> {
    let printer = Printer::new();
    match &cli.command {
        Some(Command::Run { file }) => {
            let script = read_script(file)?;
            let (mut session, files) = (new_session(&cli)?, DiskFiles::default());
            match prepare(&mut session, &cli, false, printer, &files)? {
                0 => Ok(script::play(&mut session, &commands(&script), &files, printer, true)?),
                code => Ok(code),
            }
        }
        Some(Command::Replay { recordings }) => replay_all(recordings, &cli.setup),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(*shell, &mut Cli::command(), "sts-sim", &mut std::io::stdout());
            Ok(0)
        }
        None => prompt_or_lines(&cli, printer),
    }
}

fn prompt_or_lines(cli: &Cli, printer: Printer) -> anyhow::Result<u8> {
    // The process ends with it; giving back a large cluster object by object would only take time.
    let mut session = ManuallyDrop::new(new_session(cli)?);
    let files = DiskFiles::default();
    let interactive = cli.lines.is_empty() && std::io::stdin().is_terminal();
    let code = prepare(&mut session, cli, interactive, printer, &files)?;
    if code != 0 {
        return Ok(code);
    }
    if !cli.lines.is_empty() {
        let lines: Vec<String> = cli.lines.iter().flat_map(|line| commands(line)).collect();
        return Ok(script::play(&mut session, &lines, &files, printer, false)?);
    }
    if !std::io::stdin().is_terminal() {
        let text = read_script("-")?;
        return Ok(script::play(&mut session, &commands(&text), &files, printer, false)?);
    }
    repl::run(ManuallyDrop::into_inner(session), printer)?;
    Ok(0)
}

/// Applies the manifests and sets the speed that the options name; the exit code of what went wrong.
fn prepare(
    session: &mut Session,
    cli: &Cli,
    interactive: bool,
    printer: Printer,
    files: &DiskFiles,
) -> anyhow::Result<u8> {
    let mut lines = Vec::new();
    for manifest in &cli.manifests {
        lines.push(format!("apply -f {}", shlex::try_quote(manifest)?));
        if !interactive {
            lines.push("settle".to_owned());
        }
    }
    let speed = cli.setup.speed.as_ref().map(|speed| format!("speed {speed}"));
    for (line, is_shown) in
        lines.iter().map(|line| (line, interactive)).chain(speed.iter().map(|line| (line, false)))
    {
        let chunks = session.run(line, None, files);
        if is_shown || session.exit_code() != 0 {
            printer.chunks(&chunks)?;
        }
        if session.exit_code() != 0 {
            return Ok(session.exit_code());
        }
    }
    Ok(0)
}

fn new_session(cli: &Cli) -> anyhow::Result<Session> {
    Ok(Session::new(config(&cli.setup)?))
}

/// The cluster that the options describe.
///
/// # Errors
/// The profile or the Kubernetes version is not known.
pub fn config(setup: &Setup) -> anyhow::Result<ClusterConfig> {
    let profile = TimingProfile::named(&setup.profile).context("no such profile")?;
    let mut config = ClusterConfig::for_profile(profile, setup.seed);
    if let Some(count) = setup.nodes {
        config.set_node_count(count);
    }
    let version = KubernetesVersion::named(&setup.kubernetes_version);
    config.set_kubernetes_version(version.context("no such Kubernetes version")?);
    Ok(config)
}

fn read_script(file: &str) -> anyhow::Result<String> {
    if file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))
}

fn replay_all(paths: &[PathBuf], setup: &Setup) -> anyhow::Result<u8> {
    let version = KubernetesVersion::named(&setup.kubernetes_version).unwrap_or_default();
    let mut all_match = true;
    let paths = paths.iter().filter(|path| !replay::recording::is_twin(path));
    let mut lines = Vec::new();
    for path in paths {
        let report = replay::replay(path, setup.seed, version)?;
        let scores = &report.scores;
        let parts = [("transcript", &scores.transcript), ("order", &scores.order), ("final", &scores.end)];
        for (part, score) in parts {
            for difference in &score.differences {
                println!("{} {part}: {difference}", report.name);
            }
        }
        all_match &= report.matches();
        lines.push(report.line());
    }
    for line in lines {
        println!("{line}");
    }
    Ok(u8::from(!all_match))
}
