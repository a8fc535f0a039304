//! Wrapping text at words, as kubectl's library does it.

/// Breaks lines longer than `limit` letters at spaces; a word that is longer stays whole.
///
/// Models mitchellh/go-wordwrap: WrapString.
pub fn wrap(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let (mut spaces, mut word) = (String::new(), String::new());
    let (mut spaces_len, mut word_len, mut column) = (0, 0, 0);
    for letter in text.chars() {
        if letter == '\n' {
            if word_len > 0 || column + spaces_len <= limit {
                out.push_str(&spaces);
                out.push_str(&word);
            }
            spaces.clear();
            word.clear();
            (spaces_len, word_len, column) = (0, 0, 0);
            out.push('\n');
        } else if letter.is_whitespace() && letter != '\u{a0}' {
            if spaces_len == 0 || word_len > 0 {
                column += spaces_len + word_len;
                out.push_str(&spaces);
                out.push_str(&word);
                spaces.clear();
                word.clear();
                (spaces_len, word_len) = (0, 0);
            }
            spaces.push(letter);
            spaces_len += 1;
        } else {
            word.push(letter);
            word_len += 1;
            if column + word_len + spaces_len > limit && word_len < limit {
                out.push('\n');
                column = 0;
                spaces.clear();
                spaces_len = 0;
            }
        }
    }
    if word_len > 0 || column + spaces_len <= limit {
        out.push_str(&spaces);
        out.push_str(&word);
    }
    out
}

/// Puts `amount` spaces before each line, the empty ones too.
pub fn indent(text: &str, amount: usize) -> String {
    let pad = " ".repeat(amount);
    format!("{pad}{}", text.replace('\n', &format!("\n{pad}")))
}
