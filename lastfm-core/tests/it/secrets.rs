//! No key shows in any error or in what any type prints of itself.

use std::error::Error as StdError;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_executor::block_on;
use http::StatusCode;
use lastfm_core::auth_flow::WebLogin;
use lastfm_core::methods::auth::{GetMobileSession, GetSession};
use lastfm_core::methods::user::{GetInfo, GetRecentTracks, GetWeeklyChartList};
use lastfm_core::transport::{
    CacheError, CacheKey, Cached, Kept, LocalPacer, MemoryCache, RateLimited, Request, Response,
    ResponseCache, Transport, TransportError, TransportErrorKind,
};
use lastfm_core::{
    ApiKey, Client, Credentials, Error, LoginToken, Method, Params, Password, SessionKey,
    SharedSecret,
};

use crate::support::{Canned, Still};

#[cfg(feature = "testing")]
mod books;

const API_KEY: &str = "canary+api/key=0001";
const SECRET: &str = "canary+shared/secret=0002";
const SESSION: &str = "canary+session/key=0003";
const PASSWORD: &str = "canary+pass word/0004";
const TOKEN: &str = "canary+login/token=0005";
const CANARIES: [&str; 5] = [API_KEY, SECRET, SESSION, PASSWORD, TOKEN];

fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for sextet in 0..=chunk.len() {
            out.push(char::from(ALPHABET[bits >> (18 - 6 * sextet) & 63]));
        }
    }
    out
}

/// Every way in which a canary could be spelled.
fn spellings() -> Vec<String> {
    let mut spellings = Vec::new();
    for canary in CANARIES {
        let form: String = url::form_urlencoded::byte_serialize(canary.as_bytes()).collect();
        let mut hex = String::new();
        for byte in canary.bytes() {
            write!(hex, "{byte:02x}").unwrap();
        }
        spellings.extend([canary.to_owned(), form.replace('+', "%20"), form, hex]);
        // Wherever in a longer text it begins; the sextets at the edges belong to its neighbours.
        spellings.extend((0..3).map(|before| {
            let text = base64(&format!("{}{canary}", "-".repeat(before)));
            text[[0, 2, 3][before]..(before + canary.len()) * 8 / 6].to_owned()
        }));
        spellings.push(canary.replace('/', "\\/"));
    }
    spellings
}

fn assert_clean(printed: &str) {
    for spelling in spellings() {
        assert!(!printed.contains(&spelling), "{spelling} shows in {printed}");
    }
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn a_key_is_found_however_it_is_spelled() {
    for before in ["", "a", "ab", "abc"] {
        let shown = base64(&format!("{before}{SESSION}:after"));
        assert!(spellings().iter().any(|spelling| shown.contains(spelling)), "{shown}");
    }
    for shown in
        ["canary%2Bpass%20word%2F0004", "canary%2Bpass+word%2F0004", "canary+pass word\\/0004"]
    {
        assert!(spellings().iter().any(|spelling| spelling == shown), "{shown}");
    }
}

/// Everything that anybody could print of an error. A panic prints its `Debug`.
fn printed(error: &dyn StdError) -> String {
    let mut out = format!("{error} {error:#} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(error) = source {
        write!(out, "{error} {error:#} {error:?} {error:#?}").unwrap();
        source = error.source();
    }
    out
}

fn credentials() -> Credentials {
    Credentials::read_only(ApiKey::new(API_KEY).unwrap())
        .with_secret(SharedSecret::new(SECRET).unwrap())
        .with_session(SessionKey::new(SESSION).unwrap())
}

fn client(transport: impl Transport) -> Client {
    Client::builder(credentials(), Arc::new(transport), Arc::new(Still::default())).build()
}

#[derive(Debug)]
struct Broken(TransportErrorKind);

#[async_trait]
impl Transport for Broken {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        Err(TransportError::with_source(self.0, "nothing came"))
    }
}

/// The errors of every kind of call with this client that sends such a secret.
fn errors(client: &Client, secret: &str) -> Vec<Error> {
    let name = || "RJ".parse().unwrap();
    let token = GetSession::new(LoginToken::new(TOKEN).unwrap());
    if secret == TOKEN {
        return vec![block_on(client.call_once(&token)).unwrap_err()];
    }
    let mobile = GetMobileSession::new("RJ", Password::new(PASSWORD).unwrap());
    let login = block_on(client.call_once(&mobile)).unwrap_err();
    if secret == PASSWORD {
        return vec![login];
    }
    vec![
        login,
        block_on(client.call_once(&GetRecentTracks::new(name()))).unwrap_err(),
        block_on(client.call_once(&GetInfo::session())).unwrap_err(),
        block_on(client.call_once(&GetWeeklyChartList::new(name()))).unwrap_err(),
        block_on(client.recent_tracks(name()).next_page()).unwrap_err(),
    ]
}

