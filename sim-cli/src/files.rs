//! Files as the command line has them: the disk's, and the lab's manifests built in.

use std::path::{Component, Path, PathBuf};

use sim_core::kubectl::{FileError, Files};
use sim_core::session::MemoryFiles;

/// The lab, built in so that the binary alone is enough.
static LAB: &[(&str, &str)] = &[
    ("lab14/service.yaml", include_str!("../../examples/lab14/service.yaml")),
    ("lab14/headless.yaml", include_str!("../../examples/lab14/headless.yaml")),
    ("lab14/statefulset.yaml", include_str!("../../examples/lab14/statefulset.yaml")),
    ("lab14/deployment.yaml", include_str!("../../examples/lab14/deployment.yaml")),
    ("lab14/parallel/statefulset.yaml", include_str!("../../examples/lab14/parallel/statefulset.yaml")),
    ("manifests/postgres.yaml", include_str!("../../examples/manifests/postgres.yaml")),
    ("manifests/web.yaml", include_str!("../../examples/manifests/web.yaml")),
    ("manifests/redis.yaml", include_str!("../../examples/manifests/redis.yaml")),
];

/// The table of the API's descriptions, which `explain` reads.
pub(crate) static SCHEMA: &str = include_str!("../../sim-core/data/api-v1.36.txt");

/// How much of a folder is looked at for names to offer.
const MOST_ENTRIES: usize = 10_000;

/// The path on the disk that `path` means: a shell would have put the home folder in place of `~`.
pub(crate) fn on_disk(path: &str) -> PathBuf {
    let below_home = path.strip_prefix("~/").and_then(|rest| Some(std::env::home_dir()?.join(rest)));
    below_home.unwrap_or_else(|| PathBuf::from(path))
}

/// The disk first, then what is built in.
#[derive(Debug)]
pub struct DiskFiles {
    built_in: MemoryFiles,
}

impl Default for DiskFiles {
    fn default() -> Self {
        DiskFiles { built_in: MemoryFiles::new(LAB.iter().copied()) }
    }
}

impl Files for DiskFiles {
    fn read(&self, path: &str, recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        let on_disk = on_disk(path);
        if !on_disk.exists() {
            return self.built_in.read(path, recursive);
        }
        let mut found = Vec::new();
        read_into(&on_disk, recursive, &mut found).map_err(|error| FileError::Other(error.to_string()))?;
        Ok(found)
    }

    fn at_hand(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.built_in.paths().map(str::to_owned).collect();
        let here = std::fs::read_dir(".").into_iter().flatten().flatten();
        let names = here.map(|entry| entry.file_name().to_string_lossy().into_owned());
        paths.extend(names.filter(|name| is_manifest(Path::new(name))));
        paths.sort();
        paths
    }

    fn read_tree(&self, path: &str) -> Result<Vec<(String, String)>, FileError> {
        let on_disk = on_disk(path);
        if !on_disk.exists() {
            return self.built_in.read_tree(path);
        }
        let mut found = Vec::new();
        read_below(&on_disk, &mut found).map_err(|error| FileError::Other(error.to_string()))?;
        Ok(found)
    }

    fn is_folder(&self, path: &str) -> bool {
        on_disk(path).is_dir()
    }

    fn entries(&self, folder: &str) -> Vec<String> {
        let place = if folder.is_empty() { PathBuf::from(".") } else { on_disk(folder) };
        let found = std::fs::read_dir(place).into_iter().flatten().flatten().take(MOST_ENTRIES);
        let mut names: Vec<String> = found
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Some(if entry.path().is_dir() { name + "/" } else { name })
            })
            .collect();
        names.extend(self.built_in.entries(folder));
        names.sort();
        names.dedup();
        names
    }

    fn schema(&self) -> Option<&str> {
        Some(SCHEMA)
    }

    fn edit(&self, _name: &str, text: &str) -> Option<Result<String, String>> {
        crate::editor::edit(text)
    }

    fn keep_edit(&self, extension: &str, text: &str) -> Option<String> {
        crate::editor::keep(extension, text)
    }
}

/// Every file below `path`, whatever its name.
fn read_below(path: &Path, found: &mut Vec<(String, String)>) -> std::io::Result<()> {
    if !path.is_dir() {
        found.push((path.to_string_lossy().into_owned(), text(&std::fs::read(path)?)));
        return Ok(());
    }
    let mut entries: Vec<_> = std::fs::read_dir(path)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(|entry| entry.file_name());
    entries.iter().try_for_each(|entry| read_below(&entry.path(), found))
}

/// Whether kubectl reads the file when it is in a folder.
fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json")
}

fn read_into(path: &Path, recursive: bool, found: &mut Vec<(String, String)>) -> std::io::Result<()> {
    if path.is_file() || !path.is_dir() {
        found.push((path.to_string_lossy().into_owned(), text(&std::fs::read(path)?)));
        return Ok(());
    }
    let mut entries: Vec<_> = std::fs::read_dir(path)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        // What a folder holds goes by its shortest path.
        let inner: PathBuf =
            entry.path().components().skip_while(|part| *part == Component::CurDir).collect();
        if inner.is_dir() && recursive || inner.is_file() && is_manifest(&inner) {
            read_into(&inner, recursive, found)?;
        }
    }
    Ok(())
}

/// Bytes as text: UTF-16 where a mark begins them, as some shells of Windows write it, and UTF-8 otherwise. What
/// is neither becomes a replacement character.
///
/// Models cli-runtime pkg/resource: FileVisitor.Visit.
pub(crate) fn text(bytes: &[u8]) -> String {
    let utf_16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks();
        let units = pairs.iter().map(|pair| unit(*pair));
        let decoded = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        decoded.chain(rest.first().map(|_| char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_the_encodings_of_windows() {
        let utf_16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
        };
        assert_eq!(text(&utf_16("name: \u{e9}\u{1f600}\r\n", u16::to_le_bytes)), "name: \u{e9}\u{1f600}\r\n");
        assert_eq!(text(&utf_16("name: \u{e9}\n", u16::to_be_bytes)), "name: \u{e9}\n");
        assert_eq!(text(b"\xef\xbb\xbfname: x"), "name: x");
        assert_eq!(text(b"# caf\xe9\nname: x"), "# caf\u{fffd}\nname: x");
        assert_eq!(text(b"\xff\xfea\0b"), "a\u{fffd}");
    }

    #[test]
    fn files_of_a_folder_go_by_their_shortest_path() {
        // The tests' working directory is the package's own.
        let paths = |folder: &str| -> Vec<String> {
            let found = DiskFiles::default().read(folder, false).expect("the folder");
            found.into_iter().map(|(path, _)| path).collect()
        };
        let lab = paths("../examples/lab14");
        assert!(lab.contains(&"../examples/lab14/service.yaml".to_owned()), "{lab:?}");
        assert_eq!(paths("./../examples/lab14/"), lab);
    }
}
