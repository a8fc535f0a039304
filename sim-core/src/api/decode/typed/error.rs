//! [`TypeError`]: a value that is not of its type.

use std::fmt;

/// Why a value is not of its type, in the words of Go's decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError(pub(super) String);

impl TypeError {
    /// The same in the words of Go's converter from unstructured maps, which strategic merges go through.
    ///
    /// Models apimachinery pkg/runtime: fromUnstructured.
    pub fn unstructured(&self) -> Option<String> {
        let (found, rest) = self.0.strip_prefix("json: cannot unmarshal ")?.split_once(" into Go ")?;
        let (_, wanted) = rest.rsplit_once(" of type ")?;
        let found = match found.split(' ').next().unwrap_or_default() {
            "number" => "int64",
            "array" => "slice",
            "object" => "map",
            other => other,
        };
        Some(if wanted.starts_with("[]") {
            format!("cannot restore slice from {found}")
        } else if wanted.starts_with("map[") || wanted == "v1.ResourceList" {
            format!("cannot restore map from {found}")
        } else if wanted.starts_with("v1.") {
            format!("cannot restore struct from: {found}")
        } else {
            format!("unrecognized type: {wanted}")
        })
    }
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TypeError {}
