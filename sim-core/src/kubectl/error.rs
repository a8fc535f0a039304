//! [`CliError`]: how a command fails, in kubectl's words.

use super::output::Output;
use crate::api::ApiError;

/// A failed command.
#[derive(Clone, Debug, PartialEq)]
pub enum CliError {
    /// `error: ...`
    Plain(String),
    /// `error: ...`, then where the usage can be read; the verb is as typed after `kubectl`, `rollout status`.
    Usage {
        /// The verb.
        verb: String,
        /// What is wrong.
        message: String,
    },
    /// What the API server refused.
    Api {
        /// Its answer.
        error: ApiError,
        /// What was being done, `error when creating "STDIN"`.
        doing: Option<String>,
    },
    /// Text that stands by itself, without `error: `.
    Verbatim(String),
    /// Several failures, in order.
    Several(Vec<CliError>),
    /// Nothing more to say; the exit code.
    Exit(u8),
}

impl CliError {
    /// `error: message`
    pub fn plain(message: impl Into<String>) -> CliError {
        CliError::Plain(message.into())
    }

    /// An API error with what was being done.
    pub fn api(error: ApiError, doing: impl Into<String>) -> CliError {
        CliError::Api { error, doing: Some(doing.into()) }
    }

    /// The text, without a final newline; empty when there is nothing to say.
    pub fn text(&self) -> String {
        match self {
            CliError::Plain(message) => format!("error: {message}"),
            CliError::Usage { verb, message } => {
                format!("error: {message}\nSee 'kubectl {verb} --help' for usage.")
            }
            CliError::Api { error, doing } => api_text(error, doing.as_deref()),
            CliError::Verbatim(text) => text.clone(),
            CliError::Several(errors) => {
                let texts: Vec<String> =
                    errors.iter().map(CliError::text).filter(|t| !t.is_empty()).collect();
                texts.join("\n")
            }
            CliError::Exit(_) => String::new(),
        }
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            CliError::Exit(code) => *code,
            _ => 1,
        }
    }

    /// Prints the error and returns its exit code.
    pub fn report(&self, out: &mut Output) -> u8 {
        let text = self.text();
        if !text.is_empty() {
            out.err_line(text);
        }
        self.code()
    }
}

impl From<ApiError> for CliError {
    fn from(error: ApiError) -> CliError {
        CliError::Api { error, doing: None }
    }
}

/// Models kubectl pkg/cmd/util: StandardErrorMessage and checkErr.
fn api_text(error: &ApiError, doing: Option<&str>) -> String {
    let message = match doing {
        Some(doing) => format!("{doing}: {error}"),
        None => error.to_string(),
    };
    let details = error.status().details.as_ref();
    let causes = details.and_then(|details| details.causes.as_deref()).unwrap_or_default();
    if error.reason() != "Invalid" {
        return format!("Error from server ({}): {message}", error.reason());
    }
    let (kind, name) = details
        .map(|d| (d.kind.as_deref().unwrap_or_default(), d.name.as_deref().unwrap_or_default()))
        .unwrap_or_default();
    if kind.is_empty() {
        return "The request is invalid".to_owned();
    }
    let mut lines: Vec<String> = Vec::new();
    for cause in causes {
        let field = cause.field.as_deref().unwrap_or_default();
        let line = format!("{field}: {}", cause.message.as_deref().unwrap_or_default());
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    match lines.as_slice() {
        [] => format!("The {kind} \"{name}\" is invalid"),
        [only] => format!("The {kind} \"{name}\" is invalid: {only}"),
        many => format!("The {kind} \"{name}\" is invalid: \n* {}", many.join("\n* ")),
    }
}
