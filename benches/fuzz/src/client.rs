//! A client whose service gives one answer, and keys that must show nowhere.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::sync::Arc;

use futures_executor::block_on;
use http::{HeaderName, HeaderValue, StatusCode};
use lastfm_core::testing::{FakeTransport, VirtualClock};
use lastfm_core::transport::Response;
use lastfm_core::{
    ApiKey, Client, Credentials, Error, Method, Reply, SessionKey, SharedSecret, Timestamp,
};

/// Keys with letters that a form, an address, HTML and JSON each spell in ways of their own.
pub(crate) const API_KEY: &str = "canary+key/01&<\"";
pub(crate) const SECRET: &str = "canary secret=02'";
pub(crate) const SESSION: &str = "canary\\session%03>";

/// The moment at which every run begins: 21 Nov 2026.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_795_292_047);

/// What a call makes of an answer, once and without a pause.
pub(crate) fn answered<M: Method>(
    method: &M,
    response: Response,
) -> Result<Reply<M::Response>, Error> {
    let transport = Arc::new(FakeTransport::new().answer(Ok(response)));
    let client = Client::builder(credentials(), transport, Arc::new(VirtualClock::new(NOW)));
    block_on(client.jitter_seed(1).build().call_once(method))
}

pub(crate) fn credentials() -> Credentials {
    // None of the three is blank.
    let key = ApiKey::new(API_KEY).expect("it is not blank");
    let secret = SharedSecret::new(SECRET).expect("it is not blank");
    let session = SessionKey::new(SESSION).expect("it is not blank");
    Credentials::read_only(key).with_secret(secret).with_session(session)
}

/// A response as text: the status, headers line by line, an empty line, the body. Nothing if it is
/// none.
pub(crate) fn response(data: &[u8]) -> Option<Response> {
    let (status, mut rest) = line(data);
    let status: u16 = std::str::from_utf8(status).ok()?.parse().ok()?;
    let mut response = Response::new(StatusCode::from_u16(status).ok()?, Vec::new());
    loop {
        let (header, behind) = line(rest);
        rest = behind;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_at_checked(header.iter().position(|b| *b == b':')?)?;
        let name = HeaderName::from_bytes(name).ok()?;
        let value = HeaderValue::from_bytes(value[1..].trim_ascii()).ok()?;
        response.headers.append(name, value);
    }
    response.body = rest.to_vec().into();
    Some(response)
}

/// A line, and what comes behind it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b'\n');
    end.map_or((text, &[]), |end| (&text[..end], &text[end + 1..]))
}

/// Everything that anybody could print of an error.
pub(crate) fn printed(error: &dyn StdError) -> String {
    let mut out = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a text does not fail.
        let _ = write!(out, " {cause} {cause:?}");
        source = cause.source();
    }
    out
}

/// No key in it, however it is spelled.
pub(crate) fn assert_clean(printed: &str) {
    for secret in [API_KEY, SECRET, SESSION] {
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for spelling in [secret, &form.replace('+', "%20"), &form] {
            assert!(!printed.contains(spelling), "{spelling} shows in {printed}");
        }
    }
}
