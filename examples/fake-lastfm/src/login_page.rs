//! The page on which a person lets an app in: `/api/auth/` in the browser.

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Method, StatusCode};
use url::Url;
use url::form_urlencoded::parse;

use crate::bodies::{self, Body};
use crate::server::Shared;

/// What an app asks for, and who lets it in.
#[derive(Debug, Default)]
struct Asked {
    api_key: String,
    token: String,
    callback: String,
    user: String,
}

impl Asked {
    fn read(form: &[u8]) -> Self {
        let mut asked = Self::default();
        for (name, value) in parse(form) {
            let member = match &*name {
                "api_key" => &mut asked.api_key,
                "token" => &mut asked.token,
                "cb" => &mut asked.callback,
                "user" => &mut asked.user,
                _ => continue,
            };
            *member = value.into_owned();
        }
        asked
    }
}

/// Answers a request for the page, or the press of its button.
pub(crate) fn answer(
    method: &Method,
    query: &str,
    body: &Bytes,
    shared: &Shared,
) -> hyper::Response<Body> {
    let mut fake = shared.fake();
    fake.advance_to(shared.now());
    let pressed = method == Method::POST;
    let asked = Asked::read(if pressed { body } else { query.as_bytes() });
    let known = fake.service_mut().api_key.as_ref().is_none_or(|known| *known == asked.api_key);
    if asked.api_key.is_empty() || !known {
        return page(StatusCode::FORBIDDEN, "<p>No application has this API key.</p>");
    }
    if asked.token.is_empty() && asked.callback.is_empty() {
        let what = "<p>The address has neither a <code>token</code> nor a <code>cb</code>.</p>";
        return page(StatusCode::BAD_REQUEST, what);
    }
    if !pressed {
        return page(StatusCode::OK, &form(&asked, fake.users()));
    }
    if !asked.token.is_empty() {
        if fake.approve(&asked.token, &asked.user) {
            let user = escaped(&asked.user);
            let done =
                format!("<p>The application may use the account of {user}. Go back to it.</p>");
            return page(StatusCode::OK, &done);
        }
        let unknown = "<p>This token was not issued, is used, or is older than an hour; or there \
                       is no such account.</p>";
        return page(StatusCode::FORBIDDEN, unknown);
    }
    let token = fake.approved_token(&asked.api_key, &asked.user);
    let back = token.and_then(|token| back_with(&asked.callback, &token));
    back.unwrap_or_else(|| {
        let what = "<p>There is no such account, or the callback is no address.</p>";
        page(StatusCode::BAD_REQUEST, what)
    })
}

/// Back to the app, with its token behind the callback.
fn back_with(callback: &str, token: &str) -> Option<hyper::Response<Body>> {
    let mut callback: Url = callback.parse().ok()?;
    callback.query_pairs_mut().append_pair("token", token);
    let mut response = bodies::plain(StatusCode::SEE_OTHER, "");
    response.headers_mut().insert(LOCATION, HeaderValue::from_str(callback.as_str()).ok()?);
    Some(response)
}

fn form<'a>(asked: &Asked, users: impl Iterator<Item = &'a str>) -> String {
    let hidden = |name: &str, value: &str| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value))
    };
    let users = users.map(escaped).map(|user| format!("<option>{user}</option>"));
    let (api_key, users) = (escaped(&asked.api_key), users.collect::<String>());
    let (key, token) = (hidden("api_key", &asked.api_key), hidden("token", &asked.token));
    let callback = hidden("cb", &asked.callback);
    format!(
        "<p>The application with the API key <code>{api_key}</code> asks to use an account of this \
         fake Last.fm. It asks for no password.</p>\n\
         <form method=\"post\" action=\"/api/auth/\">{key}{token}{callback}\n\
         <label>Account <select name=\"user\">{users}</select></label>\n\
         <button>Yes, allow access</button></form>"
    )
}

fn page(status: StatusCode, content: &str) -> hyper::Response<Body> {
    let text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>Fake Last.fm</title></head>\n<body><h1>Fake Last.fm</h1>\n{content}\n</body></html>\n"
    );
    let mut response = bodies::plain(status, text);
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, html);
    response
}

/// Text as HTML, within quotes or without.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter => out.push(letter),
        }
    }
    out
}
