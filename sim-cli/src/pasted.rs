//! Lines that came at once, and are taken one command after the other.

use std::collections::VecDeque;

use sim_core::session::{commands, is_incomplete};

/// What was pasted and not yet taken.
#[derive(Debug, Default)]
pub struct Pasted {
    lines: VecDeque<String>,
}

impl Pasted {
    /// Takes `text` in place of what was left. At a program's own prompt each of its lines is one; at the prompt it
    /// stays whole when it is one command, which is given back.
    pub fn take_over(&mut self, text: String, is_at_program: bool) -> Option<String> {
        let is_one = if is_at_program { !text.contains('\n') } else { commands(&text).len() < 2 };
        if is_one {
            return Some(text);
        }
        self.lines = text.lines().map(str::to_owned).collect();
        None
    }

    /// What is typed next: a line for a program, or a whole command.
    pub fn next(&mut self, is_at_program: bool) -> Option<String> {
        if is_at_program {
            return self.lines.pop_front();
        }
        let mut command = String::new();
        while let Some(line) = self.lines.pop_front() {
            if command.is_empty() && commands(&line).is_empty() {
                continue;
            }
            command.push_str(&line);
            if !is_incomplete(&command) {
                break;
            }
            command.push('\n');
        }
        (!command.is_empty()).then_some(command)
    }

    /// Forgets the rest.
    pub fn clear(&mut self) {
        self.lines.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> Vec<String> {
        let mut pasted = Pasted::default();
        if let Some(one) = pasted.take_over(text.to_owned(), false) {
            return vec![one];
        }
        std::iter::from_fn(|| pasted.next(false)).collect()
    }

    #[test]
    fn each_line_is_a_command_unless_it_goes_on() {
        let text = "kubectl delete pod web-0\n\n# and then\nkubectl get pods\n";
        assert_eq!(taken(text), ["kubectl delete pod web-0", "kubectl get pods"]);
        let text = "kubectl apply -f - <<EOF\nkind: Pod\n\n# a\nEOF\nget pods \\\n -o name\nfor i in 1; do\necho\ndone";
        assert_eq!(
            taken(text),
            [
                "kubectl apply -f - <<EOF\nkind: Pod\n\n# a\nEOF",
                "get pods \\\n -o name",
                "for i in 1; do\necho\ndone"
            ]
        );
        assert_eq!(taken("patch sts web -p '{\n}'\n"), ["patch sts web -p '{\n}'\n"]);
    }

    #[test]
    fn a_program_takes_the_lines_that_follow_the_command_that_opens_it() {
        let mut pasted = Pasted::default();
        let text = "kubectl exec -it web-0 -- sh\necho 'a\nexit\nget pods\n";
        assert_eq!(pasted.take_over(text.to_owned(), false), None);
        assert_eq!(pasted.next(false).as_deref(), Some("kubectl exec -it web-0 -- sh"));
        assert_eq!(pasted.next(true).as_deref(), Some("echo 'a"));
        assert_eq!(pasted.next(true).as_deref(), Some("exit"));
        assert_eq!(pasted.next(false).as_deref(), Some("get pods"));
        assert_eq!(pasted.next(false), None);
    }
}
