//! Cutting the line under the cursor into words.

/// The words of a command up to the cursor.
pub(super) struct Cut<'a> {
    /// Those that are whole, without backslashes.
    pub words: Vec<String>,
    /// The one under the cursor, as it is typed.
    pub word: &'a str,
    /// Where it starts.
    pub start: usize,
}

impl Cut<'_> {
    /// Cuts at blanks, and at commas, behind which another kind or value begins.
    pub fn of(command: &str) -> Cut<'_> {
        let mut words = Vec::new();
        let mut whole = String::new();
        let (mut start, mut is_escaped) = (0, false);
        for (at, c) in command.char_indices() {
            match c {
                _ if std::mem::take(&mut is_escaped) => whole.push(c),
                '\\' => is_escaped = true,
                c if c == ',' || c.is_whitespace() => {
                    start = at + c.len_utf8();
                    if !whole.is_empty() {
                        words.push(std::mem::take(&mut whole));
                    }
                }
                c => whole.push(c),
            }
        }
        Cut { words, word: &command[start..], start }
    }
}
