//! column and the pagers, which a person's own machine has.

use super::Turn;
use super::io::Io;
use super::options::Options;

/// `column -t [-s SEPARATORS]`; without `-t` the lines stay as they are, as on a narrow terminal.
pub(super) fn column(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "ts:o:") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let text = io.all_text(&options.operands)?;
    if !options.has('t') {
        io.out(&text);
        return Ok(i32::from(io.memory().failed));
    }
    let separators = options.value('s').unwrap_or(" \t");
    let cells = |line: &str| -> Vec<String> {
        line.split(|c| separators.contains(c)).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
    };
    let rows: Vec<Vec<String>> = text.lines().map(cells).filter(|row| !row.is_empty()).collect();
    let mut widths: Vec<usize> = Vec::new();
    for row in &rows {
        widths.resize(widths.len().max(row.len()), 0);
        row.iter().zip(&mut widths).for_each(|(cell, width)| *width = (*width).max(cell.chars().count()));
    }
    let gap = options.value('o').unwrap_or("  ");
    for row in &rows {
        let last = row.len() - 1;
        let padded = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| match at == last {
            true => cell.clone(),
            false => format!("{cell:width$}"),
        });
        let line = padded.collect::<Vec<_>>().join(gap);
        io.out(&format!("{line}\n"));
    }
    Ok(i32::from(io.memory().failed))
}

/// less and more, which show all there is where they have no screen to themselves.
pub(super) fn pager(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let operands: Vec<String> =
        arguments.iter().filter(|word| !word.starts_with(['-', '+'])).cloned().collect();
    if operands.is_empty() {
        while let Some(text) = io.stdin_some()? {
            io.out(&text);
        }
        return Ok(0);
    }
    let text = io.all_text(&operands)?;
    io.out(&text);
    Ok(i32::from(io.memory().failed))
}
