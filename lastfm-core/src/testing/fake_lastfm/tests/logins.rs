//! How an app comes to a session, and what it may do with it.

use super::*;

/// Status and error code, or the body.
fn ask(lastfm: &mut FakeLastfm, params: &str) -> Result<Value, (u16, u64)> {
    let url = "https://ws.audioscrobbler.com/2.0/".parse().unwrap();
    let request = Request::post(url, format!("api_key=key&format=json&{params}"));
    let answer = lastfm.answer(&request, lastfm.now()).unwrap();
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    match body["error"].as_u64() {
        Some(code) => Err((answer.status.as_u16(), code)),
        None => Ok(body),
    }
}

fn token(lastfm: &mut FakeLastfm) -> String {
    let body = ask(lastfm, "method=auth.getToken&api_sig=any").unwrap();
    body["token"].as_str().unwrap().to_owned()
}

fn session(lastfm: &mut FakeLastfm, token: &str) -> Result<Value, (u16, u64)> {
    ask(lastfm, &format!("method=auth.getSession&token={token}&api_sig=any"))
}

#[test]
fn a_token_is_good_for_one_session_once_a_user_has_approved_it() {
    let mut lastfm = still(1);
    let token = token(&mut lastfm);
    assert_eq!(session(&mut lastfm, &token), Err((403, 14)));
    assert!(!lastfm.approve(&token, "nobody"));
    assert!(lastfm.approve(&token, "RJ"));
    let body = session(&mut lastfm, &token).unwrap();
    assert_eq!(body["session"]["name"], "rj");
    assert_eq!(body["session"]["subscriber"], 0);
    assert!(body["session"]["key"].is_string());
    assert_eq!(session(&mut lastfm, &token), Err((403, 4)), "it is used");
    assert_eq!(session(&mut lastfm, "unknown"), Err((403, 4)));
    assert!(!lastfm.approve(&token, "rj"));
}

#[test]
fn a_token_that_was_never_issued_is_refused_in_the_recorded_words() {
    let mut lastfm = still(1);
    let answer =
        lastfm.answer(&request("method=auth.getSession&token=x&api_sig=y"), START).unwrap();
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(body.contains("Unauthorized Token - This token has not been issued"), "{body}");
}

#[test]
fn a_token_expires_after_an_hour_approved_or_not() {
    let mut lastfm = still(1);
    let (approved, waiting) = (token(&mut lastfm), token(&mut lastfm));
    lastfm.advance_to(START.plus(3_599));
    assert!(lastfm.approve(&approved, "rj"));
    assert_eq!(session(&mut lastfm, &waiting), Err((403, 14)));
    lastfm.advance_to(START.plus(3_600));
    assert_eq!(session(&mut lastfm, &approved), Err((403, 15)));
    assert_eq!(session(&mut lastfm, &waiting), Err((403, 15)));
    assert!(!lastfm.approve(&waiting, "rj"));
}

#[test]
fn a_token_belongs_to_the_key_that_it_was_issued_for() {
    let mut lastfm = still(1);
    let token = lastfm.approved_token("another app", "rj").unwrap();
    assert_eq!(session(&mut lastfm, &token), Err((403, 4)));
    let token = lastfm.approved_token("key", "rj").unwrap();
    assert!(session(&mut lastfm, &token).is_ok());
    assert_eq!(lastfm.approved_token("key", "nobody"), None);
}

#[test]
fn a_signature_must_be_there_and_right_where_the_secret_of_the_app_is_known() {
    let mut lastfm = still(1);
    assert_eq!(ask(&mut lastfm, "method=auth.getToken"), Err((403, 13)));
    lastfm.know_app("other", "secret");
    assert!(ask(&mut lastfm, "method=auth.getToken&api_sig=any").is_ok());
    lastfm.know_app("key", "secret");
    assert_eq!(ask(&mut lastfm, "method=auth.getToken&api_sig=any"), Err((403, 13)));
    // md5 of `api_keykeymethodauth.getTokensecret`
    let signature = "b4705499705a550b07ca058a15bde9b0";
    let signed = format!("method=auth.getToken&api_sig={signature}");
    assert!(ask(&mut lastfm, &signed).is_ok());
}

