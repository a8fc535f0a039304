//! Opening a saved session: its inputs again, each at its own moment.

use super::Session;
use super::files::ReplayedFiles;
use crate::api::SimTime;
use crate::engine::{InputKind, Journal};

impl Session {
    /// The session that `journal` tells of, at the moment of its last input.
    pub fn from_journal(journal: &Journal) -> Session {
        Session::from_journal_watched(journal, &mut |_, _| {})
    }

    /// [`Session::from_journal`] that tells, before each input, how many were played and where the clock stands.
    pub fn from_journal_watched(journal: &Journal, told: &mut dyn FnMut(usize, SimTime)) -> Session {
        let mut session = Session::new(journal.config.clone());
        for (number, input) in journal.inputs.iter().enumerate() {
            told(number, session.now());
            session.go_to(SimTime(input.at), input.steps);
            match &input.what {
                InputKind::Line(line) => {
                    session.submit(&line.text, line.stdin.as_deref(), &ReplayedFiles(&line.reads));
                    // Files were written, and windows closed, when it happened; not again.
                    session.take_effects();
                }
                InputKind::EndOfInput => session.end_input(),
                InputKind::Interrupt => session.interrupt(),
                InputKind::Pause(paused) => session.clock.paused = *paused,
                InputKind::Mark => {}
            }
            // What was printed then was read then.
            session.out.take();
        }
        session
    }

    /// Runs exactly as many reconciles as had run when the input came, then moves the clock to its time.
    fn go_to(&mut self, time: SimTime, steps: u64) {
        while let Some(next) = self.next_moment().filter(|next| *next <= time) {
            let is_event = self.cluster.next_time().is_some_and(|event| event <= next);
            if is_event && self.cluster.engine().steps() >= steps {
                return;
            }
            self.move_to(next);
            self.poll();
        }
        self.run_to(time);
        self.poll();
    }
}
