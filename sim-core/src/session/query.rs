//! Looking without leaving a trace: what an inspector beside the prompt needs.

use std::rc::Rc;
use std::time::Duration;

use super::files::RecordingFiles;
use super::{Session, Status, moves};
use crate::engine::Journal;
use crate::kubectl::{Chunk, NoFiles, Output};
use crate::view::Timeline;

/// How much virtual time a command gets that does not answer at once.
const QUERY_LIMIT: Duration = Duration::from_secs(30);

impl Session {
    /// Runs a line on a copy of the session and returns what it printed.
    ///
    /// Neither the cluster nor the journal nor the command in the foreground changes, whatever the line says;
    /// a command that waits is given up after some seconds of the copy's time.
    pub fn query(&self, text: &str) -> Vec<Chunk> {
        let mut copy = Session {
            cluster: self.cluster.clone(),
            journal: Journal::new(self.journal.config.clone()),
            namespace: self.namespace.clone(),
            foreground: None,
            background: Vec::new(),
            out: Output::default(),
            exit: 0,
            clock: self.clock,
            tunnels: self.tunnels.clone(),
            workstation: self.workstation.clone(),
            effects: Vec::new(),
            timeline: Timeline::new(&self.cluster),
            is_new: false,
            lent: Rc::new(NoFiles),
            shell: self.shell.clone(),
            folders: self.folders.clone(),
            terminal: None,
            moving: None,
            has_screen: false,
        };
        let end = copy.now() + QUERY_LIMIT;
        copy.execute(text, None, &RecordingFiles::new(&NoFiles));
        copy.hurry(moves::AT_ONCE);
        copy.poll(&NoFiles);
        while copy.status() == Status::Running && copy.next_moment().is_some_and(|next| next <= end) {
            copy.step();
        }
        copy.take_output()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &str = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: nginx, image: 'nginx:1.27'}]
";

    fn printed(chunks: &[Chunk]) -> String {
        chunks.iter().map(|chunk| chunk.text.as_str()).collect()
    }

    #[test]
    fn a_query_answers_as_the_line_would_and_leaves_no_trace() {
        let mut session = Session::instant();
        session.apply(SET).expect("applied");
        session.kubectl("settle").expect("settled");
        let before = (session.cluster().history_hash(), session.save(), session.now(), session.prompt());

        let answers = [
            ("get pods", "web-0   1/1"),
            ("delete pod web-0", "pod \"web-0\" deleted"),
            ("apply -f none.yaml", "the path \"none.yaml\" does not exist"),
            ("scale sts/web --replicas=3", "scaled"),
            ("advance 1h", ""),
            ("reset", ""),
        ];
        for (line, sign) in answers {
            let text = printed(&session.query(line));
            assert!(text.contains(sign), "{line}: {text}");
        }
        // A watch never ends by itself, so its time is limited.
        assert!(printed(&session.query("get pods -w")).contains("web-0"));

        let after = (session.cluster().history_hash(), session.save(), session.now(), session.prompt());
        assert_eq!(after, before);
        assert_eq!(printed(&session.query("get pods")), session.kubectl("get pods").expect("listed"));
    }

    #[test]
    fn a_query_does_not_disturb_the_command_in_the_foreground() {
        let mut session = Session::instant();
        session.apply(SET).expect("applied");
        session.submit("get pods -w", None, &NoFiles);
        session.take_output();
        let text = printed(&session.query("get sts web -o jsonpath={.spec.replicas}"));
        assert_eq!(text, "1");
        assert_eq!(session.status(), Status::Running);
        assert!(session.take_output().is_empty(), "the watch goes on as if nothing was asked");
    }
}
