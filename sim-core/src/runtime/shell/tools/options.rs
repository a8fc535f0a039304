//! Option letters, as getopt reads them.

use super::io::Io;

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
        match Options::parse(&arguments, spec) {
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
