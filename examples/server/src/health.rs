//! Whether the server is well, for whoever runs it.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app;
use crate::failure::Failure;

/// How long a database may take to answer.
const ANSWER: Duration = Duration::from_secs(3);

/// The process is alive.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// Whether requests can be answered: both databases answer, and no end is near.
pub(crate) async fn ready(State(app): app::State) -> Response {
    if app.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    let nobody = "nobody".parse();
    let asked = async {
        if let Ok(nobody) = &nobody {
            app.db.store.user(nobody).await.map_err(Failure::from)?;
        }
        app.jobs.is_attended().await.map_err(Failure::from)
    };
    match tokio::time::timeout(ANSWER, asked).await {
        Ok(Ok(true)) => "ready\n".into_response(),
        // Pages are shown all the same.
        Ok(Ok(false)) => "ready; no worker is heard of\n".into_response(),
        Ok(Err(failure)) => failure.into_response(),
        Err(_) => Failure::Unready("no answer".to_owned()).into_response(),
    }
}

/// Figures for Prometheus.
pub(crate) async fn metrics(State(app): app::State) -> Result<Response, Failure> {
    const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let snapshot = tokio::time::timeout(ANSWER, app.jobs.snapshot()).await;
    let snapshot = snapshot.map_err(|_| Failure::Unready("no answer".to_owned()))??;
    let mut text = app.figures.text().map_err(Failure::inside)?;
    text += &app.crew.text(&snapshot).map_err(Failure::inside)?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(TEXT))], text).into_response())
}
