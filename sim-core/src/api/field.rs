//! [`FieldError`]: one complaint of validation, with its field path.
//!
//! Wording follows apimachinery's `field` package (`Invalid value`, `Required value`, ...).

use std::fmt;

use serde_json::Value;

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldReason {
    /// The value is not acceptable.
    Invalid,
    /// The value is missing.
    Required,
    /// The value may not be set here, or not be changed.
    Forbidden,
    /// The value is none of those that are supported.
    NotSupported,
    /// The same value stands twice.
    Duplicate,
    /// The value names something that is not there.
    NotFound,
    /// The value is longer than it may be.
    TooLong,
    /// There are more values than there may be.
    TooMany,
}

impl FieldReason {
    /// The reason as a `StatusCause` spells it.
    pub fn cause(self) -> &'static str {
        match self {
            FieldReason::Invalid => "FieldValueInvalid",
            FieldReason::Required => "FieldValueRequired",
            FieldReason::Forbidden => "FieldValueForbidden",
            FieldReason::NotSupported => "FieldValueNotSupported",
            FieldReason::Duplicate => "FieldValueDuplicate",
            FieldReason::NotFound => "FieldValueNotFound",
            FieldReason::TooLong => "FieldValueTooLong",
            FieldReason::TooMany => "FieldValueTooMany",
        }
    }

    fn text(self) -> &'static str {
        match self {
            FieldReason::Invalid => "Invalid value",
            FieldReason::Required => "Required value",
            FieldReason::Forbidden => "Forbidden",
            FieldReason::NotSupported => "Unsupported value",
            FieldReason::Duplicate => "Duplicate value",
            FieldReason::NotFound => "Not found",
            FieldReason::TooLong => "Too long",
            FieldReason::TooMany => "Too many",
        }
    }
}

/// One complaint of validation.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// What kind of complaint.
    pub reason: FieldReason,
    /// The field, `spec.template.spec.containers[0].image`.
    pub path: String,
    /// The offending value; shown only by reasons that show one.
    pub value: Value,
    /// How the value is shown where that is not its JSON: Go's structures have fields in their own order. It is
    /// not shown at all when this is empty.
    pub shown: Option<String>,
    /// The rest of the sentence.
    pub detail: String,
}

impl FieldError {
    /// A complaint about a value.
    pub fn invalid(
        path: impl Into<String>,
        value: impl Into<Value>,
        detail: impl Into<String>,
    ) -> FieldError {
        FieldError {
            reason: FieldReason::Invalid,
            path: path.into(),
            value: value.into(),
            shown: None,
            detail: detail.into(),
        }
    }

    /// A complaint about a missing value.
    pub fn required(path: impl Into<String>, detail: impl Into<String>) -> FieldError {
        FieldError {
            reason: FieldReason::Required,
            path: path.into(),
            value: Value::Null,
            shown: None,
            detail: detail.into(),
        }
    }

    /// A complaint about a value that may not be set or changed.
    pub fn forbidden(path: impl Into<String>, detail: impl Into<String>) -> FieldError {
        FieldError {
            reason: FieldReason::Forbidden,
            path: path.into(),
            value: Value::Null,
            shown: None,
            detail: detail.into(),
        }
    }

    /// A complaint about a value that is none of `supported`.
    pub fn not_supported(path: impl Into<String>, value: impl Into<Value>, supported: &[&str]) -> FieldError {
        let quoted: Vec<String> = supported.iter().map(|word| format!("\"{word}\"")).collect();
        let detail = format!("supported values: {}", quoted.join(", "));
        FieldError {
            reason: FieldReason::NotSupported,
            path: path.into(),
            value: value.into(),
            shown: None,
            detail,
        }
    }

    /// A complaint about a value that stands twice.
    pub fn duplicate(path: impl Into<String>, value: impl Into<Value>) -> FieldError {
        FieldError {
            reason: FieldReason::Duplicate,
            path: path.into(),
            value: value.into(),
            shown: None,
            detail: String::new(),
        }
    }

    /// A complaint about a value that names something which is not there.
    pub fn not_found(path: impl Into<String>, value: impl Into<Value>) -> FieldError {
        FieldError {
            reason: FieldReason::NotFound,
            path: path.into(),
            value: value.into(),
            shown: None,
            detail: String::new(),
        }
    }

    /// A complaint about a value of more than `bytes_max` bytes.
    pub fn too_long(path: impl Into<String>, bytes_max: usize) -> FieldError {
        FieldError {
            reason: FieldReason::TooLong,
            path: path.into(),
            value: Value::Null,
            shown: None,
            detail: format!("may not be more than {bytes_max} bytes"),
        }
    }

    /// A complaint about more values than there may be.
    pub fn too_many(path: impl Into<String>, count: usize, max: usize) -> FieldError {
        let detail = format!("must have at most {max} items");
        FieldError { reason: FieldReason::TooMany, ..FieldError::invalid(path, count, detail) }
    }

    /// The sentence without the path, as a `StatusCause` carries it.
    pub fn detail_text(&self) -> String {
        let shows_value =
            !matches!(self.reason, FieldReason::Required | FieldReason::Forbidden | FieldReason::TooLong)
                && self.shown.as_deref() != Some("");
        let mut text = self.reason.text().to_owned();
        if shows_value {
            text.push_str(": ");
            text.push_str(&self.shown.clone().unwrap_or_else(|| self.value.to_string()));
        }
        if !self.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&self.detail);
        }
        text
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.detail_text())
    }
}
