//! Columns aligned with blanks, as Go's text/tabwriter aligns them.
//!
//! A cell ends at a tab. Consecutive lines that have a cell in a column share its width; the last cell
//! of a line belongs to no column and is not padded. Tables of `get` and all of `describe` rest on it.

/// Text in cells, waiting to be aligned.
#[derive(Clone, Debug)]
pub struct TabWriter {
    min_width: usize,
    padding: usize,
    remembered: Option<Vec<usize>>,
    text: String,
}

impl TabWriter {
    /// The layout of `get`: columns three blanks apart, and widths that a later flush does not narrow.
    ///
    /// Models cli-runtime pkg/printers: GetNewTabWriter.
    pub fn for_tables() -> TabWriter {
        TabWriter { min_width: 6, padding: 3, remembered: Some(Vec::new()), text: String::new() }
    }

    /// The layout of `describe`: columns two blanks apart.
    ///
    /// Models kubectl pkg/describe: tabbedString.
    pub fn for_descriptions() -> TabWriter {
        TabWriter { min_width: 0, padding: 2, remembered: None, text: String::new() }
    }

    /// The layout of `rollout history` and `api-resources` lists, by its two measures.
    pub fn new(min_width: usize, padding: usize) -> TabWriter {
        TabWriter { min_width, padding, remembered: None, text: String::new() }
    }

    /// Adds text: cells end with a tab, lines with a newline.
    pub fn write(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a line of cells.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                self.text.push('\t');
            }
            self.text.push_str(cell);
        }
        self.text.push('\n');
    }

    /// Takes the text so far, aligned.
    pub fn flush(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
        let mut layout = Layout { writer: self, lines: &lines, widths: Vec::new(), out: String::new() };
        layout.format(0, lines.len());
        layout.out
    }

    /// Forgets the widths of earlier flushes.
    pub fn forget_widths(&mut self) {
        if let Some(widths) = &mut self.remembered {
            widths.clear();
        }
    }

    fn remember(&mut self, column: usize, width: usize) -> usize {
        let Some(widths) = &mut self.remembered else { return width };
        if widths.len() <= column {
            widths.resize(column + 1, 0);
        }
        widths[column] = widths[column].max(width);
        widths[column]
    }
}

struct Layout<'a> {
    writer: &'a mut TabWriter,
    lines: &'a [Vec<&'a str>],
    widths: Vec<usize>,
    out: String,
}

impl Layout<'_> {
    /// Lays out the lines from `first` to before `end`, whose columns up to the present depth have widths.
    fn format(&mut self, first: usize, end: usize) {
        let column = self.widths.len();
        let lines = self.lines;
        let has_column = |line: usize| lines[line].len() > column + 1;
        let mut pending = first;
        let mut this = first;
        while this < end {
            if !has_column(this) {
                this += 1;
                continue;
            }
            self.print(pending, this);
            let block = this;
            while this < end && has_column(this) {
                this += 1;
            }
            let widest = (block..this).map(|line| width_of(lines[line][column]) + self.writer.padding).max();
            let width = self.writer.remember(column, widest.unwrap_or(0).max(self.writer.min_width));
            self.widths.push(width);
            self.format(block, this);
            self.widths.pop();
            pending = this;
        }
        self.print(pending, end);
    }

    fn print(&mut self, first: usize, end: usize) {
        for index in first..end {
            for (column, cell) in self.lines[index].iter().enumerate() {
                self.out.push_str(cell);
                if let Some(width) = self.widths.get(column) {
                    let blanks = width.saturating_sub(width_of(cell));
                    self.out.extend(std::iter::repeat_n(' ', blanks));
                }
            }
            if index + 1 < self.lines.len() {
                self.out.push('\n');
            }
        }
    }
}

fn width_of(cell: &str) -> usize {
    cell.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_flush_keeps_the_widths() {
        let mut writer = TabWriter::for_tables();
        writer.row(["NAME", "STATUS", "AGE"]);
        writer.row(["web-0", "Terminating", "1s"]);
        assert_eq!(writer.flush(), "NAME    STATUS        AGE\nweb-0   Terminating   1s\n");
        writer.row(["web-0", "Pending", "0s"]);
        assert_eq!(writer.flush(), "web-0   Pending       0s\n");
        writer.forget_widths();
        writer.row(["a", "b", "c"]);
        assert_eq!(writer.flush(), "a     b     c\n");
    }

    #[test]
    fn a_line_without_the_column_ends_its_block() {
        let mut writer = TabWriter::for_descriptions();
        writer.write("Name:\tweb\nContainers:\n  app:\n    Image:\tapp:1.0\n    Mounts:\t\n");
        assert_eq!(writer.flush(), "Name:  web\nContainers:\n  app:\n    Image:   app:1.0\n    Mounts:  \n");
    }
}
