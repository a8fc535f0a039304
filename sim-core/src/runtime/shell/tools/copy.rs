//! cp, mv and ln.

use super::Turn;
use super::files::remove_all;
use super::io::Io;
use super::options::Options;
use crate::runtime::fs::FsError;

/// Where `operand` goes when it is put at `target`: into it, when that is a folder.
fn destination(io: &mut Io<'_>, operand: &str, target: &str) -> String {
    let path = io.path(target);
    match io.files().stat(&path) {
        Ok(entry) if entry.content.is_none() => {
            let from = io.path(operand);
            let name = from.rsplit('/').next().unwrap_or_default();
            format!("{}/{name}", path.trim_end_matches('/'))
        }
        _ => path,
    }
}

/// Copies a file or a whole folder.
fn copy_all(io: &mut Io<'_>, from: &str, to: &str) -> Result<(), FsError> {
    if to.strip_prefix(from).is_some_and(|rest| rest.starts_with('/')) {
        return Err(FsError::Busy);
    }
    let mut entries = Vec::new();
    // A link that is named is followed, those below are as they are.
    let from = io.files().resolved(from);
    let from = from.as_str();
    super::find::walk(io, from, &mut |path, entry| entries.push((path.to_owned(), entry.clone())));
    let now = io.now();
    for (path, entry) in entries {
        let target = format!("{to}{}", &path[from.len()..]);
        match entry.content {
            Some(_) if entry.link.is_some() => {
                let link = entry.link.unwrap_or_default();
                io.files().make_link(&target, &link, now)?;
            }
            Some(content) => {
                io.files().write(&target, &content, now)?;
                io.files().set_mode(&target, entry.mode)?;
            }
            None => match io.files().make_dir(&target, now) {
                Ok(()) | Err(FsError::Exists) => {}
                Err(error) => return Err(error),
            },
        }
    }
    Ok(())
}

/// Reads options and splits off the target; `Err` with the exit code.
fn operands(io: &mut Io<'_>, spec: &str) -> Result<(Options, Vec<String>, String), i32> {
    let mut options = Options::read(io, spec)?;
    let mut operands = std::mem::take(&mut options.operands);
    if operands.len() < 2 {
        let line = format!("BusyBox multi-call binary.\n\nUsage: {} [OPTIONS] SOURCE... DEST\n", io.name());
        io.err(&line);
        return Err(1);
    }
    let target = operands.pop().unwrap_or_default();
    Ok((options, operands, target))
}

pub(super) fn cp(io: &mut Io<'_>) -> Turn {
    let (options, sources, target) = match operands(io, "rRapfuvL") {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    let recursive = options.has('r') || options.has('R') || options.has('a');
    let mut status = 0;
    for source in &sources {
        let (from, to) = (io.path(source), destination(io, source, &target));
        let failure = match io.files().stat(&from) {
            Err(error) if io.is_gnu() => Some(format!("cannot stat '{source}': {error}")),
            Err(error) => Some(format!("can't stat '{source}': {error}")),
            Ok(entry) if entry.content.is_none() && !recursive && io.is_gnu() => {
                Some(format!("-r not specified; omitting directory '{source}'"))
            }
            Ok(entry) if entry.content.is_none() && !recursive => {
                Some(format!("omitting directory '{source}'"))
            }
            Ok(_) if from == to => Some(format!("'{source}' and '{target}' are the same file")),
            Ok(_) => copy_all(io, &from, &to).err().map(|error| {
                if io.is_gnu() {
                    format!("cannot create '{target}': {error}")
                } else {
                    format!("can't create '{target}': {error}")
                }
            }),
        };
        if let Some(message) = failure {
            io.complain(&message);
            status = 1;
        }
    }
    Ok(status)
}

pub(super) fn mv(io: &mut Io<'_>) -> Turn {
    let (_, sources, target) = match operands(io, "fivn") {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    let mut status = 0;
    for source in &sources {
        let (from, to) = (io.path(source), destination(io, source, &target));
        let moved = match io.files().stat(&from) {
            Ok(_) if from == to => Ok(()),
            Ok(_) => copy_all(io, &from, &to).and_then(|()| remove_all(io, &from)),
            Err(error) => Err(error),
        };
        if let Err(error) = moved {
            let there = error == FsError::NotFound && io.files().stat(&from).is_err();
            let message = match (there, io.is_gnu()) {
                (true, true) => format!("cannot stat '{source}': {error}"),
                (_, _) => format!("can't rename '{source}': {error}"),
            };
            io.complain(&message);
            status = 1;
        }
    }
    Ok(status)
}

/// `ln -s` makes a symbolic link. Others are copies made at that moment: files here have one name each.
pub(super) fn ln(io: &mut Io<'_>) -> Turn {
    let (options, sources, target) = match operands(io, "sfnv") {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    let mut status = 0;
    for source in &sources {
        let (from, to) = (io.path(source), destination(io, source, &target));
        let exists = io.files().entry(&to).is_ok();
        if options.has('s') {
            let now = io.now();
            if exists && options.has('f') {
                let _gone = io.files().remove(&to);
            }
            if let Err(error) = io.files().make_link(&to, source, now) {
                io.complain(&match io.is_gnu() {
                    true => format!("failed to create symbolic link '{target}': {error}"),
                    false => format!("{target}: {error}"),
                });
                status = 1;
            }
            continue;
        }
        let linked = match exists && !options.has('f') {
            true => Err(FsError::Exists),
            false => io.files().stat(&from).map(drop).and_then(|()| copy_all(io, &from, &to)),
        };
        if let Err(error) = linked {
            io.complain(&format!("{to}: {error}"));
            status = 1;
        }
    }
    Ok(status)
}
