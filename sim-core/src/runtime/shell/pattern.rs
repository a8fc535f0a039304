//! Shell patterns: `*`, `?`, `[...]`, and a backslash before what is meant as it stands.

/// Whether the whole of `text` matches `pattern`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    matches_chars(&pattern, &text)
}

/// Whether `pattern` holds anything that matches more than itself.
pub fn is_pattern(pattern: &str) -> bool {
    let mut escaped = false;
    for c in pattern.chars() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if matches!(c, '*' | '?' | '[') {
            return true;
        }
    }
    false
}

/// `text` as a pattern that matches only itself.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '-' | '!' | '^') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// `pattern` with its escapes taken out.
pub fn unescape(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    plain
}

/// The byte length of the shortest or longest beginning of `text` that matches.
pub fn prefix(pattern: &str, text: &str, longest: bool) -> Option<usize> {
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    if longest {
        ends.reverse();
    }
    let pattern: Vec<char> = pattern.chars().collect();
    ends.into_iter().find(|end| matches_chars(&pattern, &text[..*end].chars().collect::<Vec<_>>()))
}

/// The byte offset at which the shortest or longest matching end of `text` begins.
pub fn suffix(pattern: &str, text: &str, longest: bool) -> Option<usize> {
    let mut starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    if !longest {
        starts.reverse();
    }
    let pattern: Vec<char> = pattern.chars().collect();
    starts.into_iter().find(|start| matches_chars(&pattern, &text[*start..].chars().collect::<Vec<_>>()))
}

/// Greedy matching that goes back to the last star only, so its cost is the product of the lengths.
fn matches_chars(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some('?') => Some(p + 1),
            Some('[') => bracket(&pattern[p..], text[t])
                .map(|(length, hit)| (p + length, hit))
                .map_or_else(|| (text[t] == '[').then_some(p + 1), |(next, hit)| hit.then_some(next)),
            Some('\\') => match pattern.get(p + 1) {
                Some(c) => (*c == text[t]).then_some(p + 2),
                None => (text[t] == '\\').then_some(p + 1),
            },
            Some(c) => (*c == text[t]).then_some(p + 1),
            None => None,
        };
        match (step, star) {
            (Some(next), _) => {
                p = next;
                t += 1;
            }
            (None, Some((at, from))) => {
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The length of the bracket expression at the start of `pattern` and whether `c` is in it.
fn bracket(pattern: &[char], c: char) -> Option<(usize, bool)> {
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some('!' | '^'));
    at += usize::from(negated);
    let first = at;
    let mut hit = false;
    loop {
        let mut low = *pattern.get(at)?;
        if low == ']' && at > first {
            return Some((at + 1, hit != negated));
        }
        if low == '[' && pattern.get(at + 1) == Some(&':') {
            let end = (at + 2..pattern.len().saturating_sub(1))
                .find(|end| pattern[*end] == ':' && pattern[*end + 1] == ']')?;
            let class: String = pattern[at + 2..end].iter().collect();
            hit |= in_class(&class, c);
            at = end + 2;
            continue;
        }
        if low == '\\' {
            at += 1;
            low = *pattern.get(at)?;
        }
        at += 1;
        if pattern.get(at) == Some(&'-') && pattern.get(at + 1).is_some_and(|c| *c != ']') {
            let high = pattern[at + 1];
            at += 2;
            hit |= low <= c && c <= high;
        } else {
            hit |= low == c;
        }
    }
}

/// Whether `c` is in a POSIX character class.
pub fn in_class(class: &str, c: char) -> bool {
    match class {
        "alpha" => c.is_ascii_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_ascii_alphanumeric(),
        "upper" => c.is_ascii_uppercase(),
        "lower" => c.is_ascii_lowercase(),
        "space" => c.is_ascii_whitespace() || c == '\u{b}',
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "xdigit" => c.is_ascii_hexdigit(),
        "cntrl" => c.is_ascii_control(),
        "print" => !c.is_ascii_control(),
        "graph" => c.is_ascii_graphic(),
        _ => false,
    }
}
