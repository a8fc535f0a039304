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

/// The editor's words may be a whole command line, which a shell splits.
fn run(editor: &str, path: &std::path::Path) -> Result<(), String> {
    let quoted = shlex::try_quote(&path.to_string_lossy()).map_err(|error| error.to_string())?.into_owned();
    let status = Command::new("sh").arg("-c").arg(format!("{editor} {quoted}")).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("there was a problem with the editor \"{editor}\"")),
        Err(error) => Err(format!("unable to launch the editor \"{editor}\": {error}")),
    }
}
