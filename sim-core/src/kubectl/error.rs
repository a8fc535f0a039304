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
    /// `error: ...`, after an explanation on standard output.
    Explained {
        /// What standard output says.
        explanation: String,
        /// What is wrong.
        message: String,
    },
    /// Text that stands by itself, without `error: `.
    Verbatim(String),
    /// Such a text on standard output.
    Shown(String),
    /// Several failures, in order.
    Several(Vec<CliError>),
    /// Nothing more to say; the exit code.
    Exit(u8),
    /// A command in a container ended with this code: kubectl says so and ends with it too.
    Code {
        /// The exit code.
        code: u8,
        /// What is said, without a final newline.
        message: String,
    },
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

    /// A wrong use of `verb` that the flag library did not see.
    ///
    /// Models kubectl pkg/cmd/util: UsageErrorf.
    pub fn misuse(verb: &str, message: impl AsRef<str>) -> CliError {
        CliError::Plain(format!("{}\nSee 'kubectl {verb} -h' for help and examples", message.as_ref()))
    }

    /// One error for all of `errors`; `None` when there are none.
    ///
    /// Models apimachinery pkg/util/errors: NewAggregate, and checkErr, which unwraps a single one.
    pub fn aggregate(errors: Vec<CliError>) -> Option<CliError> {
        let mut flat = Vec::new();
        for error in errors {
            match error {
                CliError::Several(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Some(CliError::Several(flat)) } else { flat.pop() }
    }

    /// The text, without a final newline; empty when there is nothing to say.
    pub fn text(&self) -> String {
        match self {
            CliError::Plain(message) if message.starts_with("error: ") => message.clone(),
            CliError::Plain(message) => format!("error: {message}"),
            CliError::Usage { verb, message } => {
                format!("error: {message}\nSee 'kubectl {verb} --help' for usage.")
            }
            CliError::Api { error, doing } => api_text(error, doing.as_deref()),
            CliError::Explained { message, .. } => format!("error: {message}"),
            CliError::Verbatim(text) => text.clone(),
            CliError::Several(errors) => {
                let texts: Vec<String> =
                    errors.iter().map(CliError::message).filter(|t| !t.is_empty()).collect();
                texts.join("\n")
            }
            CliError::Exit(_) | CliError::Shown(_) => String::new(),
            CliError::Code { message, .. } => message.clone(),
        }
    }

    /// The text as one of several, which has no `error: ` before it and no list of causes.
    ///
    /// Models kubectl pkg/cmd/util: messageForError.
    pub fn message(&self) -> String {
        match self {
            CliError::Plain(message) => message.clone(),
            CliError::Api { error, doing } => server_text(error, doing.as_deref()),
            other => other.text(),
        }
    }

    /// The text that Go's `error` has, before kubectl says whose it is.
    pub fn bare(&self) -> String {
        match self {
            CliError::Api { error, doing: None } => error.to_string(),
            CliError::Several(errors) => {
                let texts: Vec<String> = errors.iter().map(CliError::bare).collect();
                format!("[{}]", texts.join(", "))
            }
            other => other.message(),
        }
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            CliError::Exit(code) | CliError::Code { code, .. } => *code,
            _ => 1,
        }
    }

    fn explain(&self, out: &mut Output) {
        match self {
            CliError::Explained { explanation, .. } => out.out(explanation),
            CliError::Shown(text) => out.line(text),
            CliError::Several(errors) => errors.iter().for_each(|error| error.explain(out)),
            _ => {}
        }
    }

    /// Prints the error and returns its exit code.
    pub fn report(&self, out: &mut Output) -> u8 {
        self.explain(out);
        let text = self.text();
        match self {
            _ if text.is_empty() => {}
            // These end with a newline of kubectl's, beside their own.
            CliError::Several(_) | CliError::Api { .. } => out.err_line(text),
            _ if text.ends_with('\n') => out.err(text),
            _ => out.err_line(text),
        }
        self.code()
    }
}

impl From<ApiError> for CliError {
    fn from(error: ApiError) -> CliError {
        CliError::Api { error, doing: None }
    }
}

/// Models kubectl pkg/cmd/util: StandardErrorMessage.
fn server_text(error: &ApiError, doing: Option<&str>) -> String {
    let message = match doing {
        Some(doing) => format!("{doing}: {error}"),
        None => error.to_string(),
    };
    match error.reason() {
        "" => format!("Error from server: {message}"),
        reason => format!("Error from server ({reason}): {message}"),
    }
}

/// Models kubectl pkg/cmd/util: checkErr.
fn api_text(error: &ApiError, doing: Option<&str>) -> String {
    if error.reason() != "Invalid" {
        return server_text(error, doing);
    }
    let message = match doing {
        Some(doing) => format!("{doing}: {error}"),
        None => error.to_string(),
    };
    let Some(details) = error.status().details.as_ref() else {
        return format!("The request is invalid: {message}");
    };
    let causes = details.causes.as_deref().unwrap_or_default();
    let kind = details.kind.as_deref().unwrap_or_default();
    let name = details.name.as_deref().unwrap_or_default();
    let subject = if !kind.is_empty() || !name.is_empty() {
        format!("The {kind} \"{name}\" is invalid")
    } else if causes.is_empty() {
        format!("The request is invalid: {message}")
    } else {
        "The request is invalid".to_owned()
    };
    let mut lines: Vec<String> = Vec::new();
    for cause in causes {
        let field = cause.field.as_deref().unwrap_or_default();
        let line = format!("{field}: {}", cause.message.as_deref().unwrap_or_default());
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    match lines.as_slice() {
        [] => subject,
        [only] => format!("{subject}: {only}"),
        many => format!("{subject}: \n* {}", many.join("\n* ")),
    }
}
