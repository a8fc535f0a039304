//! Telling the lines that are written for a shell from plain commands.

use super::host;
use crate::kubectl::verbs;
use crate::runtime::shell::{is_command, is_unfinished};
use crate::session::words::WORDS;

/// Words that begin something larger than a command.
const KEYWORDS: &[&str] = &["for", "while", "until", "if", "case", "{", "(", "!", "function", "time", "[["];

/// Whether `line`, which may have a prompt before it, is more than one plain command.
///
/// Quotes hide operators, and so does a filter of JSONPath (`[?(@.a>1)]`); double quotes do not hide `$NAME`, unless
/// they hold a Go template. A here-document alone asks for no shell unless it has something to expand, nor do patterns
/// and `&` at the end.
pub(in crate::session) fn is_for_shell(line: &str) -> bool {
    let line = without_prompt(line);
    let mut scan = Scan::new(line);
    let has_operator = scan.by_ref().any(|found| found.asks());
    has_operator || begins_for_shell(line, scan.here) || scan.here && has_open_document(line)
}

/// Whether a here-document follows the first line that the shell expands: its marker has no quotes, and its text has
/// something that quotes would keep.
fn has_open_document(line: &str) -> bool {
    let Some((first, text)) = line.split_once('\n') else { return false };
    let Some((_, marker)) = first.split_once("<<") else { return false };
    let marker = marker.trim_start_matches('-').trim_start();
    let marker = marker.split_whitespace().next().unwrap_or_default();
    !marker.contains(['\'', '"', '\\']) && text.contains(['$', '`', '\\'])
}

/// Where in `line` the `<<` of a here-document stands.
pub(in crate::session) fn here_document(line: &str) -> Option<usize> {
    let mut scan = Scan::new(line);
    while !scan.here && scan.next().is_some() {}
    scan.here.then_some(scan.here_at)
}

/// Whether `text` needs further lines to be a shell's.
pub(in crate::session) fn needs_more(text: &str) -> bool {
    is_for_shell(text) && is_unfinished(without_prompt(text))
}

/// Where the command under the end of `line` begins: behind the last operator.
pub(in crate::session) fn last_command(line: &str) -> usize {
    let mut start = 0;
    for found in Scan::new(line) {
        if let Found::Operator { end, .. } = found {
            start = end;
        }
    }
    // `for x in ...; do CURSOR`
    start + skip_keywords(&line[start..])
}

/// The line with the names that `alias` gave replaced by what they stand for.
pub(in crate::session) fn with_aliases<'a>(line: &str, alias: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut starts = vec![line.len() - without_prompt(line).len()];
    starts.extend(Scan::new(line).filter_map(|found| match found {
        Found::Operator { end, .. } => Some(end),
        Found::Other => None,
    }));
    let (mut text, mut done) = (String::new(), 0);
    for start in starts {
        let begin = start + skip_keywords(&line[start..]);
        let word =
            line[begin..].split([' ', '\t', '\n', ';', '|', '&', ')', '<', '>']).next().unwrap_or_default();
        let Some(mut value) = alias(word).filter(|_| begin >= done).map(str::to_owned) else { continue };
        // What it stands for may be another one, but not itself.
        let mut known = vec![word.to_owned()];
        loop {
            let first = value.split_whitespace().next().unwrap_or_default().to_owned();
            let Some(next) = alias(&first).filter(|_| !known.contains(&first)) else { break };
            value.replace_range(..first.len(), next);
            known.push(first);
        }
        text.push_str(&line[done..begin]);
        text.push_str(&value);
        done = begin + word.len();
    }
    text.push_str(&line[done..]);
    text
}

/// The length of the blanks and of the words before a command: `do`, `then`, `if`.
fn skip_keywords(text: &str) -> usize {
    let mut start = 0;
    loop {
        let rest = text[start..].trim_start();
        let blank = text.len() - start - rest.len();
        let word = rest.split(' ').next().unwrap_or_default();
        let opens = ["do", "then", "else", "if", "while", "until", "elif", "!", "{", "time"].contains(&word);
        if !opens || rest.len() == word.len() {
            return start + blank;
        }
        start += blank + word.len();
    }
}

