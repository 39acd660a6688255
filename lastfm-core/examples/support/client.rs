//! The client that the environment describes, for all of these examples.
//!
//! `LASTFM_API_URL` can name another service than Last.fm, such as `http://127.0.0.1:8080/2.0/`,
//! where `cargo run -p fake-lastfm` answers.

use std::env::var;
use std::error::Error;

use lastfm_core::{ApiKey, Client, Credentials, Service, SharedSecret};
use url::Url;

/// A client that can read, and, if the environment holds the secret, sign.
pub(crate) fn from_environment() -> Result<Client, Box<dyn Error>> {
    let key = var("LASTFM_API_KEY").map_err(
        |_| "LASTFM_API_KEY is not set: https://www.last.fm/api/account/create gives you one",
    )?;
    let mut credentials = Credentials::read_only(ApiKey::new(key)?);
    if let Ok(secret) = var("LASTFM_API_SECRET") {
        credentials = credentials.with_secret(SharedSecret::new(secret)?);
    }
    let service = match var("LASTFM_API_URL") {
        Ok(url) => url.parse::<Url>()?.into(),
        Err(_) => Service::last_fm(),
    };
    Ok(Client::at(service, credentials)?)
}
