//! What only a fake has: looking behind the service, and telling it what to do.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, StatusCode};
use lastfm_core::Timestamp;
use lastfm_core::testing::{Fault, Happening, TruePlay};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bodies::{self, Body};
use crate::server::Shared;

/// Answers a request for a path that begins with `/_`.
pub(crate) fn answer(
    method: &Method,
    path: &str,
    query: &str,
    body: &Bytes,
    shared: &Shared,
) -> hyper::Response<Body> {
    if let Some(seconds) = number(query, "seconds").filter(|_| path == "/_advance") {
        shared.advance(Duration::from_secs(seconds.unsigned_abs()));
    }
    let mut fake = shared.fake();
    fake.advance_to(shared.now());
    match (method, path) {
        (&Method::GET, "/_truth") => lines(fake.truth().iter().map(Line::of)),
        (&Method::GET, "/_ever") => lines(fake.ever().iter().map(Line::of)),
        (&Method::GET, "/_log") => lines(fake.log()),
        (&Method::POST, "/_heal") => {
            match number(query, "second") {
                Some(second) => fake.heal(Timestamp::from_unix(second)),
                None => fake.heal_all(),
            }
            done(shared)
        }
        (&Method::POST, "/_poison") => match number(query, "second") {
            Some(second) => {
                fake.poison(Timestamp::from_unix(second));
                done(shared)
            }
            None => wrong("which second? `/_poison?second=N`"),
        },
        (&Method::POST, "/_advance") => match number(query, "seconds") {
            Some(_) => done(shared),
            None => wrong("how far? `/_advance?seconds=N`"),
        },
        (&Method::POST, "/_happen") => read::<Happening>(body).map_or_else(wrong, |happening| {
            fake.happen(&happening);
            done(shared)
        }),
        (&Method::POST, "/_fail") => read::<Fault>(body).map_or_else(wrong, |fault| {
            fake.fail_next(fault);
            done(shared)
        }),
        (&Method::POST, "/_approve") => {
            let token = text(query, "token").unwrap_or_default();
            let user = text(query, "user").unwrap_or_else(|| fake.user().to_owned());
            if fake.approve(&token, &user) {
                return done(shared);
            }
            wrong("no such token, or no such user: `/_approve?token=T&user=NAME`")
        }
        (&Method::POST, "/_revoke") => {
            let user = text(query, "user").unwrap_or_else(|| fake.user().to_owned());
            if fake.revoke(&user) {
                return done(shared);
            }
            wrong("no such user, or no session: `/_revoke?user=NAME`")
        }
        _ => bodies::plain(
            StatusCode::NOT_FOUND,
            "GET /_truth /_ever /_log, \
             POST /_heal /_poison /_advance /_happen /_fail /_approve /_revoke\n",
        ),
    }
}

/// A play, as one line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    uts: i64,
    artist: &'a str,
    album: Option<&'a str>,
    track: &'a str,
}

impl<'a> Line<'a> {
    fn of(play: &'a TruePlay) -> Self {
        Self {
            uts: play.at.as_unix(),
            artist: &play.artist,
            album: play.album.as_deref(),
            track: &play.track,
        }
    }
}

fn number(query: &str, name: &str) -> Option<i64> {
    text(query, name)?.parse().ok()
}

fn text(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let (_, value) = pairs.find(|(known, _)| known == name)?;
    Some(value.into_owned())
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn lines<T: Serialize>(items: impl IntoIterator<Item = T>) -> hyper::Response<Body> {
    let mut text = Vec::new();
    for item in items {
        // Neither can these types fail to be written, nor can memory.
        let _ = serde_json::to_writer(&mut text, &item);
        text.push(b'\n');
    }
    let mut response = bodies::plain(StatusCode::OK, text);
    let json_lines = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(CONTENT_TYPE, json_lines);
    response
}

fn done(shared: &Shared) -> hyper::Response<Body> {
    bodies::plain(StatusCode::OK, format!("done; it is {}\n", shared.now()))
}

fn wrong(what: impl Into<String>) -> hyper::Response<Body> {
    bodies::plain(StatusCode::BAD_REQUEST, format!("{}\n", what.into()))
}