#[test]
fn a_session_that_comes_unsigned_is_refused_where_the_secret_is_known() {
    let mut lastfm = still(2);
    let key = lastfm.log_in("rj").unwrap();
    let page = format!("method=user.getRecentTracks&user=rj&sk={key}");
    assert!(ask(&mut lastfm, &page).is_ok());
    lastfm.know_app("key", "secret");
    assert_eq!(ask(&mut lastfm, &page), Err((403, 13)));
    assert!(ask(&mut lastfm, "method=user.getRecentTracks&user=rj").is_ok());
}

#[test]
fn a_session_that_was_revoked_is_answered_with_error_9_until_the_next_login() {
    let mut lastfm = still(2);
    let key = lastfm.log_in("rj").unwrap();
    assert_eq!(lastfm.log_in("RJ").unwrap(), key, "one for a user");
    let profile = format!("method=user.getInfo&sk={key}&api_sig=any");
    assert_eq!(ask(&mut lastfm, &profile).unwrap()["user"]["name"], "rj");
    assert!(lastfm.revoke("rj"));
    assert!(!lastfm.revoke("rj"));
    assert_eq!(ask(&mut lastfm, &profile), Err((403, 9)));
    let love = format!("method=track.love&artist=Low&track=Lullaby&sk={key}&api_sig=any");
    assert_eq!(ask(&mut lastfm, &love), Err((403, 9)));
    assert_ne!(lastfm.log_in("rj").unwrap(), key);
    lastfm.happen(&Happening::DeleteAccount);
    lastfm.happen(&Happening::Register);
    assert_eq!(ask(&mut lastfm, &profile), Err((403, 9)), "a new account has no sessions");
}

#[test]
fn a_password_opens_a_session_by_post_only() {
    let mut lastfm = still(1);
    let with = |password: &str| {
        format!("method=auth.getMobileSession&username=RJ&password={password}&api_sig=any")
    };
    assert_eq!(ask(&mut lastfm, &with("wrong")), Err((403, 4)));
    let body = ask(&mut lastfm, &with("password")).unwrap();
    assert_eq!(body["session"]["key"].as_str(), lastfm.log_in("rj").as_deref());
    let url =
        format!("https://ws.audioscrobbler.com/2.0/?api_key=k&format=json&{}", with("password"));
    let answer = lastfm.answer(&Request::get(url.parse().unwrap()), START).unwrap();
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(body.contains("You must use POST") && body.contains(r#""error":4"#), "{body}");
    let shown = format!("{:?}", lastfm.log());
    assert!(!shown.contains("\"password\"") && !shown.contains("wrong"), "{shown}");
}

#[test]
fn a_hidden_history_is_read_with_the_session_of_its_user_and_no_other() {
    let mut lastfm = still(30);
    let mut other = Scenario::still(20);
    other.user = "Ann".to_owned();
    other.history.hostile_names = 0.0; // `Value` holds only what text can.
    other.service.hidden = true;
    lastfm.add_account(&other);
    let (mine, hers) = (lastfm.log_in("rj").unwrap(), lastfm.log_in("ann").unwrap());
    for method in ["user.getRecentTracks", "user.getTrackScrobbles&artist=a&track=b"] {
        let page = format!("method={method}&user=ann&api_sig=any");
        assert_eq!(ask(&mut lastfm, &page), Err((403, 17)), "{method}");
        assert_eq!(ask(&mut lastfm, &format!("{page}&sk={mine}")), Err((403, 17)), "{method}");
        assert!(ask(&mut lastfm, &format!("{page}&sk={hers}")).is_ok(), "{method}");
    }
    let page = format!("method=user.getRecentTracks&user=ann&sk={hers}&api_sig=any");
    let attributes = ask(&mut lastfm, &page).unwrap()["recenttracks"]["@attr"].clone();
    assert_eq!((&attributes["user"], &attributes["total"]), (&"Ann".into(), &"20".into()));
    let profile = format!("method=user.getInfo&sk={hers}&api_sig=any");
    assert_eq!(ask(&mut lastfm, &profile).unwrap()["user"]["name"], "Ann");
    assert!(lastfm.happen_to("ann", &Happening::Show));
    assert!(ask(&mut lastfm, "method=user.getRecentTracks&user=ann").is_ok());
    assert_eq!(lastfm.truth().len(), 30, "the first account has nothing to do with it");
}
