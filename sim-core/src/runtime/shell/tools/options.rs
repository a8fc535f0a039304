//! Option letters, as getopt reads them.

use super::io::Io;

/// What people write out of the GNU tools' long options: tools, name, letter. Those without a letter change nothing
/// here.
const LONG: &[(&str, &str, &str)] = &[
    ("base64", "decode", "d"),
    ("base64", "wrap", "w"),
    ("cut", "delimiter", "d"),
    ("cut", "fields", "f"),
    ("cut", "characters", "c"),
    ("grep egrep fgrep", "after-context", "A"),
    ("grep egrep fgrep", "before-context", "B"),
    ("grep egrep fgrep", "color", ""),
    ("grep egrep fgrep", "colour", ""),
    ("grep egrep fgrep", "context", "C"),
    ("grep egrep fgrep", "count", "c"),
    ("grep egrep fgrep", "extended-regexp", "E"),
    ("grep egrep fgrep", "fixed-strings", "F"),
    ("grep egrep fgrep", "ignore-case", "i"),
    ("grep egrep fgrep", "invert-match", "v"),
    ("grep egrep fgrep", "line-buffered", ""),
    ("grep egrep fgrep", "line-number", "n"),
    ("grep egrep fgrep", "max-count", "m"),
    ("grep egrep fgrep", "only-matching", "o"),
    ("grep egrep fgrep", "quiet", "q"),
    ("grep egrep fgrep", "regexp", "e"),
    ("grep egrep fgrep", "silent", "q"),
    ("grep egrep fgrep", "word-regexp", "w"),
    ("sed", "expression", "e"),
    ("sed", "in-place", "i"),
    ("sed", "quiet", "n"),
    ("sed", "regexp-extended", "E"),
    ("sed", "silent", "n"),
    ("sort", "field-separator", "t"),
    ("sort", "human-numeric-sort", "h"),
    ("sort", "key", "k"),
    ("sort", "numeric-sort", "n"),
    ("sort", "reverse", "r"),
    ("sort", "unique", "u"),
    ("sort", "version-sort", "V"),
    ("tee", "append", "a"),
    ("tr", "delete", "d"),
    ("tr", "squeeze-repeats", "s"),
    ("uniq", "count", "c"),
    ("uniq", "repeated", "d"),
    ("uniq", "unique", "u"),
    ("wc", "bytes", "c"),
    ("wc", "lines", "l"),
    ("wc", "words", "w"),
];

/// The arguments with long options in their short form.
fn with_letters(tool: &str, arguments: &[String]) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = arguments.iter();
    for argument in rest.by_ref() {
        let (name, value) =
            argument.split_once('=').map_or((argument.as_str(), ""), |(name, value)| (name, value));
        let of_tool = |entry: &&(&str, &str, &str)| {
            name.strip_prefix("--") == Some(entry.1) && entry.0.split(' ').any(|known| known == tool)
        };
        match LONG.iter().find(of_tool) {
            Some((_, _, "")) => {}
            Some((_, _, letter)) => words.push(format!("-{letter}{value}")),
            None => words.push(argument.clone()),
        }
        if argument == "--" {
            break;
        }
    }
    words.extend(rest.cloned());
    words
}

/// Options and operands of a command line.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    found: Vec<(char, String)>,
    /// What is no option.
    pub operands: Vec<String>,
}

impl Options {
    /// Reads a tool's arguments. `spec` lists the letters; a colon behind one says that it has a value.
    ///
    /// # Errors
    /// The exit code, after the message was printed.
    pub fn read(io: &mut Io<'_>, spec: &str) -> Result<Options, i32> {
        let arguments = io.arguments();
        let parsed = if io.is_gnu() {
            Options::parse(&with_letters(&io.name(), &arguments), spec)
        } else {
            Options::parse(&arguments, spec)
        };
        match parsed {
            Ok(options) => Ok(options),
            Err(message) => {
                io.complain(&message);
                Err(1)
            }
        }
    }

    /// Reads `arguments`; see [`Options::read`].
    ///
    /// # Errors
    /// busybox's message.
    pub fn parse(arguments: &[String], spec: &str) -> Result<Options, String> {
        let mut options = Options::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                options.operands.extend(rest.cloned());
                break;
            }
            let Some(letters) = argument.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                options.operands.push(argument.clone());
                continue;
            };
            if let Some(name) = letters.strip_prefix('-') {
                return Err(format!("unrecognized option: {name}"));
            }
            for (at, letter) in letters.char_indices() {
                let place = spec.find(letter).filter(|_| letter != ':');
                let Some(place) = place else { return Err(format!("unrecognized option: {letter}")) };
                if !spec[place + letter.len_utf8()..].starts_with(':') {
                    options.found.push((letter, String::new()));
                    continue;
                }
                let attached = &letters[at + letter.len_utf8()..];
                let value = match attached {
                    "" => rest
                        .next()
                        .cloned()
                        .ok_or_else(|| format!("option requires an argument: {letter}"))?,
                    attached => attached.to_owned(),
                };
                options.found.push((letter, value));
                break;
            }
        }
        Ok(options)
    }

    /// Whether a letter was given.
    pub fn has(&self, letter: char) -> bool {
        self.found.iter().any(|(known, _)| *known == letter)
    }

    /// The last value of a letter.
    pub fn value(&self, letter: char) -> Option<&str> {
        self.found.iter().rev().find(|(known, _)| *known == letter).map(|(_, value)| value.as_str())
    }

    /// All values of a letter.
    pub fn values(&self, letter: char) -> Vec<&str> {
        self.found.iter().filter(|(known, _)| *known == letter).map(|(_, value)| value.as_str()).collect()
    }
}
