//! Signals by name and number, and `kill`, which is a builtin and a tool.

/// SIGHUP, SIGINT, ... by number.
pub(super) const SIGNALS: &[(i32, &str)] = &[
    (1, "HUP"),
    (2, "INT"),
    (3, "QUIT"),
    (6, "ABRT"),
    (9, "KILL"),
    (10, "USR1"),
    (12, "USR2"),
    (13, "PIPE"),
    (14, "ALRM"),
    (15, "TERM"),
    (17, "CHLD"),
    (18, "CONT"),
    (19, "STOP"),
];

/// A signal's number from `TERM`, `SIGTERM`, `15` or `EXIT`.
pub(super) fn number_of(name: &str) -> Option<i32> {
    if let Ok(number) = name.parse::<i32>() {
        return (0..65).contains(&number).then_some(number);
    }
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
    if bare == "EXIT" {
        return Some(0);
    }
    SIGNALS.iter().find(|(_, known)| *known == bare).map(|(number, _)| *number)
}

/// What `kill` came to.
#[derive(Debug, Default)]
pub(super) struct Killed {
    /// What it prints.
    pub out: String,
    /// What it complains of, a line each.
    pub complaints: Vec<String>,
    pub status: i32,
}

/// `kill [-SIGNAL | -s SIGNAL] WHOM...` and `kill -l`. `whom` finds the process that a word means, `send`
/// says whether there was one to signal.
pub(super) fn kill(
    words: &[String],
    whom: impl Fn(&str) -> Option<u32>,
    mut send: impl FnMut(u32, i32) -> bool,
) -> Killed {
    let mut killed = Killed::default();
    let fail = |why: String| Killed { complaints: vec![why], status: 1, ..Killed::default() };
    let mut signal = 15;
    let mut operands = words.iter().peekable();
    if let Some(first) = operands.next_if(|word| word.starts_with('-')) {
        if first == "-l" {
            let names: Vec<String> =
                SIGNALS.iter().map(|(number, name)| format!("{number:2}) {name}")).collect();
            killed.out = format!("{}\n", names.join("\n"));
            return killed;
        }
        let name = if first == "-s" { operands.next().cloned() } else { Some(first[1..].to_owned()) };
        let name = name.unwrap_or_default();
        match number_of(&name) {
            Some(number) => signal = number,
            None => return fail(format!("bad signal name '{name}'")),
        }
    }
    if operands.peek().is_none() {
        return fail("you need to specify whom to kill".to_owned());
    }
    for operand in operands {
        let complaint = match whom(operand) {
            None => format!("invalid number '{operand}'"),
            Some(target) if send(target, signal) => continue,
            Some(target) => format!("can't kill pid {target}: No such process"),
        };
        killed.complaints.push(complaint);
        killed.status = 1;
    }
    killed
}
