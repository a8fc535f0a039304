//! Session files: writing them whole, opening them again.

use std::path::Path;

use anyhow::Context;
use sim_core::engine::Journal;
use sim_core::session::{Effect, Session};

/// Does what the session asks of the disk.
///
/// # Errors
/// The file cannot be written or read, or is no session; the session is as it was.
pub fn carry_out(session: &mut Session, effect: &Effect) -> anyhow::Result<()> {
    match effect {
        Effect::Save { path, text } => save(Path::new(path), text),
        Effect::Load { path } => {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
            *session = Session::from_journal(&Journal::from_text(&text)?);
            Ok(())
        }
        Effect::Write { path, bytes } => write(Path::new(path), bytes),
        Effect::Quit => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes beside the file first, so that a full disk does not cost the session that was there.
fn save(path: &Path, text: &str) -> anyhow::Result<()> {
    let beside = path.with_extension("part");
    std::fs::write(&beside, text).with_context(|| format!("cannot write {}", beside.display()))?;
    std::fs::rename(&beside, path).with_context(|| format!("cannot write {}", path.display()))
}
