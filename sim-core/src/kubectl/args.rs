//! Flags and arguments, parsed as kubectl's flag library parses them.
//!
//! Models spf13/pflag: long flags with `=` or a following word, shorthands that can be joined (`-it`,
//! `-oyaml`), values for flags given without one, `--` to end flags.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::CliError;
use super::quote;
use crate::api::FeatureGates;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or `=true` and `=false`.
    Bool,
    /// Text.
    Text,
    /// Text, or this when the flag stands alone.
    TextOr(&'static str),
    /// A whole number.
    Int,
    /// A duration, `30s`, `5m`.
    Duration,
    /// Several texts, by repetition or commas.
    List,
    /// Several texts by repetition only, commas being part of the text.
    Array,
}

/// A flag.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name without dashes.
    pub long: &'static str,
    /// Its shorthand.
    pub short: Option<char>,
    /// What it takes.
    pub takes: Takes,
    /// One line for `help` and completion.
    pub help: &'static str,
}

impl Flag {
    /// A flag without shorthand.
    pub const fn new(long: &'static str, takes: Takes, help: &'static str) -> Flag {
        Flag { long, short: None, takes, help }
    }

    /// A flag with a shorthand.
    pub const fn short(long: &'static str, short: char, takes: Takes, help: &'static str) -> Flag {
        Flag { long, short: Some(short), takes, help }
    }
}

/// Flags that every verb has.
pub const GLOBAL_FLAGS: &[Flag] = &[
    Flag::new("as", Takes::Text, "Act as this user or service account: roles say what they may do"),
    Flag::new("as-group", Takes::Array, "Act as a member of this group; may be repeated"),
    Flag::new("as-uid", Takes::Text, "Accepted and ignored: roles do not look at uids"),
    Flag::new("as-user-extra", Takes::Array, "Accepted and ignored: roles do not look at it"),
    Flag::new("cache-dir", Takes::Text, "Accepted and ignored: discovery costs nothing"),
    Flag::new("certificate-authority", Takes::Text, "Accepted and ignored: nothing goes over a wire"),
    Flag::new("client-certificate", Takes::Text, "Accepted and ignored: nothing goes over a wire"),
    Flag::new("client-key", Takes::Text, "Accepted and ignored: nothing goes over a wire"),
    Flag::new("cluster", Takes::Text, "A cluster of the kubeconfig; there is one"),
    Flag::new("context", Takes::Text, "The context of the kubeconfig to use"),
    Flag::new("disable-compression", Takes::Bool, "Accepted and ignored: nothing goes over a wire"),
    Flag::new("insecure-skip-tls-verify", Takes::Bool, "Accepted and ignored: nothing goes over a wire"),
    Flag::new("kubeconfig", Takes::Text, "Accepted and ignored: the kubeconfig is the session's"),
    Flag::new("kuberc", Takes::Text, "Accepted and ignored: there are no preferences"),
    Flag::new("log-flush-frequency", Takes::Duration, "Accepted and ignored: there is no log"),
    Flag::new("match-server-version", Takes::Bool, "Accepted and ignored: the versions go together"),
    Flag::short("namespace", 'n', Takes::Text, "The namespace to work in"),
    Flag::new("password", Takes::Text, "Accepted and ignored: the user may do everything"),
    Flag::new("profile", Takes::Text, "Accepted and ignored: nothing is measured"),
    Flag::new("profile-output", Takes::Text, "Accepted and ignored: nothing is measured"),
    Flag::new("request-timeout", Takes::Text, "Accepted and ignored: requests take no time"),
    Flag::short("server", 's', Takes::Text, "Accepted and ignored: there is one cluster"),
    Flag::new("tls-server-name", Takes::Text, "Accepted and ignored: nothing goes over a wire"),
    Flag::new("token", Takes::Text, "Accepted and ignored: the user may do everything"),
    Flag::new("user", Takes::Text, "A user of the kubeconfig; there is one"),
    Flag::new("username", Takes::Text, "Accepted and ignored: the user may do everything"),
    Flag::new("vmodule", Takes::Text, "Accepted and ignored: there is no log"),
    Flag::short("v", 'v', Takes::Int, "Accepted and ignored: there is no log"),
    Flag::new("warnings-as-errors", Takes::Bool, "Treat warnings as errors"),
    Flag::short("help", 'h', Takes::Bool, "Say how the verb is used"),
];

/// Flags that every verb has which has `--output`.
const TEMPLATE_FLAGS: &[Flag] = &[
    Flag::new("template", Takes::Text, "The template, for go-template, jsonpath and custom-columns"),
    Flag::new("allow-missing-template-keys", Takes::Bool, "Whether a template may name absent keys"),
];

