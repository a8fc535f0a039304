//! Moving the clock far, a piece at a time: `advance`, `step N`, `settle`.
//!
//! Such a word is the command in the foreground until it is done, so that a front end stays awake, can tell how far
//! it is, and can interrupt it. How the pieces are cut changes nothing.

use std::collections::VecDeque;
use std::time::Duration;

use super::words::{milliseconds, refuse};
use super::{Foreground, Session, What, line};
use crate::api::SimTime;
use crate::kubectl::Progress;

/// Events that happen before a line is given back to the front end.
pub(super) const AT_ONCE: usize = 5_000;

/// Events that happen in a tick.
pub(super) const IN_A_TICK: usize = 2_000;

/// Steps of which each is printed; of more, only so many at the end.
const SHOWN_ALL: u32 = 100;
const SHOWN_LAST: usize = 20;

/// Where the clock is going.
pub(super) enum Move {
    /// To a time.
    Advance { began: SimTime, target: SimTime },
    /// Over a number of events.
    Step { count: u32, done: u32, lines: VecDeque<String> },
    /// To where only repeating timers are left, or to `end`.
    Settle { began: SimTime, end: SimTime },
}

impl Move {
    /// Over `count` events.
    pub fn over(count: u32) -> Move {
        Move::Step { count, done: 0, lines: VecDeque::new() }
    }

    /// When it ends, whatever happens until then.
    pub fn deadline(&self) -> Option<SimTime> {
        match self {
            Move::Advance { target, .. } => Some(*target),
            Move::Settle { end, .. } => Some(*end),
            Move::Step { .. } => None,
        }
    }

    /// Says whether it is there, and prints what came of it.
    pub fn look(&mut self, session: &mut Session) -> Progress {
        let next = session.cluster.next_time();
        match self {
            Move::Advance { target, .. } => {
                if next.is_some_and(|next| next <= *target) {
                    return Progress::Waiting;
                }
                session.cluster.advance_to(*target);
                Progress::Done(0)
            }
            Move::Step { count, done, .. } => {
                if next.is_some() && done < count {
                    return Progress::Waiting;
                }
                let nothing_left = done < count;
                self.print_steps(session);
                if nothing_left {
                    session.out.line("nothing is pending");
                }
                Progress::Done(0)
            }
            Move::Settle { began, end } => {
                let settled = session.cluster.engine().queue().is_settled();
                if !settled && next.is_some_and(|next| next <= *end) {
                    return Progress::Waiting;
                }
                let took = milliseconds(session.now().since(*began));
                if settled {
                    session.out.line(format!("settled after {took}"));
                    return Progress::Done(0);
                }
                let why = format!("not settled after {took} of virtual time: something keeps changing");
                Progress::Done(refuse(session, &why))
            }
        }
    }

    /// Lets the next event happen.
    pub fn step(&mut self, session: &mut Session) {
        match self {
            Move::Step { count, done, lines } => {
                if let Some(text) = session.cluster.step_named() {
                    *done += 1;
                    lines.push_back(text);
                    if *count > SHOWN_ALL && lines.len() > SHOWN_LAST {
                        lines.pop_front();
                    }
                }
            }
            Move::Advance { .. } | Move::Settle { .. } => {
                session.cluster.step();
            }
        }
        session.followed();
    }

    fn print_steps(&mut self, session: &mut Session) {
        let Move::Step { done, lines, .. } = self else { return };
        let before = *done as usize - lines.len();
        if before > 0 {
            session.out.line(format!("... {before} steps before these"));
        }
        for text in lines.drain(..) {
            session.out.line(text);
        }
    }

    /// Says how far it came.
    pub fn stop(&mut self, session: &mut Session) {
        self.print_steps(session);
        let steps = match self {
            Move::Step { done, .. } => format!(" after {done} steps"),
            Move::Advance { .. } | Move::Settle { .. } => String::new(),
        };
        let time = line::elapsed(session.now().since_start());
        session.out.err_line(format!("interrupted{steps}: the clock stands at {time} since the start"));
    }

    fn progress(&self, now: SimTime) -> String {
        match self {
            Move::Advance { began, target } => format!(
                "advancing: {} of {}",
                line::elapsed(now.since(*began)),
                line::elapsed(target.since(*began))
            ),
            Move::Step { count, done, .. } => format!("stepping: {done} of {count}"),
            Move::Settle { began, .. } => format!("settling: {}", line::elapsed(now.since(*began))),
        }
    }
}

impl Session {
    /// How far `advance`, `step` or `settle` is, while one of them runs: [`Session::tick`] carries it on as fast as it
    /// can, whether the clock is paused or not.
    pub fn progress(&self) -> Option<String> {
        match &self.foreground {
            Some(Foreground { what: What::Move(going), .. }) => Some(going.progress(self.now())),
            _ => None,
        }
    }

    /// Lets up to `events` events happen of a move in the foreground.
    pub(super) fn hurry(&mut self, events: usize) {
        if !matches!(&self.foreground, Some(Foreground { what: What::Move(_), .. })) {
            return;
        }
        let Some(mut foreground) = self.foreground.take() else { return };
        let What::Move(going) = &mut foreground.what else { return };
        for _ in 0..events {
            if let Progress::Done(code) = going.look(self) {
                self.timeline.follow(&self.cluster);
                self.exit = code;
                self.after_command();
                return;
            }
            going.step(self);
        }
        self.foreground = Some(foreground);
    }

    /// Makes the whole move that a word asked for, if it asked for one; else `code` is the word's exit code.
    pub(super) fn complete_move(&mut self, code: u8) -> u8 {
        let Some(mut going) = self.moving.take() else { return code };
        loop {
            match going.look(self) {
                Progress::Done(code) => return code,
                Progress::Waiting => going.step(self),
            }
        }
    }

    /// Asks for a move `duration` on.
    pub(super) fn move_on(&mut self, duration: Duration) {
        let began = self.now();
        self.moving = Some(Move::Advance { began, target: began + duration });
    }
}
