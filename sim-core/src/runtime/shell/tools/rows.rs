//! Rows as psql prints them.

/// How results are shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style {
    pub tuples_only: bool,
    pub unaligned: bool,
    pub expanded: bool,
    pub quiet: bool,
    pub separator: char,
}

/// Rows as psql shows them. Each column has its heading and whether it stands at the right.
pub(super) fn table(
    columns: &[(String, bool)],
    rows: &[Vec<Option<String>>],
    title: Option<&str>,
    style: Style,
) -> String {
    let cell = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let footer = if rows.len() == 1 { "(1 row)".to_owned() } else { format!("({} rows)", rows.len()) };
    if style.expanded {
        return expanded(columns, rows, style);
    }
    if style.unaligned {
        let separator = style.separator.to_string();
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let mut text =
            if style.tuples_only { String::new() } else { format!("{}\n", names.join(&separator)) };
        for row in rows {
            let cells: Vec<String> = (0..columns.len()).map(|at| cell(row, at)).collect();
            text.push_str(&format!("{}\n", cells.join(&separator)));
        }
        if !style.tuples_only {
            text.push_str(&format!("{footer}\n"));
        }
        return text;
    }
    let width = |at: usize| {
        let cells = rows
            .iter()
            .map(|row| cell(row, at).split('\n').map(|line| line.chars().count()).max().unwrap_or(0));
        cells.max().unwrap_or(0).max(columns[at].0.chars().count())
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    if let Some(title) = title.filter(|_| !style.tuples_only) {
        let total = widths.iter().map(|width| width + 3).sum::<usize>().saturating_sub(1);
        let indent = total.saturating_sub(title.len()) / 2;
        text.push_str(&format!("{}{title}\n", " ".repeat(indent)));
    }
    if !style.tuples_only {
        let heads = columns.iter().zip(&widths).map(|((name, _), width)| {
            let space = width - name.chars().count();
            format!(" {}{name}{} ", " ".repeat(space / 2), " ".repeat(space - space / 2))
        });
        text.push_str(&format!("{}\n", heads.collect::<Vec<_>>().join("|")));
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
        text.push_str(&format!("{}\n", rules.join("+")));
    }
    for row in rows {
        let lines: Vec<Vec<String>> =
            (0..columns.len()).map(|at| cell(row, at).split('\n').map(str::to_owned).collect()).collect();
        let height = lines.iter().map(Vec::len).max().unwrap_or(1);
        for number in 0..height {
            let mut parts = Vec::new();
            for (at, width) in widths.iter().enumerate() {
                let piece = lines[at].get(number).map(String::as_str).unwrap_or_default();
                let more = number + 1 < lines[at].len();
                let last = at + 1 == columns.len();
                let space = " ".repeat(width - piece.chars().count());
                parts.push(match (columns[at].1, more, last) {
                    (true, ..) => format!(" {space}{piece}{}", if last { "" } else { " " }),
                    (false, true, _) => format!(" {piece}{space}+"),
                    (false, false, true) => format!(" {piece}"),
                    (false, false, false) => format!(" {piece}{space} "),
                });
            }
            text.push_str(&format!("{}\n", parts.join("|")));
        }
    }
    if !style.tuples_only {
        text.push_str(&format!("{footer}\n"));
    }
    text.push('\n');
    text
}

fn expanded(columns: &[(String, bool)], rows: &[Vec<Option<String>>], style: Style) -> String {
    if rows.is_empty() {
        return if style.tuples_only { String::new() } else { "(0 rows)\n\n".to_owned() };
    }
    let name_width = columns.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let values = rows.iter().flatten().flatten().map(|value| value.chars().count());
    let value_width = values.max().unwrap_or(0);
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let head = format!("-[ RECORD {} ]", number + 1);
        let total = name_width + value_width + 3;
        let mut rule: Vec<char> =
            head.chars().chain(std::iter::repeat_n('-', total.saturating_sub(head.len()))).collect();
        if let Some(cross) = rule.get_mut(name_width + 1).filter(|c| **c == '-') {
            *cross = '+';
        }
        text.push_str(&format!("{}\n", rule.into_iter().collect::<String>()));
        for (at, (name, _)) in columns.iter().enumerate() {
            let value = row.get(at).cloned().flatten().unwrap_or_default();
            text.push_str(&format!("{name:<name_width$} | {value}\n"));
        }
    }
    text.push('\n');
    text
}