/// Whether all of the line is to run in the background.
pub(super) fn ends_in_background(text: &str) -> bool {
    let text = text.trim_end();
    text.ends_with('&') && !text.ends_with("&&") && !text.ends_with("\\&")
}

/// A line that runs in the background without the redirections that keep it silent, when it has any and they are
/// all that a shell is needed for: `kubectl port-forward svc/web 8080:80 >/dev/null 2>&1 &`.
pub(in crate::session) fn quiet_background(text: &str) -> Option<String> {
    if !text.contains("/dev/null") || !ends_in_background(text) {
        return None;
    }
    let mut words: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        match word {
            "2>&1" | ">/dev/null" | "1>/dev/null" | "2>/dev/null" | "&>/dev/null" => {}
            "/dev/null" if words.last().is_some_and(|last| matches!(*last, ">" | "1>" | "2>" | "&>")) => {
                words.pop();
            }
            word => words.push(word),
        }
    }
    Some(words.join(" ")).filter(|line| !is_for_shell(line))
}

/// The line without the `$ ` or the prompt of ours that people copy along.
pub(in crate::session) fn without_prompt(text: &str) -> &str {
    let text = text.trim_start();
    text.strip_prefix("$ ").or_else(|| without_own_prompt(text)).unwrap_or(text)
}

/// What follows `1m20s default> `.
fn without_own_prompt(text: &str) -> Option<&str> {
    let (time, rest) = text.split_once(' ')?;
    let (namespace, line) = rest.split_once("> ")?;
    let is_time = time.ends_with('s')
        && time.starts_with(|c: char| c.is_ascii_digit())
        && time.chars().all(|c| c.is_ascii_digit() || "hms".contains(c));
    let is_name = !namespace.is_empty() && namespace.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (is_time && is_name).then_some(line)
}

fn begins_for_shell(line: &str, here: bool) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    if KEYWORDS.contains(&first) || first.starts_with('(') || is_assignment(first) {
        return true;
    }
    // `NAME() {` begins a function.
    let name = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(line.len());
    if name > 0 && line[name..].trim_start().starts_with("()") {
        return true;
    }
    // `cat <<EOF` shows the document.
    if first == "cat" && here {
        return true;
    }
    // kubectl's `set` has a sub-command, the shell's has options.
    if first == "set" && line.split_whitespace().nth(1).is_some_and(is_shell_option) {
        return true;
    }
    if first.starts_with("./") || first.starts_with("../") || names_pattern(line) {
        return true;
    }
    let is_ours = matches!(first, "kubectl" | "k") || WORDS.iter().any(|word| word.name == first);
    !is_ours && !is_verb(first) && is_command(first, host::PACKAGES)
}

/// Whether the files that a command reads are given as a pattern, which is the shell's to expand: `-f *.yaml`.
fn names_pattern(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().take_while(|word| *word != "--").collect();
    words.windows(2).any(|pair| {
        matches!(pair[0], "-f" | "--filename")
            && pair[1].contains(['*', '?'])
            && !pair[1].contains(['\'', '"', '\\'])
    })
}

/// Whether `set` of a shell knows the word: `-e`, `-euo`, `+x`.
fn is_shell_option(word: &str) -> bool {
    word.strip_prefix(['-', '+'])
        .is_some_and(|letters| !letters.is_empty() && letters.chars().all(|c| "euxo".contains(c)))
}

/// Whether kubectl has a verb of that name.
pub(super) fn is_verb(word: &str) -> bool {
    verbs::VERBS.iter().any(|verb| verb.name.split(' ').next() == Some(word))
}

