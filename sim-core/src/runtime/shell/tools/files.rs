//! Tools that make, remove and name files.

use super::super::tools;
use super::Turn;
use super::io::Io;
use super::options::Options;
use crate::runtime::fs::FsError;
use crate::runtime::shell::host::known_user;

pub(super) fn touch(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "acmd:t:r:") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let now = io.now();
    let mut status = 0;
    for operand in &options.operands {
        let path = io.path(operand);
        let touched = match io.files().read(&path) {
            Ok(content) => io.files().write(&path, &content, now),
            Err(FsError::NotFound) if options.has('c') => Ok(()),
            Err(FsError::NotFound) => io.files().write(&path, b"", now),
            Err(FsError::IsDirectory) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = touched {
            let message = if io.is_gnu() {
                format!("cannot touch '{operand}': {error}")
            } else {
                format!("{operand}: {error}")
            };
            io.complain(&message);
            status = 1;
        }
    }
    Ok(status)
}

pub(super) fn mkdir(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "pm:v") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let now = io.now();
    let mut status = 0;
    for operand in &options.operands {
        let path = io.path(operand);
        let made = if options.has('p') { make_all(io, &path) } else { io.files().make_dir(&path, now) };
        if let Err(error) = made {
            let message = if io.is_gnu() {
                format!("cannot create directory '{operand}': {error}")
            } else {
                format!("can't create directory '{operand}': {error}")
            };
            io.complain(&message);
            status = 1;
        }
    }
    Ok(status)
}

fn make_all(io: &mut Io<'_>, path: &str) -> Result<(), FsError> {
    let now = io.now();
    let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0).chain([path.len()]);
    for end in ends {
        match io.files().make_dir(&path[..end], now) {
            Err(FsError::Exists) => {
                if io.files().stat(&path[..end])?.content.is_some() {
                    return Err(FsError::Exists);
                }
            }
            made => made?,
        }
    }
    Ok(())
}

pub(super) fn rmdir(io: &mut Io<'_>) -> Turn {
    let operands = io.arguments();
    let mut status = 0;
    for operand in operands.iter() {
        let path = io.path(operand);
        let removed = match io.files().stat(&path) {
            Ok(entry) if entry.content.is_some() => Err(FsError::NotDirectory),
            Ok(_) => io.files().remove(&path),
            Err(error) => Err(error),
        };
        if let Err(error) = removed {
            io.complain(&format!("'{operand}': {error}"));
            status = 1;
        }
    }
    Ok(status)
}

pub(super) fn rm(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "rRfiv") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let recursive = options.has('r') || options.has('R');
    let mut status = 0;
    for operand in &options.operands {
        let path = io.path(operand);
        let gnu = io.is_gnu();
        let failure = match io.files().entry(&path) {
            Err(_) if options.has('f') => continue,
            Err(error) => Some(error.to_string()),
            Ok(entry) if entry.content.is_none() && !recursive => Some("Is a directory".to_owned()),
            Ok(_) => remove_all(io, &path).err().map(|error| error.to_string()),
        };
        match failure {
            None if options.has('v') => io.out(&format!("removed '{operand}'\n")),
            None => {}
            Some(why) => {
                let message = if gnu {
                    format!("cannot remove '{operand}': {why}")
                } else {
                    format!("can't remove '{operand}': {why}")
                };
                io.complain(&message);
                status = 1;
            }
        }
    }
    Ok(status)
}

/// Removes a file or a whole folder.
pub(super) fn remove_all(io: &mut Io<'_>, path: &str) -> Result<(), FsError> {
    let mut below = Vec::new();
    super::find::walk(io, path, &mut |path, _| below.push(path.to_owned()));
    for path in below.iter().rev() {
        io.files().remove(path)?;
    }
    Ok(())
}

/// `chmod 755 FILE` and `chmod +x FILE`.
pub(super) fn chmod(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let words: Vec<&String> =
        arguments.iter().filter(|word| !matches!(word.as_str(), "-R" | "-v" | "-f")).collect();
    let Some((mode, operands)) = words.split_first() else {
        io.err("Usage: chmod [-Rcvf] MODE[,MODE]... FILE...\n");
        return Ok(1);
    };
    let mut status = 0;
    for operand in operands {
        let path = io.path(operand);
        let changed = match io.files().stat(&path) {
            Ok(entry) => match new_mode(mode, entry.mode) {
                Some(mode) => io.files().set_mode(&path, mode),
                None => {
                    io.complain(&format!("invalid mode '{mode}'"));
                    return Ok(1);
                }
            },
            Err(error) => Err(error),
        };
        if let Err(error) = changed {
            let message = if io.is_gnu() {
                format!("cannot access '{operand}': {error}")
            } else {
                format!("{operand}: {error}")
            };
            io.complain(&message);
            status = 1;
        }
    }
    Ok(status)
}

fn new_mode(text: &str, old: u32) -> Option<u32> {
    if let Ok(mode) = u32::from_str_radix(text, 8) {
        return (mode <= 0o7777).then_some(mode);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let who = if at == 0 || clause[..at].contains('a') { "ugo" } else { &clause[..at] };
        let mut bits = 0;
        for c in clause[at + 1..].chars() {
            bits |= match c {
                'r' => 4,
                'w' => 2,
                'x' | 'X' => 1,
                _ => return None,
            };
        }
        for class in who.chars() {
            let shift = match class {
                'u' => 6,
                'g' => 3,
                'o' => 0,
                _ => return None,
            };
            match &clause[at..=at] {
                "+" => mode |= bits << shift,
                "-" => mode &= !(bits << shift),
                _ => mode = mode & !(7 << shift) | bits << shift,
            }
        }
    }
    Some(mode)
}

