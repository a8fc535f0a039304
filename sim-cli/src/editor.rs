//! The user's editor: `$KUBE_EDITOR`, `$EDITOR`, or vi, on a temporary file.
//!
//! Models kubectl pkg/cmd/util/editor: Editor.LaunchTempFile.

use std::io::IsTerminal;
use std::process::Command;

/// Lets the user change `text`; `None` when no editor is named and there is no terminal for vi.
///
/// # Errors
/// The editor could not be run, or failed, in kubectl's words.
pub fn edit(text: &str) -> Option<Result<String, String>> {
    let named = ["KUBE_EDITOR", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok());
    let editor = match named.filter(|editor| !editor.trim().is_empty()) {
        Some(editor) => editor,
        None if std::io::stdin().is_terminal() => "vi".to_owned(),
        None => return None,
    };
    Some(launch(&editor, text))
}

fn launch(editor: &str, text: &str) -> Result<String, String> {
    let path = std::env::temp_dir().join(format!("sts-sim-edit-{}.yaml", std::process::id()));
    std::fs::write(&path, text).map_err(|error| error.to_string())?;
    let edited =
        run(editor, &path).and_then(|()| std::fs::read_to_string(&path).map_err(|error| error.to_string()));
    // A file that is gone already needs no removal.
    let _ = std::fs::remove_file(&path);
    edited
}

/// Writes what could not be saved to a new file and returns its path.
pub fn keep(extension: &str, text: &str) -> Option<String> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let number = now.subsec_nanos() ^ std::process::id().rotate_left(16);
    let path = std::env::temp_dir().join(format!("kubectl-edit-{number}.{extension}"));
    std::fs::write(&path, text).ok()?;
    Some(path.to_string_lossy().into_owned())
}

/// The editor's words may be a whole command line, which a shell splits when there are quotes in it.
fn run(editor: &str, path: &std::path::Path) -> Result<(), String> {
    let mut command = if editor.contains(['"', '\'', '\\']) {
        let quoted =
            shlex::try_quote(&path.to_string_lossy()).map_err(|error| error.to_string())?.into_owned();
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{editor} {quoted}"));
        shell
    } else {
        let mut words = editor.split(' ').filter(|word| !word.is_empty());
        let mut plain = Command::new(words.next().unwrap_or_default());
        plain.args(words).arg(path);
        plain
    };
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("there was a problem with the editor \"{editor}\"")),
        Err(_) => Err(format!("unable to launch the editor \"{editor}\"")),
    }
}
