//! `help`: a screen of what can be typed, and a page for each topic.

use super::Session;
use super::words::{WORDS, refuse};
use crate::api::differences;
use crate::kubectl::Files;
use crate::kubectl::verbs;

/// Pages that are about no single word.
static TOPICS: &[(&str, &str)] = &[
    (
        "time",
        "The clock is yours. In a terminal it runs live; in scripts it moves only when
told or when a command waits.

  clock          the virtual time, and what is next
  advance 30s    move on by 30 seconds; everything due by then happens
  step [N]       let the next thing happen and say what it was
  settle         run until only repeating timers (probes, back-offs) are left
  pause, resume  stop and start the live clock
  speed 10x      ten virtual seconds each second

Commands that wait (delete, wait, rollout status, get -w, exec sleep) let the
clock run until they are done. Ctrl-C ends the command, never the cluster; it
stops advance, step and settle where they are, and in the shell of exec -it it
is for the program there. While the clock is paused, a command that waits moves
it as far as it needs and says so, and one that follows (get -w, logs -f) ends.",
    ),
    (
        "lab",
        "The lab, in its own order. Its manifests are at hand: ls lists them, cat FILE
shows one.

  kubectl apply -f lab14/
  kubectl get po,sts,svc,pvc
  minikube service python-app --url   (then curl that address, / or /visits)
  kubectl exec python-app-0 -- cat /config/visits.txt
  kubectl exec python-app-1 -- cat /config/visits.txt
  kubectl delete pod python-app-0
  kubectl get pvc
  kubectl exec python-app-0 -- cat config/visits.txt
  kubectl exec python-app-0 -- nslookup python-app-1.python-app
  fault probe python-app-0 readiness fail
  kubectl apply -f lab14/parallel/

reset starts again.",
    ),
    (
        "shell",
        "A line may be a shell's: |, &&, ||, ;, >, $(...), variables, loops.

  kubectl get pods | grep Running | wc -l
  kubectl get sts python-app -o yaml > backup.yaml
  IP=$(kubectl get pod python-app-0 -o jsonpath='{.status.podIP}'); echo $IP
  for i in 1 2 3; do kubectl exec python-app-0 -- curl -s localhost:5000/; done
  kubectl get pods -o name | xargs kubectl delete
  while kubectl get pod web-0; do sleep 1; done

The tools are Debian's: grep, sed, awk, head, sort, wc, tee, xargs, seq, sleep
and more. Variables and functions stay from line to line; the folder is always
the same. kubectl's verbs need no leading word there either, but for those that
are a shell's own words: cat, cp, diff, exec, exit, kill PID, set and wait; say
kubectl exec. load, reset and save stand alone on their line. Ctrl-C ends all of
the line.",
    ),
    (
        "session",
        "A session is the seed, the timing profile and what was typed. The same session
gives the same history.

  save FILE   write it
  load FILE   open it at its last moment
  reset       start again with a new cluster
  hash        the digest of all that happened",
    ),
];

/// Our words as the screen lists them, those that belong together on one line.
static OVERVIEW: &[(&str, &str)] = &[
    ("clock, timeline, graph", "Show the time; what happened; what caused it"),
    ("pause, resume, speed 10x", "Stop the clock, restart it, set its pace"),
    ("advance 30s", "Move the clock on"),
    ("step [N]", "Let the next thing happen, and say what it was"),
    ("settle", "Run until only repeating timers are left"),
    ("fault WHAT ...", "Break something: see help fault"),
    ("curl URL, jobs, kill %1", "Send a request; port-forward X & stays open"),
    ("minikube service NAME [--url]", "Open a service from your machine"),
    ("ls, cat FILE", "List and show the manifests at hand"),
    ("save FILE, load FILE, reset", "Keep a session, open it again, start anew"),
    ("hash", "Print the digest of all that happened"),
    ("help [TOPIC], quit", "Say more; leave"),
];

/// What `help` has a page about besides words and verbs.
pub(super) fn topics() -> Vec<&'static str> {
    TOPICS.iter().map(|(name, _)| *name).chain(["versions"]).collect()
}

/// The screen that `help` prints: at most 24 lines of 80 columns.
pub fn overview() -> String {
    let mut text =
        String::from("kubectl, with or without the leading word; for pipes and loops see help shell:\n");
    let mut names: Vec<&str> = Vec::new();
    for verb in verbs::VERBS {
        let first = verb.name.split(' ').next().unwrap_or_default();
        if !names.contains(&first) {
            names.push(first);
        }
    }
    text.push_str(&wrapped(&names));
    text.push_str("\nThe clock, faults and sessions:\n");
    for (usage, about) in OVERVIEW {
        text.push_str(&format!("  {usage:<30} {about}\n"));
    }
    let topics: Vec<&str> = TOPICS.iter().map(|(name, _)| *name).collect();
    text.push_str(&format!("\nhelp TOPIC tells of any word, and of: {}, versions, fault", topics.join(", ")));
    text
}

fn wrapped(names: &[&str]) -> String {
    let mut text = String::new();
    let mut line = String::from(" ");
    for name in names {
        if line.len() + 1 + name.len() > 78 {
            text.push_str(&line);
            text.push('\n');
            line = String::from(" ");
        }
        line.push(' ');
        line.push_str(name);
    }
    text + &line + "\n"
}

/// The page about `topic`.
pub(super) fn page(topic: &str) -> Option<String> {
    if let Some((_, text)) = TOPICS.iter().find(|(name, _)| *name == topic) {
        return Some((*text).to_owned());
    }
    if topic == "versions" {
        return Some(differences::text());
    }
    if topic == "fault" {
        return Some(super::faults::usage());
    }
    if let Some(word) = WORDS.iter().find(|word| word.name == topic) {
        return Some(format!("{}\n\nUsage:\n  {}", word.about, word.usage));
    }
    if let Some(verb) = verbs::VERBS.iter().find(|verb| verb.name == topic) {
        return Some(verbs::help::of_verb(verb));
    }
    let below: Vec<String> = verbs::VERBS
        .iter()
        .filter(|verb| verb.name.split(' ').next() == Some(topic))
        .map(|verb| format!("  {:<22} {}", verb.name, verb.about))
        .collect();
    (!below.is_empty()).then(|| below.join("\n"))
}

/// Runs `help`.
pub(super) fn run(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    if words.is_empty() {
        session.out.line(overview());
        return 0;
    }
    let topic = words.join(" ");
    match page(&topic) {
        Some(text) => {
            session.out.line(text);
            0
        }
        None => refuse(session, &format!("no help on \"{topic}\"; help alone lists what there is")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_fit_a_screen_and_the_overview_names_every_word() {
        let text = overview();
        assert!(text.lines().count() <= 22, "{} lines", text.lines().count());
        for line in text.lines() {
            assert!(line.len() <= 80, "too long: {line}");
        }
        let topics = TOPICS.iter().map(|(name, _)| *name).chain(["versions", "fault"]);
        for topic in topics.chain(WORDS.iter().map(|word| word.name)) {
            let page = page(topic).expect("help lists it");
            assert!(page.lines().all(|line| line.chars().count() <= 80), "{topic} is too wide:\n{page}");
            assert!(topic == "versions" || page.lines().count() < 24, "{topic} is too long:\n{page}");
        }
        for word in WORDS.iter().filter(|word| word.name != "exit") {
            assert!(text.contains(word.name), "{} is missing", word.name);
        }
    }
}
