//! ls: one name a line, or columns on a terminal, or `-l`.

use super::Turn;
use super::io::Io;
use super::options::Options;
use crate::runtime::fs::{Entry, Listing, normalize};
use crate::runtime::shell::host::known_user;

/// `-rw-r--r--`
pub(super) fn mode_letters(entry: &Entry) -> String {
    let mut letters = String::from(match (&entry.link, &entry.content) {
        (Some(_), _) => "l",
        (None, None) => "d",
        (None, Some(_)) => "-",
    });
    for shift in [6, 3, 0] {
        for (bit, letter) in [(4, 'r'), (2, 'w'), (1, 'x')] {
            let has = entry.mode >> shift & bit != 0;
            let sets_group = bit == 1 && shift == 3 && entry.mode & 0o2000 != 0;
            letters.push(match (has, sets_group) {
                (true, true) => 's',
                (false, true) => 'S',
                _ if bit == 1 && shift == 0 && entry.mode & 0o1000 != 0 => {
                    if has {
                        't'
                    } else {
                        'T'
                    }
                }
                (true, false) => letter,
                (false, false) => '-',
            });
        }
    }
    letters
}

fn size(entry: &Entry) -> u64 {
    entry.size() as u64
}

pub(super) fn ls(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "laA1hdtrRSFnisCxgLH") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let operands = if options.operands.is_empty() { vec![".".to_owned()] } else { options.operands.clone() };
    let (mut files, mut folders, mut status) = (Vec::new(), Vec::new(), 0);
    for operand in &operands {
        let path = io.path(operand);
        // `-l` shows a link that it is given as such.
        let follows = (!options.has('l') && !options.has('d'))
            || options.has('L')
            || options.has('H')
            || operand.ends_with('/');
        let found = if follows { io.files().stat(&path) } else { io.files().entry(&path) };
        match found {
            Ok(entry) if entry.content.is_none() && !options.has('d') => folders.push(operand.clone()),
            Ok(entry) => files.push(Listing { name: operand.clone(), entry }),
            Err(error) => {
                let gnu = io.is_gnu();
                io.complain(&if gnu {
                    format!("cannot access '{operand}': {error}")
                } else {
                    format!("{operand}: {error}")
                });
                status = if gnu { 2 } else { 1 };
            }
        }
    }
    let mut shown = String::new();
    if !files.is_empty() {
        shown.push_str(&table(io, "", files.clone(), &options));
    }
    let titled = operands.len() > 1 || options.has('R');
    let mut waiting: Vec<String> = folders.into_iter().rev().collect();
    for _ in 0..10_000 {
        let Some(folder) = waiting.pop() else { break };
        let path = io.path(&folder);
        let mut listings = io.files().list(&path).unwrap_or_default();
        if options.has('L') {
            for listing in &mut listings {
                let full = format!("{}/{}", path.trim_end_matches('/'), listing.name);
                if let Ok(entry) = io.files().stat(&full) {
                    listing.entry = entry;
                }
            }
        }
        if options.has('R') {
            let base = folder.trim_end_matches('/');
            let all = options.has('a') || options.has('A');
            let inner = listings
                .iter()
                .rev()
                .filter(|listing| listing.entry.content.is_none() && (all || !listing.name.starts_with('.')));
            waiting.extend(inner.map(|listing| format!("{base}/{}", listing.name)));
        }
        listings.retain(|listing| options.has('a') || options.has('A') || !listing.name.starts_with('.'));
        if options.has('a') {
            for name in ["..", "."] {
                if let Ok(entry) = {
                    let path = crate::runtime::fs::normalize(&path, name);
                    io.files().stat(&path)
                } {
                    listings.insert(0, Listing { name: name.to_owned(), entry });
                }
            }
        }
        if titled {
            let gap = if shown.is_empty() { "" } else { "\n" };
            shown.push_str(&format!("{gap}{folder}:\n"));
        }
        if options.has('l') {
            let on_disk =
                |entry: &Entry| entry.link.is_none() && (entry.content.is_some() || size(entry) == 4096);
            let counted = listings.iter().map(|listing| &listing.entry).filter(|entry| on_disk(entry));
            let blocks: u64 = counted.map(|entry| size(entry).div_ceil(4096) * 4).sum();
            let total = if options.has('h') { super::find::human(blocks * 1024) } else { blocks.to_string() };
            shown.push_str(&format!("total {total}\n"));
        }
        shown.push_str(&table(io, &path, listings, &options));
    }
    io.out(&shown);
    Ok(status)
}

