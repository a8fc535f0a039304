//! [`ApiError`]: what the API server answers when it refuses, as a Kubernetes `Status`.
//!
//! Reasons, codes and texts follow the apimachinery `errors` package (API doc "Status v1 meta").

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Status, StatusCause, StatusDetails};

use super::field::FieldError;
use super::object::Kind;

/// A refused request. [`ApiError::status`] is the `Status` object that goes over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError(Box<Status>);

/// Result of an API call.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    fn new(code: i32, reason: &str, message: String, details: Option<StatusDetails>) -> ApiError {
        ApiError(Box::new(Status {
            code: Some(code),
            reason: Some(reason.to_owned()),
            message: Some(message),
            status: Some("Failure".to_owned()),
            details,
            ..Status::default()
        }))
    }

    fn about(kind: Kind, name: &str) -> StatusDetails {
        let info = kind.info();
        StatusDetails {
            group: (!info.group.is_empty()).then(|| info.group.to_owned()),
            kind: Some(info.plural.to_owned()),
            name: Some(name.to_owned()),
            ..StatusDetails::default()
        }
    }

    /// 404: no object of that name.
    pub fn not_found(kind: Kind, name: &str) -> ApiError {
        let message = format!("{} {} not found", kind.info().qualified_plural(), quote(name));
        ApiError::new(404, "NotFound", message, Some(ApiError::about(kind, name)))
    }

    /// [`ApiError::not_found`] of a kind that only its plural and its group, empty for the core group, tell of.
    pub fn none_of(plural: &str, group: &str, name: &str) -> ApiError {
        let qualified = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
        let details = StatusDetails {
            group: (!group.is_empty()).then(|| group.to_owned()),
            kind: Some(plural.to_owned()),
            name: Some(name.to_owned()),
            ..StatusDetails::default()
        };
        ApiError::new(404, "NotFound", format!("{qualified} {} not found", quote(name)), Some(details))
    }

    /// 409: an object of that name is there already.
    pub fn already_exists(kind: Kind, name: &str) -> ApiError {
        let message = format!("{} {} already exists", kind.info().qualified_plural(), quote(name));
        ApiError::new(409, "AlreadyExists", message, Some(ApiError::about(kind, name)))
    }

    /// 409: the write was based on an older version, or on a precondition that no longer holds.
    pub fn conflict(kind: Kind, name: &str, why: &str) -> ApiError {
        let plural = kind.info().qualified_plural();
        let message = format!("Operation cannot be fulfilled on {plural} \"{name}\": {why}");
        ApiError::new(409, "Conflict", message, Some(ApiError::about(kind, name)))
    }

    /// 409: others own fields that were to be applied with other values.
    pub fn apply_conflict(message: String) -> ApiError {
        ApiError::new(409, "Conflict", message, None)
    }

    /// 409: the object is not the one that was meant. Unlike [`ApiError::conflict`] it names the kind.
    pub fn failed_precondition(kind: Kind, name: &str, why: &str) -> ApiError {
        let info = kind.info();
        let group = if info.group.is_empty() { String::new() } else { format!(".{}", info.group) };
        let message = format!("Operation cannot be fulfilled on {}{group} \"{name}\": {why}", kind.name());
        ApiError::new(409, "Conflict", message, Some(ApiError::about(kind, name)))
    }

    /// 404: the kind has no such subresource.
    pub fn no_such_resource() -> ApiError {
        let message = "the server could not find the requested resource";
        ApiError::new(404, "NotFound", message.to_owned(), Some(StatusDetails::default()))
    }

    /// 422: the object does not pass validation.
    pub fn invalid(kind: Kind, name: &str, errors: &[FieldError]) -> ApiError {
        let info = kind.info();
        let mut texts: Vec<String> = Vec::new();
        for error in errors {
            let text = error.to_string();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let joined = if texts.len() == 1 { texts.concat() } else { format!("[{}]", texts.join(", ")) };
        let kind_name = if info.group.is_empty() {
            info.kind.name().to_owned()
        } else {
            format!("{}.{}", info.kind.name(), info.group)
        };
        let message = format!("{kind_name} \"{name}\" is invalid: {joined}");
        let mut details = ApiError::about(kind, name);
        details.kind = Some(info.kind.name().to_owned());
        details.causes = Some(
            errors
                .iter()
                .map(|error| StatusCause {
                    field: Some(error.path.clone()),
                    message: Some(error.detail_text()),
                    reason: Some(error.reason.cause().to_owned()),
                })
                .collect(),
        );
        ApiError::new(422, "Invalid", message, Some(details))
    }

    /// 403: the request is understood and refused.
    pub fn forbidden(kind: Kind, name: &str, why: &str) -> ApiError {
        let plural = kind.info().qualified_plural();
        let which = if name.is_empty() { plural } else { format!("{plural} \"{name}\"") };
        let message = format!("{which} is forbidden: {why}");
        ApiError::new(403, "Forbidden", message, Some(ApiError::about(kind, name)))
    }

    /// 400: the request makes no sense.
    pub fn bad_request(message: impl Into<String>) -> ApiError {
        ApiError::new(400, "BadRequest", message.into(), None)
    }

    /// 429: the request is refused for now.
    pub fn too_many_requests(message: impl Into<String>, cause: Option<StatusCause>) -> ApiError {
        let details =
            cause.map(|cause| StatusDetails { causes: Some(vec![cause]), ..StatusDetails::default() });
        ApiError::new(429, "TooManyRequests", message.into(), details)
    }

    /// 405: the resource has no such verb.
    pub fn method_not_allowed(message: impl Into<String>) -> ApiError {
        ApiError::new(405, "MethodNotAllowed", message.into(), None)
    }

    /// 500: something that the request does not explain.
    pub fn internal(message: impl fmt::Display) -> ApiError {
        ApiError::new(500, "InternalError", format!("Internal error occurred: {message}"), None)
    }

    /// 422: a JSON patch cannot be applied.
    pub fn unprocessable() -> ApiError {
        let message = "the server rejected our request due to an error in our request";
        ApiError::new(422, "Invalid", message.to_owned(), Some(StatusDetails::default()))
    }

    /// 422: the patch makes something that is no object of its kind.
    pub fn invalid_patch(patch: String, why: String) -> ApiError {
        let error = FieldError::invalid("patch", patch, why);
        let details = StatusDetails {
            causes: Some(vec![StatusCause {
                field: Some(error.path.clone()),
                message: Some(error.detail_text()),
                reason: Some(error.reason.cause().to_owned()),
            }]),
            ..StatusDetails::default()
        };
        ApiError::new(422, "Invalid", format!(" \"\" is invalid: {error}"), Some(details))
    }

    /// 500 without a reason: what upstream answers when it has no word for an error.
    pub fn unexplained(message: impl Into<String>) -> ApiError {
        ApiError::new(500, "", message.into(), None)
    }

    /// The whole `Status`.
    pub fn status(&self) -> &Status {
        &self.0
    }

    /// The reason word, `NotFound`.
    pub fn reason(&self) -> &str {
        self.0.reason.as_deref().unwrap_or_default()
    }

    /// The HTTP code.
    pub fn code(&self) -> i32 {
        self.0.code.unwrap_or(500)
    }

    /// Whether the object is not there.
    pub fn is_not_found(&self) -> bool {
        self.reason() == "NotFound"
    }

    /// Whether the object is there already.
    pub fn is_already_exists(&self) -> bool {
        self.reason() == "AlreadyExists"
    }

    /// Whether a creation was refused because its namespace is being deleted.
    pub fn is_namespace_terminating(&self) -> bool {
        self.reason() == "Forbidden"
            && self.0.message.as_deref().is_some_and(|text| text.ends_with("because it is being terminated"))
    }

    /// Whether the write lost a race.
    pub fn is_conflict(&self) -> bool {
        self.reason() == "Conflict"
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message.as_deref().unwrap_or("unknown error"))
    }
}

impl std::error::Error for ApiError {}

/// Text in quotes as Go's `%q` writes it.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
