//! Opening a saved session: its inputs again, each at its own moment.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::files::ReplayedFiles;
use super::{ClockMode, Effect, Session};
use crate::api::SimTime;
use crate::engine::{InputKind, Journal};
use crate::kubectl::NoFiles;

impl Session {
    /// The session that `journal` tells of, at the moment of its last input.
    ///
    /// It asks once more to keep the files that its lines wrote, for a front end that holds them in memory.
    pub fn from_journal(journal: &Journal) -> Session {
        Session::from_journal_watched(journal, &mut |_, _| {})
    }

    /// [`Session::from_journal`] that tells, before each input, how many were played and where the clock stands.
    pub fn from_journal_watched(journal: &Journal, told: &mut dyn FnMut(usize, SimTime)) -> Session {
        let mut session = Session::new(journal.config.clone());
        let mut kept = BTreeMap::new();
        for (number, input) in journal.inputs.iter().enumerate() {
            told(number, session.now());
            session.go_to(SimTime(input.at), input.steps);
            match &input.what {
                InputKind::Line(line) => {
                    let files = Rc::new(ReplayedFiles::new(line.reads.clone()));
                    session.lend(files.clone());
                    session.submit(&line.text, line.stdin.as_deref(), &*files);
                    // Files were written, and windows closed, when it happened; not again.
                    kept.extend(session.take_effects().into_iter().filter_map(|effect| match effect {
                        Effect::Keep { path, text } => Some((path, text)),
                        _ => None,
                    }));
                }
                InputKind::EndOfInput => session.end_input(),
                InputKind::Interrupt => session.hang_up(),
                InputKind::TerminalInterrupt => session.interrupt(),
                InputKind::Pause(paused) => session.set_clock(ClockMode { paused: *paused, ..session.clock }),
                InputKind::Mark => {}
            }
            // What was printed then was read then.
            session.out.take();
        }
        session.lend(Rc::new(NoFiles));
        session.effects.extend(kept.into_iter().map(|(path, text)| Effect::Keep { path, text }));
        session
    }

    /// Runs exactly as many reconciles as had run when the input came, then moves the clock to its time.
    fn go_to(&mut self, time: SimTime, steps: u64) {
        let files = self.lent.clone();
        while let Some(next) = self.next_moment().filter(|next| *next <= time) {
            let is_event = self.cluster.next_time().is_some_and(|event| event <= next);
            if is_event && self.cluster.engine().steps() >= steps {
                return;
            }
            self.move_to(next);
            self.poll(&*files);
        }
        self.run_to(time);
        self.poll(&*files);
    }
}