/// Answers of a service that tells what it was told, whatever it was asked.
fn answers(canary: &str) -> Vec<Response> {
    let form: String = url::form_urlencoded::byte_serialize(canary.as_bytes()).collect();
    let escaped = canary.replace('/', "\\/");
    let answers = [
        (403, format!(r#"{{"error":10,"message":"no such key: {canary}"}}"#)),
        (403, format!(r#"{{"error":10,"message":"no such key: {escaped}."}}"#)),
        (400, format!(r#"{{"error":13,"message":"?a={form}&b={canary}{canary}"}}"#)),
        (200, format!(r##"{{"error":{{"code":"9","#text":"{canary}"}}}}"##)),
        (200, format!(r#"<lfm status="failed"><error code="4">{canary}</error></lfm>"#)),
        (500, format!("<html>{canary}</html>")),
        (200, format!(r#"{{"session":"{canary}"}}"#)),
        (200, format!(r#"{{"recenttracks":"{canary}"}}"#)),
        (200, format!(r#"{{"recenttracks":{{"@attr":{{"total":"{canary}"}}}}}}"#)),
        (200, format!(r#"{{"recenttracks":{{"track":[],"{canary}":1,"@attr":"\"{canary}"}}}}"#)),
        (200, format!(r#"{{"user":"{canary}"}}"#)),
        (200, format!(r#"{{"user":{{"name":"RJ","playcount":"{canary}"}}}}"#)),
        (200, format!(r#"{{"weeklychartlist":{{"chart":[{{"from":"{canary}"}}]}}}}"#)),
        (302, canary.to_owned()),
    ];
    answers.map(|(status, body)| Response::new(StatusCode::from_u16(status).unwrap(), body)).into()
}

#[test]
fn no_error_shows_a_key() {
    let mut count = 0;
    let mut check = |client: &Client, secret: &str| {
        for error in errors(client, secret) {
            assert_clean(&printed(&error));
            count += 1;
        }
    };
    for canary in CANARIES {
        for answer in answers(canary) {
            check(&client(Canned(answer)), canary);
        }
    }
    for kind in [
        TransportErrorKind::Connect,
        TransportErrorKind::Insecure,
        TransportErrorKind::Interrupted,
        TransportErrorKind::Pacer,
        TransportErrorKind::PacerFailed,
        TransportErrorKind::Setup,
        TransportErrorKind::Timeout,
        TransportErrorKind::TooLarge,
    ] {
        check(&client(Broken(kind)), API_KEY);
    }
    assert!(count >= 50, "{count} errors");
}

/// Compiles only while none of these types can be printed, or written as JSON.
const _: () = {
    trait Neither<Which> {
        fn nor() {}
    }
    struct Printed;
    struct Serialized;
    impl<T: ?Sized> Neither<()> for T {}
    impl<T: ?Sized + std::fmt::Display> Neither<Printed> for T {}
    impl<T: ?Sized + serde::Serialize> Neither<Serialized> for T {}
    // Which of the three is meant is clear only where there is one.
    let _ = <ApiKey as Neither<_>>::nor;
    let _ = <LoginToken as Neither<_>>::nor;
    let _ = <Password as Neither<_>>::nor;
    let _ = <SessionKey as Neither<_>>::nor;
    let _ = <SharedSecret as Neither<_>>::nor;
    let _ = <Credentials as Neither<_>>::nor;
    let _ = <Params as Neither<_>>::nor;
    let _ = <Request as Neither<_>>::nor;
};

#[test]
fn no_type_prints_a_key() {
    fn both(value: &dyn Debug) -> String {
        format!("{value:?} {value:#?}")
    }
    let clock = Arc::new(Still::default());
    let ok = Arc::new(Canned(Response::new(StatusCode::OK, API_KEY)));
    let second = std::time::Duration::from_secs(1);
    let pacer = Arc::new(LocalPacer::new(second, clock.clone()));
    let limited = RateLimited::new(ok.clone(), pacer, clock.clone());
    let builder = Client::builder(credentials(), Arc::new(limited.clone()), clock);
    let service = format!("https://user:canary@localhost/{SESSION}?api_key={API_KEY}");
    let mut params = Params::default();
    params.set("sk", SESSION).set("password", PASSWORD);
    let url = format!("https://localhost/?api_key={API_KEY}").parse().unwrap();
    let mut request = Request::post(url, params.to_form());
    request.headers.insert("cookie", SESSION.parse().unwrap());
    let mut response = Response::new(StatusCode::OK, SESSION);
    response.headers.insert("set-cookie", SESSION.parse().unwrap());
    assert_clean(&both(&credentials()));
    assert_clean(&both(&ApiKey::new(API_KEY).unwrap()));
    assert_clean(&both(&SharedSecret::new(SECRET).unwrap()));
    assert_clean(&both(&SessionKey::new(SESSION).unwrap()));
    assert_clean(&both(&GetMobileSession::new("RJ", Password::new(PASSWORD).unwrap())));
    assert_clean(&both(&GetSession::new(LoginToken::new(TOKEN).unwrap())));
    let grant = format!(r#"{{"session":{{"name":"RJ","key":"{SESSION}"}}}}"#);
    assert_clean(&both(&GetSession::decode(&grant).unwrap()));
    assert_clean(&both(&ApiKey::new(" ").unwrap_err()));
    assert_clean(&both(&limited));
    assert_clean(&both(&params));
    assert_clean(&both(&request));
    assert_clean(&both(&response));
    let builder = builder.service(service.parse::<url::Url>().unwrap());
    assert_clean(&both(&builder));
    let client = builder.build();
    assert_clean(&both(&client));
    assert_clean(&both(&client.with_session(SessionKey::new(SESSION).unwrap())));
    assert_clean(&both(&client.live("RJ".parse().unwrap())));
    assert_clean(&both(&WebLogin::new(client.clone())));
    assert_clean(&both(&client.recent_tracks("RJ".parse().unwrap())));
}

/// A cache that tells what it is given.
#[derive(Debug, Default)]
struct Telling(Mutex<String>);

#[async_trait]
impl ResponseCache for Telling {
    async fn get(&self, key: &CacheKey) -> Result<Option<Kept>, CacheError> {
        write!(self.0.lock().unwrap(), "{key} {key:?} {:?}", key.as_bytes())?;
        Ok(None)
    }

    async fn put(&self, key: CacheKey, kept: Kept) -> Result<(), CacheError> {
        write!(self.0.lock().unwrap(), "{key} {kept:?} {:?}", kept.response.headers)?;
        Ok(())
    }
}

#[test]
fn no_cache_sees_or_shows_a_key() {
    let mut response = Response::new(StatusCode::OK, r#"{"user":{"name":"RJ","playcount":"3"}}"#);
    response.headers.insert("set-cookie", SESSION.parse().unwrap());
    let told = Arc::new(Telling::default());
    let memory = Arc::new(MemoryCache::default());
    for cache in [told.clone() as Arc<dyn ResponseCache>, memory.clone()] {
        let inner = Arc::new(Canned(response.clone()));
        let cached = Arc::new(Cached::new(inner, cache, Arc::new(Still::default())));
        let client = client(cached.clone());
        block_on(client.call_once(&GetInfo::session())).unwrap();
        block_on(client.call_once(&GetInfo::new("RJ".parse().unwrap()))).unwrap();
        assert_clean(&format!("{cached:?} {cached:#?} {client:?}"));
    }
    assert_clean(&format!("{memory:?} {memory:#?}"));
    assert!(format!("{memory:?}").contains("answers: 2"), "{memory:?}");
    let told = told.0.lock().unwrap();
    assert!(told.contains("CacheKey") && told.contains("Kept"), "{told}");
    assert_clean(&told);
}

/// Where the network fails, the library that noticed knows the address.
#[cfg(feature = "reqwest")]
#[tokio::test]
async fn no_error_of_the_network_shows_an_address() {
    use lastfm_core::transport::ReqwestTransport;

    let (api_key, session) = ("canary-a", "canary-s");
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    assert_clean(&format!("{transport:?} {transport:#?}"));
    for place in [
        "http://127.0.0.1:1/",
        "https://127.0.0.1:1/",
        "https://canary.invalid/",
        "http://example.org/",
    ] {
        let service = format!("{place}{session}?api_key={api_key}").parse::<url::Url>().unwrap();
        let clock = Arc::new(Still::default());
        let client = Client::builder(credentials(), transport.clone(), clock).service(service);
        let call = GetInfo::session();
        let error = client.build().call_once(&call).await.unwrap_err();
        let printed = printed(&error);
        assert!(!printed.contains(api_key) && !printed.contains(session), "{printed}");
        assert!(!printed.contains("127.0.0.1:1/"), "{printed}");
    }
    let builder = ReqwestTransport::builder().user_agent("a\ncanary");
    let error = builder.build().unwrap_err();
    assert_eq!(error.kind, TransportErrorKind::Setup);
}
