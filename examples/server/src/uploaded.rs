//! A list as a page sends it: a file with the fields beside it, or the fields alone.

use std::sync::Arc;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;

use crate::app::App;
use crate::collection::AskedList;
use crate::failure::Failure;
use crate::plan::When;
use crate::sent::Sent;

/// A list that was uploaded, pasted, or sent along.
#[derive(Debug)]
pub(crate) struct Uploaded(pub(crate) AskedList);

impl FromRequest<Arc<App>> for Uploaded {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data")) {
            return Ok(Self(Sent::from_request(request, app).await?.value));
        }
        let parts = Multipart::from_request(request, app).await;
        let mut parts = parts.map_err(|_| wrong())?;
        let mut asked = AskedList::default();
        while let Some(part) = parts.next_field().await.map_err(|error| of_part(&error))? {
            read(part, &mut asked).await?;
        }
        Ok(Self(asked))
    }
}

async fn read(part: Field<'_>, asked: &mut AskedList) -> Result<(), Failure> {
    let name = part.name().unwrap_or_default().to_owned();
    let file = part.file_name().unwrap_or_default().to_owned();
    let bytes = part.bytes().await.map_err(|error| of_part(&error))?;
    // No file, as browsers send it, is one without a name and without bytes.
    if bytes.is_empty() {
        return Ok(());
    }
    // What is no UTF-8 is told by the reader of lists.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match name.as_str() {
        "file" => {
            asked.text = text;
            if asked.title.trim().is_empty() {
                asked.title = file;
            }
        }
        // What is pasted counts if there is no file.
        "text" if asked.text.is_empty() => asked.text = text,
        "title" if !text.trim().is_empty() => asked.title = text,
        "at" => asked.at = text,
        "once" => asked.once = text,
        "again" => asked.again = text == "true",
        "per_day" => asked.per_day = text.trim().parse().map_err(|_| wrong())?,
        "when" => asked.when = when(&text)?,
        _ => {}
    }
    Ok(())
}

fn when(text: &str) -> Result<When, Failure> {
    serde_json::from_value(text.into()).map_err(|_| wrong())
}

fn wrong() -> Failure {
    Failure::BadRequest("What was sent is not what belongs here.".to_owned())
}

/// Neither says more than that it is wrong: what was sent is not repeated.
fn of_part(error: &MultipartError) -> Failure {
    Failure::of_status(error.status()).unwrap_or_else(wrong)
}