/// Names that only the image knows change nothing.
pub(super) fn chown(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let (options, words): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|word| word.starts_with('-'));
    let recursive = options.iter().any(|option| matches!(option.as_str(), "-R" | "--recursive"));
    let Some((owner, operands)) = words.split_first() else { return Ok(0) };
    let (user, group) = owner.split_once(':').unwrap_or((owner, ""));
    let id = |name: &str| {
        name.parse().ok().or_else(|| (0..=u32::from(u16::MAX)).find(|id| known_user(*id) == Some(name)))
    };
    let (user, group) = (id(user), id(group));
    let mut status = 0;
    for operand in operands {
        let mut waiting = vec![io.path(operand)];
        while let Some(path) = waiting.pop() {
            let is_root = io.host.user().uid == 0;
            let changed = match io.files().stat(&path) {
                Ok(_) if !is_root => Err("Operation not permitted".to_owned()),
                Ok(_) => io.files().set_owner(&path, user, group).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = changed {
                io.complain(&format!("{operand}: {error}"));
                status = 1;
                break;
            }
            let below = io.files().list(&path).unwrap_or_default();
            let base = path.trim_end_matches('/');
            waiting.extend(below.into_iter().filter(|_| recursive).map(|one| format!("{base}/{}", one.name)));
        }
    }
    Ok(status)
}

pub(super) fn basename(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let Some(path) = arguments.first() else {
        io.err("Usage: basename FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...\n");
        return Ok(1);
    };
    let trimmed = path.trim_end_matches('/');
    let name = if trimmed.is_empty() { "/" } else { trimmed.rsplit('/').next().unwrap_or_default() };
    let suffix = arguments.get(1).map(String::as_str).unwrap_or_default();
    let bare = name.strip_suffix(suffix).filter(|bare| !bare.is_empty()).unwrap_or(name);
    io.out(&format!("{bare}\n"));
    Ok(0)
}

pub(super) fn dirname(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let Some(path) = arguments.first() else {
        io.err("Usage: dirname FILENAME\n");
        return Ok(1);
    };
    let folder = match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None if path.starts_with('/') => "/",
        None => ".",
    };
    io.out(&format!("{folder}\n"));
    Ok(0)
}

pub(super) fn which(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let path = io.env("PATH");
    let mut status = 0;
    for name in arguments.iter() {
        match tools::path_of(name, path.as_deref()).filter(|_| io.host.has_tool(name)) {
            Some(path) => io.out(&format!("{path}\n")),
            None => status = 1,
        }
    }
    Ok(status)
}

pub(super) fn pwd(io: &mut Io<'_>) -> Turn {
    let line = format!("{}\n", io.directory);
    io.out(&line);
    Ok(0)
}

/// `realpath` and `readlink -f`; nothing here is a link.
pub(super) fn realpath(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    if io.name() == "readlink" && !arguments.iter().any(|word| matches!(word.as_str(), "-f" | "-e" | "-m")) {
        let mut status = 1;
        for operand in arguments.iter().filter(|word| !word.starts_with('-')) {
            let path = io.path(operand);
            if let Some(target) = io.files().entry(&path).ok().and_then(|entry| entry.link) {
                io.out(&format!("{target}\n"));
                status = 0;
            }
        }
        return Ok(status);
    }
    let mut status = 0;
    for operand in arguments.iter().filter(|word| !word.starts_with('-')) {
        let path = io.path(operand);
        let there = io.files().stat(&path).is_ok();
        let path = io.files().resolved(&path);
        if there || io.name() == "readlink" {
            io.out(&format!("{path}\n"));
        } else {
            io.complain(&format!("{operand}: No such file or directory"));
            status = 1;
        }
    }
    Ok(status)
}

/// `mktemp [-d]`
pub(super) fn mktemp(io: &mut Io<'_>) -> Turn {
    let folder = io.arguments().iter().any(|word| word == "-d");
    let now = io.now();
    let count = io.files().list("/tmp").map_or(0, |listed| listed.len());
    // The name depends on nothing but the process and what is there already.
    let seed = xxhash_rust::xxh3::xxh3_64(format!("{} {} {count}", io.pid, now.0).as_bytes());
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let digits = if io.is_gnu() { 10 } else { 6 };
    let name: String = (0..digits)
        .map(|at| char::from(letters[usize::try_from(seed.rotate_left(at * 6) % 62).unwrap_or(0)]))
        .collect();
    let path = format!("/tmp/tmp.{name}");
    let made = if folder { io.files().make_dir(&path, now) } else { io.files().write(&path, b"", now) };
    match made {
        Ok(()) => {
            io.out(&format!("{path}\n"));
            Ok(0)
        }
        Err(error) => {
            let template = "X".repeat(usize::try_from(digits).unwrap_or_default());
            let what = if folder { "directory" } else { "file" };
            io.complain(&format!("failed to create {what} via template '/tmp/tmp.{template}': {error}"));
            Ok(1)
        }
    }
}
