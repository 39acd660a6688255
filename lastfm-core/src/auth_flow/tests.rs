//! How each of the logins ends.

use std::sync::Arc;

use futures_executor::block_on;
use http::StatusCode;

use super::*;
use crate::test_support::{Scripted, VirtualClock};
use crate::transport::Response;
use crate::{ApiKey, Clock as _, Credentials, SharedSecret};

const TOKEN: &str = r#"{"token":"t"}"#;
const SESSION: &str = r#"{"session":{"name":"RJ","key":"k","subscriber":0}}"#;

fn answer(body: &str) -> Response {
    Response::new(StatusCode::OK, body.to_owned())
}

fn refusal(code: u32) -> Response {
    Response::new(StatusCode::FORBIDDEN, format!(r#"{{"error":{code},"message":"no"}}"#))
}

fn app(answers: impl IntoIterator<Item = Response>) -> (Client, Arc<Scripted>, Arc<VirtualClock>) {
    let clock = Arc::new(VirtualClock::default());
    let service = Arc::new(Scripted::new(clock.clone(), answers.into_iter().map(Ok)));
    let credentials = Credentials::read_only(ApiKey::new("key").unwrap())
        .with_secret(SharedSecret::new("secret").unwrap());
    (Client::builder(credentials, service.clone(), clock.clone()).build(), service, clock)
}

#[test]
fn a_desktop_login_waits_until_its_user_agrees() {
    let outage = || Response::new(StatusCode::BAD_GATEWAY, "<html>");
    let (client, service, clock) =
        app([answer(TOKEN), refusal(14), outage(), refusal(16), refusal(14), answer(SESSION)]);
    block_on(async {
        let mut login = DesktopLogin::begin(client).await.unwrap();
        assert_eq!(login.url().query(), Some("api_key=key&token=t"));
        let session = login.wait().await.unwrap();
        assert_eq!((session.user.unwrap().as_str(), session.key.expose()), ("RJ", "k"));
    });
    assert_eq!(clock.elapsed(), 4 * INTERVAL);
    let sent = service.sent();
    assert_eq!(sent.len(), 6);
    assert!(sent.iter().all(|form| form.contains("api_sig=") && !form.contains("sk=")));
    assert!(sent[5].contains("method=auth.getSession") && sent[5].contains("token=t"));
}

#[test]
fn a_wait_that_is_begun_again_asks_no_sooner() {
    let (client, service, _) = app([answer(TOKEN), refusal(10)]);
    let mut login = block_on(DesktopLogin::begin(client)).unwrap();
    for _ in 0..3 {
        block_on(login.wait()).unwrap_err();
    }
    assert_eq!(service.sent_at()[1..], [0, 1, 2].map(|times| times * INTERVAL));
}

#[test]
fn nobody_waits_for_longer_than_the_token_is_good_for() {
    let (client, _, clock) = app([answer(TOKEN), refusal(14)]);
    let outcome = block_on(async { DesktopLogin::begin(client).await.unwrap().wait().await });
    assert!(matches!(outcome, Err(LoginError::Expired)), "{outcome:?}");
    assert_eq!(clock.elapsed(), LIFETIME);
}

#[test]
fn a_service_that_is_away_for_longer_than_the_token_is_good_for_is_told_as_such() {
    let mut away = Response::new(StatusCode::SERVICE_UNAVAILABLE, "<html>");
    away.headers.insert("retry-after", http::HeaderValue::from_static("3600"));
    let (client, _, clock) = app([answer(TOKEN), away]);
    let outcome = block_on(async { DesktopLogin::begin(client).await.unwrap().wait().await });
    assert!(matches!(outcome, Err(LoginError::Call(_))), "{outcome:?}");
    assert_eq!(clock.elapsed(), Duration::ZERO);
}

#[test]
fn every_end_of_a_login_has_its_name() {
    let poll = |code| {
        let (client, _, _) = app([answer(TOKEN), refusal(code)]);
        block_on(async { DesktopLogin::begin(client).await.unwrap().wait().await.unwrap_err() })
    };
    assert!(matches!(poll(15), LoginError::Expired));
    assert!(matches!(poll(4), LoginError::UnknownToken));
    for code in [10, 13, 26] {
        assert!(matches!(poll(code), LoginError::Call(_)), "{code}");
    }
    let (client, service, _) = app([refusal(14)]);
    let web = WebLogin::new(client.clone());
    let token = LoginToken::new("t").unwrap();
    let early = block_on(web.session(token)).unwrap_err();
    assert!(matches!(early, LoginError::NotApproved));
    assert_eq!(service.sent().len(), 1);
    let (client, _, _) = app([refusal(4)]);
    let wrong = block_on(mobile_login(&client, "RJ", Password::new("x").unwrap())).unwrap_err();
    assert!(matches!(wrong, LoginError::WrongPassword));
    let (client, service, _) = app([Response::new(StatusCode::TOO_MANY_REQUESTS, "")]);
    let busy = block_on(mobile_login(&client, "RJ", Password::new("x").unwrap())).unwrap_err();
    assert!(matches!(busy, LoginError::Call(_)));
    assert_eq!(service.sent().len(), 1);
}

#[test]
fn a_token_is_not_exchanged_twice_because_an_answer_got_lost() {
    let (client, service, _) = app([Response::new(StatusCode::BAD_GATEWAY, "")]);
    let web = WebLogin::new(client);
    let lost = block_on(web.session(LoginToken::new("t").unwrap())).unwrap_err();
    assert!(matches!(lost, LoginError::Call(_)));
    assert_eq!(service.sent().len(), 1);
}

#[test]
fn a_web_login_says_where_to_come_back_to() {
    let web = WebLogin::new(app([]).0);
    let callback = "https://app.example.org/in?a=1&b=2".parse().unwrap();
    let query = web.url(Some(&callback));
    let pairs: Vec<_> = query.query_pairs().into_owned().collect();
    assert_eq!(pairs[1], ("cb".to_owned(), callback.to_string()));
    assert_eq!(web.url(None).query(), Some("api_key=key"));
    let landed = |url: &str| LoginToken::from_callback(&url.parse().unwrap());
    assert_eq!(landed("https://a/in?a=1&token=x&token=t").unwrap().expose(), "t");
    assert_eq!(landed("https://a/in?token="), None);
    assert_eq!(landed("https://a/in?a=1"), None);
}

#[test]
fn no_login_prints_its_token() {
    let (client, _, _) = app([answer(r#"{"token":"canary"}"#)]);
    let login = block_on(DesktopLogin::begin(client)).unwrap();
    let printed = format!("{login:?} {login:#?}");
    assert!(!printed.contains("canary") && !printed.contains("\"key\""), "{printed}");
}
