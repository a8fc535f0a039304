//! Requests of one command take time: a command on several objects sends them one after the other.
//!
//! In profiles whose requests take none, everything happens at one moment and no [`Task`] is needed.

use std::collections::VecDeque;
use std::time::Duration;

use super::error::CliError;
use super::{Env, Flow, Progress, Task};
use crate::api::SimTime;

/// A command that does the same for each of several items, then ends.
pub trait Paced {
    /// What it does something for.
    type Item;

    /// Sends the requests for one item. Errors are kept for the end.
    fn act(&mut self, item: Self::Item, env: &mut Env<'_>);

    /// Ends the command.
    ///
    /// # Errors
    /// What went wrong on the way.
    fn finish(&mut self, env: &mut Env<'_>) -> Result<u8, CliError>;
}

/// Runs `command` over `items`, as much of it at once as takes no time.
///
/// # Errors
/// The command's own, when it ends at once.
pub fn run<P>(command: P, items: Vec<P::Item>, env: &mut Env<'_>) -> Result<Flow, CliError>
where
    P: Paced + 'static,
    P::Item: 'static,
{
    let request = Duration::from_millis(env.cluster.engine().config().profile.request_ms);
    let mut runner = Runner { command, items: items.into(), request, next: env.cluster.now() };
    match runner.poll(env)? {
        Progress::Done(code) => Ok(Flow::Done(code)),
        Progress::Waiting => Ok(Flow::Task(Box::new(runner))),
    }
}

struct Runner<P: Paced> {
    command: P,
    items: VecDeque<P::Item>,
    request: Duration,
    next: SimTime,
}

impl<P: Paced> Task for Runner<P> {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        while env.cluster.now() >= self.next {
            let Some(item) = self.items.pop_front() else { break };
            self.command.act(item, env);
            self.next = self.next + self.request;
            if self.items.is_empty() {
                break;
            }
        }
        if self.items.is_empty() {
            self.command.finish(env).map(Progress::Done)
        } else {
            Ok(Progress::Waiting)
        }
    }

    fn deadline(&self) -> Option<SimTime> {
        Some(self.next)
    }
}