fn is_assignment(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else { return false };
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether `{`, before `rest`, begins what a shell makes several words of: `{0..2}`, `{a,b}`. JSONPath is none.
fn is_brace_expansion(rest: &str) -> bool {
    let Some(inside) = rest.split_once('}').map(|(inside, _)| inside) else { return false };
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_-,".contains(c));
    match inside.split_once("..") {
        Some((first, last)) => !first.is_empty() && !last.is_empty() && is_plain(first) && is_plain(last),
        None => inside.contains(',') && is_plain(inside),
    }
}

/// Something of a shell's that stands outside of quotes.
enum Found {
    /// A new command may begin at `end`; `&` at the very end of the line asks for no shell.
    Operator { end: usize, asks: bool },
    /// A variable, or a redirection.
    Other,
}

impl Found {
    fn asks(&self) -> bool {
        match self {
            Found::Operator { asks, .. } => *asks,
            Found::Other => true,
        }
    }
}

/// Reads a line from left to right.
struct Scan<'a> {
    line: &'a str,
    at: usize,
    quote: Option<char>,
    /// In double quotes that hold `{{`.
    in_template: bool,
    /// In `[?(` of JSONPath.
    in_filter: bool,
    /// A here-document follows: the line ends with the first of its lines.
    here: bool,
    /// Where it is announced.
    here_at: usize,
    /// The next character begins a word.
    at_start: bool,
}

impl<'a> Scan<'a> {
    fn new(line: &'a str) -> Scan<'a> {
        Scan {
            line,
            at: 0,
            quote: None,
            in_template: false,
            in_filter: false,
            here: false,
            here_at: 0,
            at_start: true,
        }
    }

    /// What begins with `c`, of which `rest` is what follows, outside of quotes.
    fn bare(&mut self, c: char, rest: &str) -> Option<Found> {
        let operator = |length: usize, asks: bool| Found::Operator { end: self.at + length, asks };
        let found = match c {
            '|' if rest.starts_with('|') => operator(1, true),
            '|' | ';' => operator(0, true),
            // `<<< WORDS` is for a shell that knows it; a here-document is not.
            '<' if rest.starts_with("<<") => operator(2, true),
            '<' if rest.starts_with('<') => {
                (self.here, self.here_at) = (true, self.at - 1);
                self.at += 1 + usize::from(rest.starts_with("<-"));
                return None;
            }
            '>' | '<' => {
                if rest.starts_with('&') {
                    self.at += 1;
                }
                Found::Other
            }
            '&' if rest.starts_with('&') => operator(1, true),
            '&' if rest.starts_with('>') => {
                self.at += 1;
                Found::Other
            }
            // `&` within a word is a part of an address.
            '&' if self.at_start || rest.starts_with([' ', '\t', '\n']) => {
                operator(0, !rest.trim().is_empty())
            }
            '(' if self.at_start => operator(0, false),
            '{' if is_brace_expansion(rest) => Found::Other,
            _ => return None,
        };
        if let Found::Operator { end, .. } = &found {
            self.at = *end;
        }
        Some(found)
    }

    /// `$(`, `$NAME`, a backquote: outside of quotes and in double quotes.
    fn expansion(&mut self, c: char, rest: &str) -> Option<Found> {
        if self.in_template {
            return None;
        }
        match c {
            '$' if rest.starts_with('(') => {
                self.at += 1;
                // The commands inside are read as if there were no quotes around them.
                self.quote = None;
                Some(Found::Operator { end: self.at, asks: true })
            }
            '`' => Some(Found::Operator { end: self.at, asks: true }),
            '$' if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "_{?#@*!$".contains(c)) => {
                Some(Found::Other)
            }
            _ => None,
        }
    }
}