/// Verbs that have `--output`, and print nothing by templates.
const NO_TEMPLATES: &[&str] =
    &["api-resources", "config get-contexts", "delete", "explain", "top node", "top pod", "version"];

/// Verbs for which what follows `--` is a command of its own; for all others it is more arguments.
const COMMANDS_AFTER_DASHES: &[&str] =
    &["create cronjob", "create deployment", "create job", "debug", "exec", "run"];

/// A parsed command line of one verb.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Args {
    /// Arguments; those before `--` alone where a command follows it.
    pub words: Vec<String>,
    /// The command after `--`, when it was there.
    pub after_dashes: Option<Vec<String>>,
    /// What the kubectl that reads the line can do.
    pub gates: FeatureGates,
    values: BTreeMap<&'static str, Vec<String>>,
    command: String,
}

impl Args {
    /// Parses `words` by `flags` and the global flags.
    ///
    /// # Errors
    /// The flag library's complaint, with the verb's usage hint.
    pub fn parse(verb: &str, flags: &[Flag], words: &[String]) -> Result<Args, CliError> {
        let parser = Parser { verb, flags };
        let mut args =
            parser.parse(words).map_err(|message| CliError::Usage { verb: verb.to_owned(), message })?;
        if !COMMANDS_AFTER_DASHES.contains(&verb) {
            args.words.extend(args.after_dashes.take().into_iter().flatten());
        }
        args.command =
            std::iter::once(verb).chain(words.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
        Ok(args)
    }

    /// The command line, verb first: the cause that is kept with every write of the command.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Whether the flag was given at all.
    pub fn has(&self, long: &str) -> bool {
        self.values.contains_key(long)
    }

    /// A Bool flag; false when it was not given.
    pub fn flag(&self, long: &str) -> bool {
        self.text(long) == Some("true")
    }

    /// A flag's last value.
    pub fn text(&self, long: &str) -> Option<&str> {
        self.values.get(long).and_then(|values| values.last()).map(String::as_str)
    }

    /// What `--output` asks for; a template without it is one of Go's.
    pub fn output(&self) -> &str {
        match self.text("output").unwrap_or_default() {
            "" if self.text("template").is_some_and(|template| !template.is_empty()) => "go-template",
            // Those without a template go by any case.
            output => {
                let names = ["json", "kyaml", "name", "yaml"];
                names.into_iter().find(|name| name.eq_ignore_ascii_case(output)).unwrap_or(output)
            }
        }
    }

    /// All values of a List or Array flag.
    pub fn list(&self, long: &str) -> &[String] {
        self.values.get(long).map(Vec::as_slice).unwrap_or_default()
    }

    /// An Int flag's value.
    pub fn int(&self, long: &str) -> Option<i64> {
        self.text(long).and_then(|text| text.parse().ok())
    }

    /// A Duration flag's value; `None` when absent. Negative durations are `None` inside `Some`.
    pub fn duration(&self, long: &str) -> Option<GoDuration> {
        self.text(long).and_then(GoDuration::parse)
    }
}

/// A duration as Go writes it, with its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoDuration {
    /// Whether it is below zero.
    pub negative: bool,
    /// How long.
    pub length: Duration,
}

impl GoDuration {
    /// Reads `1h2m3.5s`, `300ms`, `0`.
    pub fn parse(text: &str) -> Option<GoDuration> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(GoDuration { negative: false, length: Duration::ZERO });
        }
        if rest.is_empty() {
            return None;
        }
        let mut nanos: u128 = 0;
        while !rest.is_empty() {
            let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, tail) = rest.split_at(number_end);
            let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_end);
            nanos = nanos.checked_add(scaled(number, unit_nanos(unit)?)?)?;
            rest = tail;
        }
        Some(GoDuration { negative, length: Duration::from_nanos(u64::try_from(nanos).ok()?) })
    }

    /// What Go says of a text that is no duration.
    ///
    /// Models Go's time.ParseDuration.
    fn complaint(text: &str) -> String {
        let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
        let invalid = format!("time: invalid duration {}", quote(text));
        while !rest.is_empty() {
            let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (digits, tail) = rest.split_at(number);
            if digits.matches('.').count() > 1 || scaled(digits, 1).is_none_or(|nanos| nanos >= 1 << 63) {
                return invalid;
            }
            let (unit, tail) =
                tail.split_at(tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len()));
            if unit.is_empty() {
                return format!("time: missing unit in duration {}", quote(text));
            }
            if unit_nanos(unit).is_none() {
                return format!("time: unknown unit {} in duration {}", quote(unit), quote(text));
            }
            rest = tail;
        }
        invalid
    }
}

