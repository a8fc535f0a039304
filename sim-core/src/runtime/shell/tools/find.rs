//! find, du and stat.

use super::super::pattern;
use super::Turn;
use super::io::Io;
use super::options::Options;
use crate::runtime::fs::Entry;

/// Calls `visit` with a path and everything below it, folders before what is in them. Paths begin as
/// `root` is spelt.
pub(super) fn walk(io: &mut Io<'_>, root: &str, visit: &mut dyn FnMut(&str, &Entry)) {
    let mut waiting = vec![root.to_owned()];
    // The tree is finite; the bound only keeps a huge one from holding up the cluster.
    for _ in 0..100_000 {
        let Some(path) = waiting.pop() else { return };
        let absolute = io.path(&path);
        let Ok(entry) = io.files().entry(&absolute) else { continue };
        visit(&path, &entry);
        if entry.content.is_none() {
            let listings = io.files().list(&absolute).unwrap_or_default();
            let base = path.trim_end_matches('/');
            waiting.extend(listings.iter().rev().map(|listing| format!("{base}/{}", listing.name)));
        }
    }
}

pub(super) fn find(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let first_test =
        arguments.iter().position(|word| word.starts_with(['-', '!', '('])).unwrap_or(arguments.len());
    let (roots, tests) = arguments.split_at(first_test);
    let roots = if roots.is_empty() { vec![".".to_owned()] } else { roots.to_vec() };
    let mut name: Option<(String, bool)> = None;
    let (mut kind, mut depth, mut delete, mut path_pattern) = (None, usize::MAX, false, None);
    let mut rest = tests.iter();
    while let Some(test) = rest.next() {
        match (test.as_str(), rest.len()) {
            ("-name", 1..) => name = rest.next().map(|text| (text.clone(), false)),
            ("-iname", 1..) => name = rest.next().map(|text| (text.to_lowercase(), true)),
            ("-path", 1..) => path_pattern = rest.next().cloned(),
            ("-type", 1..) => kind = rest.next().cloned(),
            ("-maxdepth", 1..) => depth = rest.next().and_then(|text| text.parse().ok()).unwrap_or(0),
            ("-print", _) => {}
            ("-delete", _) => delete = true,
            ("-name" | "-iname" | "-path" | "-type" | "-maxdepth", _) => {
                io.complain(&format!("{test}: requires an argument"));
                return Ok(1);
            }
            _ => {
                io.complain(&format!("unrecognized: {test}"));
                return Ok(1);
            }
        }
    }
    let mut status = 0;
    for root in &roots {
        let absolute = io.path(root);
        if let Err(error) = io.files().stat(&absolute) {
            let message = if io.is_gnu() { format!("'{root}': {error}") } else { format!("{root}: {error}") };
            io.complain(&message);
            status = 1;
            continue;
        }
        let mut found = Vec::new();
        walk(io, root, &mut |path, entry| {
            let below = path[root.trim_end_matches('/').len().min(path.len())..].matches('/').count();
            let level = if path == root { 0 } else { below };
            let base = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            let named = name.as_ref().is_none_or(|(wanted, fold)| {
                let base = if *fold { base.to_lowercase() } else { base.to_owned() };
                pattern::matches(wanted, &base)
            });
            let own = match (&entry.link, &entry.content) {
                (Some(_), _) => "l",
                (None, None) => "d",
                (None, Some(_)) => "f",
            };
            let typed = kind.as_ref().is_none_or(|kind: &String| kind == own);
            let in_path = path_pattern.as_ref().is_none_or(|wanted| pattern::matches(wanted, path));
            if named && typed && in_path && level <= depth {
                found.push(path.to_owned());
            }
        });
        for path in found.iter() {
            if !delete {
                io.out(&format!("{path}\n"));
            }
        }
        for path in found.iter().rev().filter(|_| delete) {
            let absolute = io.path(path);
            if let Err(error) = io.files().remove(&absolute) {
                io.complain(&format!("{path}: {error}"));
                status = 1;
            }
        }
    }
    Ok(status)
}

