//! What is read of requests before anybody is believed, and how messages are signed: for those who
//! try it with any bytes. No promise is made of it; the server has ways of its own to all of this.

use std::net::IpAddr;

use axum::http::HeaderMap;
use lastfm_core::Timestamp;
use url::Url;

use crate::address::ClientAddress;
use crate::cookies::{Cookie, Jar};
use crate::origin::Allowed;
use crate::path::Released;
use crate::secret::Secret;
use crate::webhook::{Webhook, WebhookError};
use crate::{login, path, plan};

/// The session that a browser says it has, at a server of this address.
pub fn session(public_url: &Url, headers: &HeaderMap) -> Option<String> {
    let said = Jar::at(public_url)?.read(headers, Cookie::Session)?;
    Some(said.expose().to_owned())
}

/// Who asks, as far as limits go.
pub fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    ClientAddress::of(peer, headers, proxies).0
}

/// Whether what changes something may come from there.
pub fn takes(own: &Url, others: &[Url], headers: &HeaderMap) -> bool {
    Allowed::new(own, others).takes(headers, headers.contains_key("cookie"))
}

/// What an address to come back to holds, for a browser with this secret.
pub fn mark(secret: &str) -> Option<String> {
    Some(Secret::said(secret)?.mark(login::CALLBACK))
}

/// Whether an address to come back to was made for this secret.
pub fn is_marked(secret: &str, mark: &str) -> bool {
    Secret::said(secret).is_some_and(|secret| secret.is_marked(login::CALLBACK, mark))
}

/// Whether it can be a token of Last.fm's.
pub fn is_token(text: &str) -> bool {
    login::is_token(text)
}

/// The year in an address.
pub fn year(text: &str) -> Option<i16> {
    path::year(text).ok()
}

/// Whether albums of this year are asked for; nothing if it asks for none.
pub fn released(text: &str, year: Option<i16>) -> Option<bool> {
    Some(Released::parse(text).ok()?.takes(year))
}

/// The moment that was typed in.
pub fn moment(text: &str) -> Option<Timestamp> {
    plan::moment(text).ok()
}

/// What proves that a message comes from whoever knows the secret.
///
/// # Errors
///
/// If the secret could be guessed.
pub fn signature(secret: &str, id: &str, at: i64, body: &[u8]) -> Result<String, WebhookError> {
    let nowhere = "https://webhook.invalid".parse().map_err(|_| WebhookError::Address)?;
    Ok(Webhook::new(nowhere, secret)?.signature(id, at, body))
}