fn unit_nanos(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// `number`, which may have a fraction, times `unit`; no floats, so that every platform agrees.
fn scaled(number: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut total = whole.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.chars() {
        place /= 10;
        total += u128::from(digit.to_digit(10)?) * place;
    }
    Some(total)
}

/// Flags that the verb takes beside its own.
pub fn more_flags(verb: &str, flags: &[Flag]) -> impl Iterator<Item = &'static Flag> + use<> {
    let prints = flags.iter().any(|flag| flag.long == "output") && !NO_TEMPLATES.contains(&verb);
    let templates = if prints { TEMPLATE_FLAGS } else { &[] };
    templates.iter().chain(super::verbs::accepted(verb))
}

struct Parser<'a> {
    verb: &'a str,
    flags: &'a [Flag],
}

impl Parser<'_> {
    fn parse(&self, words: &[String]) -> Result<Args, String> {
        let mut args = Args::default();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if word == "--" {
                args.after_dashes = Some(rest.cloned().collect());
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                self.long(long, &mut rest, &mut args)?;
            } else if word.len() > 1 && word.starts_with('-') {
                self.shorts(word, &mut rest, &mut args)?;
            } else {
                args.words.push(word.clone());
            }
        }
        Ok(args)
    }

    fn long<'w>(
        &self,
        word: &str,
        rest: &mut impl Iterator<Item = &'w String>,
        args: &mut Args,
    ) -> Result<(), String> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        if name.is_empty() || name.starts_with('-') {
            return Err(format!("bad flag syntax: --{word}"));
        }
        let flag = self.find(|flag| flag.long == name).ok_or_else(|| format!("unknown flag: --{name}"))?;
        let value = match (value, flag.takes) {
            (Some(value), _) => value,
            (None, Takes::Bool) => "true".to_owned(),
            (None, Takes::TextOr(alone)) => alone.to_owned(),
            (None, _) => rest.next().cloned().ok_or_else(|| format!("flag needs an argument: --{name}"))?,
        };
        let shown = match flag.short {
            Some(letter) => format!("-{letter}, --{name}"),
            None => format!("--{name}"),
        };
        set(args, &flag, &value, &shown)
    }

    fn shorts<'w>(
        &self,
        word: &str,
        rest: &mut impl Iterator<Item = &'w String>,
        args: &mut Args,
    ) -> Result<(), String> {
        let mut letters = &word[1..];
        while let Some(letter) = letters.chars().next() {
            let whole = letters;
            letters = &letters[letter.len_utf8()..];
            let flag = self
                .find(|flag| flag.short == Some(letter))
                .ok_or_else(|| format!("unknown shorthand flag: '{letter}' in -{whole}"))?;
            let shown = format!("-{letter}, --{}", flag.long);
            if let Some(value) = letters.strip_prefix('=').filter(|value| !value.is_empty()) {
                return set(args, &flag, value, &shown);
            }
            match flag.takes {
                Takes::Bool => set(args, &flag, "true", &shown)?,
                Takes::TextOr(alone) => set(args, &flag, alone, &shown)?,
                _ if !letters.is_empty() => return set(args, &flag, letters, &shown),
                _ => {
                    let value = rest
                        .next()
                        .ok_or_else(|| format!("flag needs an argument: '{letter}' in -{whole}"))?;
                    return set(args, &flag, value, &shown);
                }
            }
        }
        Ok(())
    }

    fn find(&self, wanted: impl Fn(&Flag) -> bool) -> Option<Flag> {
        let more = more_flags(self.verb, self.flags);
        self.flags.iter().copied().chain(more.chain(GLOBAL_FLAGS).copied()).find(|flag| wanted(flag))
    }
}

fn set(args: &mut Args, flag: &Flag, value: &str, shown: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("invalid argument \"{value}\" for \"{shown}\" flag: {why}"));
    let values = match flag.takes {
        Takes::Bool => match value {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => vec!["true".to_owned()],
            "0" | "f" | "F" | "false" | "FALSE" | "False" => vec!["false".to_owned()],
            _ => return refuse(&format!("strconv.ParseBool: parsing \"{value}\": invalid syntax")),
        },
        Takes::Int if value.parse::<i64>().is_err() => {
            return refuse(&format!("strconv.ParseInt: parsing \"{value}\": invalid syntax"));
        }
        Takes::Duration if GoDuration::parse(value).is_none() => {
            return refuse(&GoDuration::complaint(value));
        }
        Takes::List if value.is_empty() => Vec::new(),
        Takes::List => value.split(',').map(str::to_owned).collect(),
        _ => vec![value.to_owned()],
    };
    args.values.entry(flag.long).or_default().extend(values);
    Ok(())
}
