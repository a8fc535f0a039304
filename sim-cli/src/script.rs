//! Scripts: lines of commands, played one after the other, each printed before its output.

use sim_core::kubectl::Files;
use sim_core::session::{Effect, Session, is_incomplete};

use crate::print::Printer;

/// The commands of a script: lines joined where one goes on in the next, comments and blank lines kept out.
pub fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut pending = String::new();
    for line in text.lines() {
        if pending.is_empty() && (line.trim().is_empty() || line.trim_start().starts_with('#')) {
            continue;
        }
        pending.push_str(line);
        pending.push('\n');
        if !is_incomplete(&pending) {
            commands.push(std::mem::take(&mut pending).trim_end().to_owned());
        }
    }
    if !pending.is_empty() {
        commands.push(pending);
    }
    commands
}

/// Plays the commands. With `echo`, each is printed before its output, as in a transcript.
///
/// Returns the exit code of the last command that failed, or 0.
///
/// # Errors
/// Standard output is closed.
pub fn play(
    session: &mut Session,
    commands: &[String],
    files: &dyn Files,
    printer: Printer,
    echo: bool,
) -> std::io::Result<u8> {
    let mut failed = 0;
    for command in commands {
        if echo {
            let shown = command.strip_prefix("$ ").unwrap_or(command);
            printer.chunks(&[out(format!("$ {shown}\n"))])?;
        }
        let chunks = session.run(command, None, files);
        printer.chunks(&chunks)?;
        if session.exit_code() != 0 {
            failed = session.exit_code();
        }
        for effect in session.take_effects() {
            match effect {
                Effect::Quit => return Ok(failed),
                Effect::Save { .. } | Effect::Write { .. } | Effect::Keep { .. } | Effect::Load { .. } => {
                    if let Err(complaint) = crate::saved::carry_out(session, &effect) {
                        printer.chunks(&[err(format!("error: {complaint}\n"))])?;
                        failed = 1;
                    }
                }
            }
        }
        if echo {
            printer.chunks(&[out("\n".to_owned())])?;
        }
    }
    Ok(failed)
}

fn out(text: String) -> sim_core::kubectl::Chunk {
    sim_core::kubectl::Chunk { stream: sim_core::kubectl::Stream::Out, text }
}

fn err(text: String) -> sim_core::kubectl::Chunk {
    sim_core::kubectl::Chunk { stream: sim_core::kubectl::Stream::Err, text }
}
