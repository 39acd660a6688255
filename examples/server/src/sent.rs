//! What is sent to be done: a form of a page, or JSON of a program, and nothing else.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse as _;
use axum::{Form, Json};
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::failure::Failure;

/// What was sent, and whether a page answers it.
#[derive(Debug)]
pub(crate) struct Sent<T> {
    pub(crate) value: T,
    pub(crate) is_form: bool,
}

/// Whether the form of a page asks, which is answered with a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IsForm(pub(crate) bool);

impl IsForm {
    fn of(headers: &HeaderMap) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        Self(kind.is_some_and(|kind| kind.starts_with(b"application/x-www-form-urlencoded")))
    }
}

impl FromRequestParts<Arc<App>> for IsForm {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Sent<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let IsForm(is_form) = IsForm::of(request.headers());
        // Neither says more than that it is wrong: what was sent is not repeated.
        let refused = |status| Failure::of_status(status).unwrap_or(Failure::NotFound);
        let value = if is_form {
            let form = Form::<T>::from_request(request, app).await;
            form.map_err(|refusal| refused(refusal.into_response().status()))?.0
        } else {
            // It takes `application/json` alone, which no form of another page can send.
            let json = Json::<T>::from_request(request, app).await;
            json.map_err(|refusal| refused(refusal.into_response().status()))?.0
        };
        Ok(Self { value, is_form })
    }
}