/// The listings of what is in the folder `base`, which is empty for operands.
fn table(io: &mut Io<'_>, base: &str, mut listings: Vec<Listing>, options: &Options) -> String {
    if options.has('t') {
        listings.sort_by(|a, b| b.entry.modified.cmp(&a.entry.modified).then_with(|| a.name.cmp(&b.name)));
    } else if options.has('S') {
        listings.sort_by(|a, b| size(&b.entry).cmp(&size(&a.entry)).then_with(|| a.name.cmp(&b.name)));
    }
    if options.has('r') {
        listings.reverse();
    }
    let long = options.has('l') || options.has('n');
    let name = |listing: &Listing| match (&listing.entry.link, &listing.entry.content) {
        (Some(target), _) if long => format!("{} -> {target}", listing.name),
        (Some(_), _) if options.has('F') => format!("{}@", listing.name),
        (None, None) if options.has('F') => format!("{}/", listing.name),
        _ => listing.name.clone(),
    };
    if options.has('l') || options.has('n') {
        let widest = |text: &dyn Fn(&Entry) -> String| {
            listings.iter().map(|listing| text(&listing.entry).len()).max().unwrap_or(0)
        };
        let widths = [
            widest(&|entry| owner(entry.owner.0, options)),
            widest(&|entry| owner(entry.owner.1, options)),
            widest(&|entry| shown_size(entry, options)),
        ];
        let mut shown = String::new();
        for listing in &listings {
            let path = if base.is_empty() { io.path(&listing.name) } else { normalize(base, &listing.name) };
            // A folder's own name, its `.`, and the `..` of each folder in it.
            let links = match &listing.entry.content {
                Some(_) => 1,
                None => {
                    let inside = io.files().list(&path).unwrap_or_default();
                    2 + inside.iter().filter(|inner| inner.entry.content.is_none()).count()
                }
            };
            shown.push_str(&long_line(io, listing, &name(listing), (links, widths), options));
        }
        return shown;
    }
    let names: Vec<String> = listings.iter().map(name).collect();
    if io.machine.is_terminal(io.pid, 1) && !options.has('1') {
        return columns(&names);
    }
    names.iter().flat_map(|name| [name.as_str(), "\n"]).collect()
}

fn shown_size(entry: &Entry, options: &Options) -> String {
    if options.has('h') { super::find::human(size(entry)) } else { size(entry).to_string() }
}

/// The name of a user or group, or its id.
fn owner(id: u32, options: &Options) -> String {
    let name = known_user(id).filter(|_| !options.has('n'));
    name.map_or_else(|| id.to_string(), str::to_owned)
}

/// A line of `-l`: busybox has fixed columns, GNU's are as wide as the widest.
fn long_line(
    io: &Io<'_>,
    listing: &Listing,
    name: &str,
    (links, widths): (usize, [usize; 3]),
    options: &Options,
) -> String {
    let entry = &listing.entry;
    let size = shown_size(entry, options);
    let time = entry.modified.timestamp().strftime("%b %e %H:%M");
    let (user, group) = (owner(entry.owner.0, options), owner(entry.owner.1, options));
    let letters = mode_letters(entry);
    if io.is_gnu() {
        let [users, groups, sizes] = widths;
        return format!("{letters} {links} {user:<users$} {group:<groups$} {size:>sizes$} {time} {name}\n");
    }
    format!("{letters} {links:4} {user:<8} {group:<8} {size:>9} {time} {name}\n")
}

/// Columns for a terminal of 80 characters, filled downwards.
fn columns(names: &[String]) -> String {
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) + 2;
    let across = (80 / widest).max(1);
    let rows = names.len().div_ceil(across);
    let mut text = String::new();
    for row in 0..rows {
        let mut line = String::new();
        for name in names.iter().skip(row).step_by(rows) {
            line.push_str(&format!("{name:widest$}"));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
