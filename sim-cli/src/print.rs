//! Printing: streams kept apart, colour where it is wanted, a closed pipe taken as the end.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use sim_core::kubectl::{Chunk, Stream};

const GOOD: Style = AnsiColor::Green.on_default();
const BUSY: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const HINT: Style = AnsiColor::Cyan.on_default();
const PROMPT: Style = AnsiColor::Cyan.on_default().bold();

/// Words of tables that say how something is.
static STATES: &[(Style, &[&str])] = &[
    (GOOD, &["Running", "Bound", "Ready", "Active", "Completed", "Available"]),
    (BUSY, &["Pending", "ContainerCreating", "Terminating", "Released", "PodInitializing", "Warning"]),
    (
        BAD,
        &[
            "CrashLoopBackOff",
            "ImagePullBackOff",
            "ErrImagePull",
            "Error",
            "Failed",
            "NotReady",
            "Lost",
            "OOMKilled",
            "Evicted",
        ],
    ),
];

/// Prints to the terminal or to a pipe.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    colour: bool,
}

impl Printer {
    /// Colour only on a terminal, and not when `NO_COLOR` says otherwise.
    pub fn new() -> Printer {
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Printer { colour: !forbidden && !dumb && io::stdout().is_terminal() }
    }

    /// Whether colour is wanted.
    pub fn colour(self) -> bool {
        self.colour
    }

    /// The prompt in its colour.
    pub fn prompt(self, prompt: &str) -> String {
        if self.colour { format!("{PROMPT}{prompt}{PROMPT:#}") } else { prompt.to_owned() }
    }

    /// Prints what a command printed.
    ///
    /// # Errors
    /// The stream is closed.
    pub fn chunks(self, chunks: &[Chunk]) -> io::Result<()> {
        for chunk in chunks {
            match chunk.stream {
                Stream::Out => {
                    let mut out = io::stdout().lock();
                    out.write_all(self.states(&chunk.text).as_bytes())?;
                    out.flush()?;
                }
                Stream::Err => io::stderr().lock().write_all(self.complaint(&chunk.text).as_bytes())?,
            }
        }
        Ok(())
    }

    fn complaint(self, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        text.split_inclusive('\n')
            .map(|line| {
                let style = if line.starts_with("hint:") {
                    HINT
                } else if line.to_lowercase().starts_with("error") {
                    BAD
                } else {
                    return line.to_owned();
                };
                format!("{style}{}{style:#}\n", line.trim_end_matches('\n'))
            })
            .collect()
    }

    /// Colours words of state that stand alone between spaces, as they do in tables.
    fn states(self, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        text.split_inclusive(' ')
            .map(|piece| {
                let word = piece.trim_end_matches([' ', '\n']);
                match STATES.iter().find(|(_, words)| words.contains(&word)) {
                    Some((style, _)) => format!("{style}{word}{style:#}{}", &piece[word.len()..]),
                    None => piece.to_owned(),
                }
            })
            .collect()
    }
}

impl Default for Printer {
    fn default() -> Self {
        Printer::new()
    }
}
