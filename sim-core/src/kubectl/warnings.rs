//! The API server's warnings, of deprecated APIs and of what objects hold, as kubectl prints them: each once a command.
//!
//! Models k8s.io/apiserver pkg/endpoints/deprecation, and client-go's warning writer (KEP-1693).

use super::error::CliError;
use super::{Env, Flow, Output, Progress, Task};
use crate::api::{Feature, FeatureGates, Kind, SimTime};
use crate::apiserver::ApiServer;

/// The flag by which a command fails that was warned of something.
const AS_ERRORS: &str = "--warnings-as-errors";

/// What the server says to every request for Endpoints (KEP-4974).
const ENDPOINTS: &str =
    "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

/// Prints what the server warns of when it is asked for something of `kind`.
pub fn warn(kind: Kind, gates: FeatureGates, out: &mut Output) {
    if kind == Kind::Endpoints && gates.has(Feature::EndpointsDeprecated) {
        out.err_line_once(ENDPOINTS);
    }
}

/// Prints what the server warned of in the request that it answered last.
pub fn show(api: &ApiServer, out: &mut Output) {
    for warning in api.warnings() {
        out.err_line_once(format!("Warning: {warning}"));
    }
}

/// Lets the command `words` fail in the end that was warned and has been asked to fail then.
///
/// Models kubectl pkg/cmd: NewKubectlCommand, `PersistentPostRunE`.
pub fn as_errors(words: &[String], flow: Flow, out: &mut Output) -> Flow {
    let flags = words.iter().take_while(|word| *word != "--");
    let asked = flags.filter_map(|word| word.strip_prefix(AS_ERRORS)).last();
    if !asked.is_some_and(|value| matches!(value, "" | "=true")) {
        return flow;
    }
    match flow {
        Flow::Done(code) => Flow::Done(judge(code, out)),
        Flow::Task(task) => Flow::Task(Box::new(Strict(task))),
    }
}

fn judge(code: u8, out: &mut Output) -> u8 {
    let why = match out.warned() {
        1 => "1 warning received".to_owned(),
        count => format!("{count} warnings received"),
    };
    if code == 0 && out.warned() > 0 { CliError::plain(why).report(out) } else { code }
}

/// A command that fails in the end if it was warned.
struct Strict(Box<dyn Task>);

impl Task for Strict {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        Ok(match self.0.poll(env)? {
            Progress::Done(code) => Progress::Done(judge(code, env.out)),
            waiting => waiting,
        })
    }

    fn deadline(&self) -> Option<SimTime> {
        self.0.deadline()
    }

    fn prompt(&self) -> Option<String> {
        self.0.prompt()
    }

    fn input(&mut self, line: Option<&str>, env: &mut Env<'_>) {
        self.0.input(line, env);
    }

    fn interrupt(&mut self, env: &mut Env<'_>) {
        self.0.interrupt(env);
    }

    fn holds_terminal(&self) -> bool {
        self.0.holds_terminal()
    }
}
