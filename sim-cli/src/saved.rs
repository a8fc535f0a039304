//! Session files: writing them whole, opening them again.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use sim_core::engine::Journal;
use sim_core::session::{Effect, Session};

use crate::files::on_disk;

/// Does what the session asks of the disk.
///
/// # Errors
/// The file cannot be written or read, or is no session; the session is as it was.
pub fn carry_out(session: &mut Session, effect: &Effect) -> anyhow::Result<()> {
    match effect {
        Effect::Save { path, text } => save(&on_disk(path), text),
        Effect::Load { path } => {
            let text =
                std::fs::read_to_string(on_disk(path)).with_context(|| format!("cannot read {path}"))?;
            let (journal, damage) = Journal::sound_part(&text)?;
            let files = session.lent();
            *session = open(path, &journal);
            session.lend(files);
            // The disk has what its lines wrote, or something newer.
            session.take_effects();
            if let Some(damage) = damage {
                let lost =
                    text.lines().filter(|line| !line.trim().is_empty()).count() - 1 - journal.inputs.len();
                let lines = if lost == 1 { "line" } else { "lines" };
                eprintln!(
                    "warning: {damage}; {path} is opened up to there, without its last {lost} {lines}. Save it under \
                     another name to keep what is left"
                );
            }
            Ok(())
        }
        Effect::Write { path, bytes } => write(Path::new(path), bytes),
        Effect::Keep { path, text } => write(Path::new(path), text.as_bytes()),
        Effect::Quit => Ok(()),
    }
}

/// Plays the journal, and says how far it is when that takes a while.
fn open(path: &str, journal: &Journal) -> Session {
    let (started, mut said) = (Instant::now(), 0);
    let count = journal.inputs.len();
    let session = Session::from_journal_watched(journal, &mut |number, at| {
        let seconds = started.elapsed().as_secs();
        if seconds > said {
            said = seconds;
            let day = at.0 / 86_400_000_000_000 + 1;
            eprint!("\ropening {path}: line {number} of {count}, day {day} ...");
        }
    });
    if said > 0 {
        eprintln!();
    }
    session
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes beside the file first, so that a full disk does not cost the session that was there. The name beside it is
/// one that nobody has.
fn save(path: &Path, text: &str) -> anyhow::Result<()> {
    let refused = || format!("cannot write {}", path.display());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = File::create_new(&beside).and_then(|mut file| file.write_all(text.as_bytes()));
    let written = written.and_then(|()| std::fs::rename(&beside, path));
    if written.as_ref().is_err_and(|error| error.kind() != ErrorKind::AlreadyExists) {
        // It may never have been there.
        let _ = std::fs::remove_file(&beside);
    }
    written.with_context(refused)
}