impl Iterator for Scan<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let c = self.line[self.at..].chars().next()?;
            let here = self.at;
            self.at += c.len_utf8();
            let rest = &self.line[self.at..];
            let was_start = self.at_start;
            let mut found = None;
            match (self.quote, c) {
                (Some('\''), '\'') => self.quote = None,
                (Some('\''), _) => {}
                (_, '\\') => self.at += rest.chars().next().map_or(0, char::len_utf8),
                (Some(_), '"') => (self.quote, self.in_template) = (None, false),
                (Some(_), '{') if rest.starts_with('{') => self.in_template = true,
                (_, '$' | '`') => found = self.expansion(c, rest),
                (Some(_), _) => {}
                (None, '\'' | '"') => self.quote = Some(c),
                (None, '#') if was_start => self.at += rest.find('\n').unwrap_or(rest.len()),
                (None, '\n') if self.here => {
                    self.at = self.line.len();
                    return None;
                }
                // Several commands, one a line.
                (None, '\n') if !rest.trim().is_empty() => {
                    self.in_filter = false;
                    found = Some(Found::Operator { end: self.at, asks: true });
                }
                (None, '[') if rest.starts_with("?(") => self.in_filter = true,
                (None, ')') => self.in_filter = false,
                (None, _) if self.in_filter => self.in_filter = !c.is_whitespace(),
                (None, _) => found = self.bare(c, rest),
            }
            let ended = self.line[here..self.at].ends_with(char::is_whitespace);
            self.at_start = self.quote.is_none() && (ended || matches!(found, Some(Found::Operator { .. })));
            if found.is_some() {
                return found;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_is_asked_for_by_its_operators() {
        for line in [
            "get pods | wc -l",
            "get pods|wc -l",
            "get sts web -o yaml > x.yaml",
            "get pods 2>/dev/null || echo none",
            "get pod web-0 -o jsonpath='{.status.podIP}'; echo",
            "delete pod $(kubectl get pods -o name | head -1)",
            "delete pod `kubectl get pods -o name`",
            "exec web-0 -- curl \"$IP\"",
            "exec web-0 -- curl $IP:5000/",
            "IP=1",
            "for i in 1 2; do echo; done",
            "while true",
            "{ get pods",
            "(get pods)",
            "! get pods",
            "sleep 3 & get pods",
            "get pods &> x",
            "$ get pods | wc",
            "echo hello",
            "f() {",
            "set -eu",
            "./deploy.sh",
            "sleep 3",
            "export A=1",
            "cat <<EOF\na\nEOF",
            "delete pod web-{0..2}",
            "get pod web-{0,1}",
            "time kubectl get pods",
            "[[ a == a ]]",
            "diff <(get pods) x",
            "cat <<EOF | kubectl apply -f -\nkind: Pod\nEOF",
            "kubectl apply -f - <<EOF\nname: $NAME\nEOF",
            "get ns\nget nodes",
            "apply -f *.yaml",
        ] {
            assert!(is_for_shell(line), "{line}");
        }
    }

    #[test]
    fn plain_commands_stay_plain() {
        for line in [
            "get pods",
            "0s default> kubectl get pods",
            "1h02m03s kube-system> get pods",
            "get pods -o jsonpath={.items[*].metadata.name}",
            "get nodes -o jsonpath={.items[0].status.conditions[?(@.type==\"Ready\")].status}",
            "get pods -o jsonpath={.items[?(@.spec.x>1)]}",
            "get pods -l 'app in (a,b)'",
            "get pods -l app!=web",
            "get pods -o custom-columns=NAME:.metadata.name",
            "get pods -o go-template='{{range $i, $p := .items}}{{$i}}|{{end}}'",
            "get pods -o go-template=\"{{range $i, $p := .items}}{{$i}}{{end}}\"",
            "exec web-0 -- sh -c 'echo $HOME; ls | wc > x'",
            "port-forward svc/web 8080:80 &",
            "curl http://localhost:8080/?a=1&b=2",
            "get pods \\\n  -o name\n",
            "patch sts web -p '{\n}'",
            "apply -f - <<EOF\nkind: Pod\na: x | > ;\nEOF",
            "apply -f - <<'EOF'\nkind: Pod\na: $x | > ;\nEOF",
            "get pods # | wc",
            "cat web.yaml",
            "ls",
            "wait --for=condition=Ready pod/web-0",
            "set image sts/web nginx=nginx:1.27",
            "exec web-0 -- ls",
            "kill %1",
            "patch sts web -p '{\"spec\":{\"replicas\":2}}'",
            "minikube service web --url",
            "frobnicate",
            "",
        ] {
            assert!(!is_for_shell(line), "{line}");
        }
    }

    #[test]
    fn the_command_under_the_cursor_begins_behind_the_last_operator() {
        for (line, command) in [
            ("get po", "get po"),
            ("get pods | grep x && kubectl ge", "kubectl ge"),
            ("echo $(kubectl get po", "kubectl get po"),
            ("echo \"$(kubectl get po", "kubectl get po"),
            ("for i in 1 2; do kubectl ex", "kubectl ex"),
            ("get pods -o 'a|b' -n de", "get pods -o 'a|b' -n de"),
            ("get pods 2>&1 | ", ""),
            ("while kubectl get", "kubectl get"),
        ] {
            assert_eq!(&line[last_command(line)..], command, "{line}");
        }
    }
}
