//! What is sent to be done: a form of a page, or JSON of a program, and nothing else.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::header;
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

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Sent<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_form = kind
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
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
