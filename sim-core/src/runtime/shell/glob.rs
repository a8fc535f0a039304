//! File name patterns.

use super::pattern;
use crate::runtime::fs::{FileSystem, normalize};

/// The paths that match `pattern`, in order of their names.
pub(super) fn glob(files: &dyn FileSystem, directory: &str, pattern: &str) -> Vec<String> {
    let absolute = pattern.starts_with('/');
    let mut found = vec![if absolute { "/".to_owned() } else { String::new() }];
    let segments: Vec<&str> = pattern.split('/').filter(|segment| !segment.is_empty()).collect();
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        let mut next = Vec::new();
        for base in &found {
            let folder = normalize(directory, base);
            if !pattern::is_pattern(segment) {
                let path = format!("{base}{}", pattern::unescape(segment));
                if files.stat(&normalize(directory, &path)).is_ok() {
                    next.push(path);
                }
                continue;
            }
            for listing in files.list(&folder).unwrap_or_default() {
                let hidden = listing.name.starts_with('.') && !segment.starts_with('.');
                if !hidden && pattern::matches(segment, &listing.name) {
                    next.push(format!("{base}{}", listing.name));
                }
            }
        }
        if !last {
            next.iter_mut().for_each(|path| path.push('/'));
        }
        found = next;
        found.truncate(10_000);
    }
    if pattern.ends_with('/') {
        found.retain(|path| {
            files.stat(&normalize(directory, path)).is_ok_and(|entry| entry.content.is_none())
        });
        found.iter_mut().for_each(|path| path.push('/'));
    }
    found
}
