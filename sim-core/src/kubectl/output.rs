//! [`Output`]: what a command prints, in order, each piece marked with its stream.

/// Which stream a piece of text goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its stream.
    pub stream: Stream,
    /// The text.
    pub text: String,
}

/// Collects text until a front end takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    chunks: Vec<Chunk>,
    /// What the running command printed by [`Output::err_line_once`].
    once: Vec<String>,
}

impl Output {
    /// Prints to standard output.
    pub fn out(&mut self, text: impl AsRef<str>) {
        self.push(Stream::Out, text.as_ref());
    }

    /// Prints a line to standard output.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.push(Stream::Out, text.as_ref());
        self.push(Stream::Out, "\n");
    }

    /// Prints to standard error.
    pub fn err(&mut self, text: impl AsRef<str>) {
        self.push(Stream::Err, text.as_ref());
    }

    /// Prints a line to standard error.
    pub fn err_line(&mut self, text: impl AsRef<str>) {
        self.push(Stream::Err, text.as_ref());
        self.push(Stream::Err, "\n");
    }

    /// Prints a line to standard error, unless this command did so before.
    pub fn err_line_once(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.once.contains(&text) {
            self.err_line(&text);
            self.once.push(text);
        }
    }

    /// How many lines the command printed by [`Output::err_line_once`].
    pub fn warned(&self) -> usize {
        self.once.len()
    }

    /// Another command begins.
    pub fn begin(&mut self) {
        self.once.clear();
    }

    /// Takes what was printed since the last take.
    pub fn take(&mut self) -> Vec<Chunk> {
        std::mem::take(&mut self.chunks)
    }

    /// All text of one stream, without taking it.
    pub fn text(&self, stream: Stream) -> String {
        self.chunks.iter().filter(|chunk| chunk.stream == stream).map(|chunk| chunk.text.as_str()).collect()
    }

    fn push(&mut self, stream: Stream, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.chunks.last_mut() {
            Some(last) if last.stream == stream => last.text.push_str(text),
            _ => self.chunks.push(Chunk { stream, text: text.to_owned() }),
        }
    }
}
