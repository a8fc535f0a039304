//! HTTP between pods: requests and responses without a wire.

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query, `/visits?all`.
    pub path: String,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl HttpRequest {
    /// A GET without body.
    pub fn get(path: &str) -> HttpRequest {
        HttpRequest { method: "GET".to_owned(), path: path.to_owned(), ..HttpRequest::default() }
    }
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl HttpResponse {
    /// 200 with a plain text body.
    pub fn ok(body: impl Into<String>) -> HttpResponse {
        HttpResponse { status: 200, headers: Vec::new(), body: body.into() }
    }
}

/// Why nothing answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// Nothing listens on that port.
    #[error("Connection refused")]
    Refused,
    /// There is no route to that address.
    #[error("No route to host")]
    NoRoute,
    /// No answer came in time.
    #[error("Operation timed out")]
    TimedOut,
    /// The connection was closed before an answer came.
    #[error("Connection reset by peer")]
    Closed,
}