/// A size in the unit that `-h` chooses, as busybox prints it.
pub(super) fn human(bytes: u64) -> String {
    let units = ["", "K", "M", "G", "T"];
    let (mut tenths, mut unit) = (bytes.saturating_mul(10), 0);
    while tenths >= 10_240 && unit + 1 < units.len() {
        tenths = (tenths + 512) / 1_024;
        unit += 1;
    }
    match unit {
        0 => bytes.to_string(),
        _ => format!("{}.{}{}", tenths / 10, tenths % 10, units[unit]),
    }
}

/// `du`: a file takes whole blocks of 4 KiB, and so does a folder.
pub(super) fn du(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "shakmcxd:") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let roots = if options.operands.is_empty() { vec![".".to_owned()] } else { options.operands.clone() };
    let mut status = 0;
    for root in roots {
        let mut entries = Vec::new();
        walk(io, &root, &mut |path, entry| {
            let size = entry.content.as_ref().map_or(4_096, |content| content.len().div_ceil(4_096) * 4_096);
            entries.push((path.to_owned(), entry.content.is_none(), size as u64));
        });
        if entries.is_empty() {
            io.complain(&format!("{root}: No such file or directory"));
            status = 1;
            continue;
        }
        for (path, is_folder, _) in entries.iter().rev() {
            let top = *path == root;
            if (options.has('s') && !top) || (!is_folder && !top && !options.has('a')) {
                continue;
            }
            let inside = |other: &str| {
                other
                    .strip_prefix(path.trim_end_matches('/'))
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let total: u64 = entries.iter().filter(|(other, ..)| inside(other)).map(|(.., size)| size).sum();
            let shown = if options.has('h') { human(total) } else { (total / 1024).to_string() };
            io.out(&format!("{shown}\t{path}\n"));
        }
    }
    Ok(status)
}

pub(super) fn stat(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "c:tL") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let mut status = 0;
    for operand in &options.operands {
        let path = io.path(operand);
        let found = if options.has('L') { io.files().stat(&path) } else { io.files().entry(&path) };
        let entry = match found {
            Ok(entry) => entry,
            Err(error) if io.is_gnu() => {
                io.complain(&format!("cannot statx '{operand}': {error}"));
                status = 1;
                continue;
            }
            Err(error) => {
                io.complain(&format!("can't stat '{operand}': {error}"));
                status = 1;
                continue;
            }
        };
        let folder = entry.content.is_none();
        let size = entry.size();
        let kind = match (folder, size) {
            _ if entry.link.is_some() => "symbolic link",
            (true, _) => "directory",
            (_, 0) => "regular empty file",
            _ => "regular file",
        };
        let seconds = entry.modified.timestamp().as_second();
        let (user, group) = entry.owner;
        let who = |id: u32| crate::runtime::shell::host::known_user(id).unwrap_or("UNKNOWN");
        let text = match options.value('c') {
            Some(format) => {
                let named = format.replace("%n", operand).replace("%s", &size.to_string());
                let named = named.replace("%a", &format!("{:o}", entry.mode)).replace("%F", kind);
                let named = named.replace("%Y", &seconds.to_string());
                let named = named.replace("%u", &user.to_string()).replace("%g", &group.to_string());
                let named = named.replace("%U", who(user)).replace("%G", who(group));
                format!("{named}\n")
            }
            None => {
                let time = entry.modified.timestamp().strftime("%Y-%m-%d %H:%M:%S.%9f +0000");
                let letters = super::ls::mode_letters(&entry);
                let (blocks, links) = (size.div_ceil(4096) * 8, if folder { 2 } else { 1 });
                format!(
                    "  File: {operand}\n  Size: {size:<10}\tBlocks: {blocks:<10} IO Block: 4096   {kind}\n\
                     Access: ({:04o}/{letters})  Uid: ({user:>5}/{:>8})   Gid: ({group:>5}/{:>8})\n\
                     Links: {links}\nAccess: {time}\nModify: {time}\nChange: {time}\n",
                    entry.mode,
                    who(user),
                    who(group),
                )
            }
        };
        io.out(&text);
    }
    Ok(status)
}
