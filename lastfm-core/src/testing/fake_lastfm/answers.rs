//! Answers, and the errors that the service reports.

use super::ErrorBody;
use super::names::Name;

/// What a method answers: what was asked for, or why not.
pub(super) type Outcome = Result<Answer, Refusal>;

/// An error in place of what was asked for.
#[derive(Debug)]
pub(super) struct Refusal(Box<Answer>);

impl From<Answer> for Refusal {
    fn from(answer: Answer) -> Self {
        Self(Box::new(answer))
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        *refusal.0
    }
}

/// An answer, before anything happens to it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    pub(super) error: Option<u32>,
    pub(super) plays: usize,
    pub(super) digest: u64,
}

const JSON: &str = "application/json";

impl Answer {
    pub(super) fn json(body: String) -> Self {
        Self { status: 200, content_type: JSON, body, error: None, plays: 0, digest: 0 }
    }

    pub(super) fn html(status: u16, body: String) -> Self {
        Self { status, content_type: "text/html; charset=UTF-8", ..Self::json(body) }
    }

    pub(super) fn error(code: u32, status: u16, message: &str) -> Self {
        let message = Name::new(message).json;
        Self {
            status,
            error: Some(code),
            ..Self::json(format!(r#"{{"message":{message},"error":{code}}}"#))
        }
    }

    /// An error in the service's usual words, with the status that usually goes with it.
    pub(super) fn refused(code: u32) -> Refusal {
        let status = match code {
            3 | 6 => 400,
            8 => 500,
            _ => 403,
        };
        Self::failed(code, status, ErrorBody::Json).into()
    }

    /// An error 6 about something that does not exist.
    pub(super) fn not_found(message: &str) -> Refusal {
        Self::error(6, 404, message).into()
    }

    pub(super) fn user_not_found() -> Self {
        Self::error(6, 404, "User not found")
    }

    /// An error in the service's usual words.
    pub(super) fn failed(code: u32, status: u16, body: ErrorBody) -> Self {
        let message = usual_words(code);
        match body {
            ErrorBody::Json => Self::error(code, status, message),
            ErrorBody::Xml => {
                let body = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<lfm status=\"failed\">\n\
                     <error code=\"{code}\">{message}</error></lfm>\n"
                );
                Self {
                    content_type: "text/xml; charset=UTF-8",
                    error: Some(code),
                    ..Self::html(status, body)
                }
            }
            ErrorBody::Html => Self::html(
                status,
                format!(
                    "<html><head><title>{status} Server Error</title></head><body>\
                     <h1>Error: Server Error</h1><h2>Please try again in 30 seconds.</h2></body>\
                     </html>"
                ),
            ),
            ErrorBody::Empty => Self::html(status, String::new()),
        }
    }
}

fn usual_words(code: u32) -> &'static str {
    match code {
        3 => "Invalid Method - No method with that name in this package",
        4 => "Authentication Failed - You do not have permissions to access the service",
        5 => "Invalid format - This service doesn't exist in that format",
        6 => "Invalid parameters - Your request is missing a required parameter",
        8 => "Operation failed - Most likely the backend service failed. Please try again.",
        9 => "Invalid session key - Please re-authenticate",
        10 => "Invalid API key - You must be granted a valid key by last.fm",
        11 => "Service Offline - This service is temporarily offline. Try again later.",
        13 => "Invalid method signature supplied",
        16 => "The service is temporarily unavailable, please try again.",
        17 => "Login: User required to be logged in",
        26 => "Suspended API key - Access for your account has been suspended",
        29 => {
            "Rate Limit Exceeded - This application has made too many requests in a short period."
        }
        _ => "Something went wrong",
    }
}
