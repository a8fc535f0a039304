//! [`Never`]: the error of what cannot fail.

use std::fmt;

/// The error of a conversion that has none. Code that would handle it is not even generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl serde::de::Error for Never {
    fn custom<T: fmt::Display>(_: T) -> Never {
        // The decoder checks every value before an API type sees it; see `decode::typed::place`.
        unreachable!("an API type refused a value that was checked")
    }
}

impl serde::ser::Error for Never {
    fn custom<T: fmt::Display>(_: T) -> Never {
        // Only times could be refused, and every time that can be held can be written.
        unreachable!("an API type could not be written")
    }
}
