//! md5sum and sha256sum.

use md5::Md5;
use sha2::{Digest, Sha256};

use super::Turn;
use super::io::Io;

pub(super) fn sum(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let name = io.name();
    let hash = |bytes: &[u8]| match name.as_str() {
        "md5sum" => hex(&Md5::digest(bytes)),
        _ => hex(&Sha256::digest(bytes)),
    };
    let operands: Vec<&String> = arguments.iter().filter(|word| !word.starts_with("--")).collect();
    let (checks, files): (Vec<&String>, Vec<&String>) = operands.into_iter().partition(|word| *word == "-c");
    if files.is_empty() || files.iter().all(|file| *file == "-") {
        let text = io.stdin()?;
        io.out(&format!("{}  -\n", hash(text.as_bytes())));
        return Ok(0);
    }
    let mut status = 0;
    for file in files {
        let path = io.path(file);
        let bytes = match io.files().read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let text = if io.is_gnu() {
                    format!("{file}: {error}")
                } else {
                    format!("can't open '{file}': {error}")
                };
                io.complain(&text);
                status = 1;
                continue;
            }
        };
        if checks.is_empty() {
            io.out(&format!("{}  {file}\n", hash(&bytes)));
            continue;
        }
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Some((wanted, named)) = line.split_once("  ") else { continue };
            let path = io.path(named);
            let same = io.files().read(&path).is_ok_and(|bytes| hash(&bytes) == wanted);
            io.out(&format!("{named}: {}\n", if same { "OK" } else { "FAILED" }));
            status = if same { status } else { 1 };
        }
    }
    Ok(status)
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
