//! Scripts: lines of commands, played one after the other, each printed before its output.

use sim_core::kubectl::Files;
use sim_core::session::{Effect, Session};

use crate::print::Printer;

/// The commands of a script. Some editors put a byte order mark at its start.
pub fn commands(text: &str) -> Vec<String> {
    sim_core::session::commands(text.strip_prefix('\u{feff}').unwrap_or(text))
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
                        printer.chunks(&[err(format!("error: {complaint:#}\n"))])?;
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
