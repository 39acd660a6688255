//! What a web request says of whoever sends it.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use lastfm_core::Timestamp;
use server::reading;
use sha2::{Digest as _, Sha256};
use url::Url;

/// A secret, the rest of an address, headers line by line, an empty line, and a text.
///
/// A cookie is believed if it is the only one of its name, byte for byte; only proxies of ours say
/// who asks; nothing is changed from a page of somebody else's; a mark is good for one secret, in
/// one spelling; and messages are signed as others compute it.
pub fn web_request(data: &[u8]) {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let mut text = || String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let (secret, rest) = (text(), text());
    let (headers, body) = headers(lines.next().unwrap_or_default());
    check_session(&headers);
    check_client(&headers);
    check_origin(&headers);
    check_mark(&secret, &rest);
    check_address(&rest);
    check_signature(&secret, &rest, body);
}

/// Headers, and what stands behind the empty line. What is no header is passed over.
fn headers(text: &[u8]) -> (HeaderMap, &[u8]) {
    let (mut headers, mut rest) = (HeaderMap::new(), text);
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        rest = behind.get(1..).unwrap_or_default();
        if line.is_empty() {
            return (headers, rest);
        }
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = HeaderName::from_bytes(parts.next().unwrap_or_default());
        let value = HeaderValue::from_bytes(parts.next().unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
}

fn url(text: &str) -> Url {
    text.parse().expect("it is an address")
}

fn check_session(headers: &HeaderMap) {
    let cookies: Vec<&[u8]> = headers.get_all("cookie").iter().map(HeaderValue::as_bytes).collect();
    let cookies = String::from_utf8_lossy(&cookies.join(&b"; "[..])).into_owned();
    let of = |name: &str| {
        let pairs = cookies.split(';').map(str::trim);
        pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).collect::<Vec<_>>()
    };
    for (address, name) in
        [("https://app.example", "__Host-sid"), ("http://localhost:8080", "loopback-sid")]
    {
        if let Some(session) = reading::session(&url(address), headers) {
            assert_eq!(of(name), [&*session], "{cookies}");
            assert_eq!(session.len(), 64);
        }
    }
    // Where cookies could be read on the way, none is believed.
    assert_eq!(reading::session(&url("http://app.example"), headers), None);
}

fn check_client(headers: &HeaderMap) {
    let peer = IpAddr::from([10, 0, 0, 1]);
    assert_eq!(reading::client(peer, headers, &[]), peer);
    let stranger = IpAddr::from([9, 9, 9, 9]);
    assert_eq!(reading::client(stranger, headers, &[peer]), stranger);
    let found = reading::client(peer, headers, &[peer, IpAddr::from([10, 0, 0, 2])]);
    let said = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let said = said.flat_map(|line| line.split(',')).filter_map(|hop| hop.trim().parse().ok());
    let is_said = said.map(|hop: IpAddr| hop.to_canonical()).any(|hop| match (hop, found) {
        (IpAddr::V6(hop), IpAddr::V6(found)) => hop.segments()[..4] == found.segments()[..4],
        _ => hop == found,
    });
    assert!(found == peer || is_said, "{found} is invented");
}

fn check_origin(headers: &HeaderMap) {
    let (own, other) = ("https://app.example", "https://front.example:8443");
    let origin = headers.get("origin").map(HeaderValue::as_bytes);
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if reading::takes(&url(own), &[url(other)], headers) {
        let is_ours = [own, other].iter().any(|ours| origin == Some(ours.as_bytes()));
        let is_nobodys = origin.is_none() && site.is_none() && !headers.contains_key("cookie");
        let is_same = site == Some(b"same-origin");
        assert!(is_ours || is_nobodys || is_same, "{headers:?}");
        let is_foreign = site.is_some_and(|site| site != b"same-origin");
        assert!(!is_foreign || origin == Some(other.as_bytes()), "{headers:?}");
    }
}

fn check_mark(secret: &str, text: &str) {
    let mark = reading::mark(secret);
    assert_eq!(reading::is_marked(secret, text), mark.as_deref() == Some(text));
    if let Some(mark) = mark {
        assert!(reading::is_marked(secret, &mark) && !mark.contains(secret));
    }
}

/// Years and moments in addresses and forms, and tokens.
fn check_address(text: &str) {
    if let Some(year) = reading::year(text) {
        assert_eq!(format!("{year:04}"), text);
        assert_eq!(reading::released(text, Some(year)), Some(true));
        assert_eq!(reading::released(text, None), Some(false));
    }
    if let Some(at) = reading::moment(text) {
        let now = jiff::Timestamp::now().as_second();
        let ahead = at.since(Timestamp::from_unix(now)).as_secs();
        assert!(ahead <= 367 * 24 * 60 * 60, "{at}");
    }
    if reading::is_token(text) {
        assert!(text.len() <= 128 && !text.contains(|letter: char| !letter.is_ascii_graphic()));
    }
}

/// As <https://www.standardwebhooks.com> has it, by the definition of HMAC (RFC 2104).
fn check_signature(secret: &str, id: &str, body: &[u8]) {
    let at = 1_614_265_330;
    let Ok(signed) = reading::signature(secret, id, at, body) else { return };
    if secret.starts_with("whsec_") {
        assert_eq!(signed.len(), "v1,".len() + 44);
        return;
    }
    let secret = secret.as_bytes();
    let hashed = Sha256::digest(secret);
    let mut key = [0; 64];
    let known = if secret.len() > key.len() { &hashed[..] } else { secret };
    key[..known.len()].copy_from_slice(known);
    let inner = key.map(|byte| byte ^ 0x36);
    let inner = Sha256::new().chain_update(inner).chain_update(format!("{id}.{at}."));
    let inner = inner.chain_update(body).finalize();
    let outer = key.map(|byte| byte ^ 0x5C);
    let outer = Sha256::new().chain_update(outer).chain_update(inner).finalize();
    assert_eq!(signed, format!("v1,{}", base64(&outer)));
    // The same secret as others write it.
    let coded = format!("whsec_{}", base64(secret));
    assert_eq!(reading::signature(&coded, id, at, body), Ok(signed));
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = char::from(LETTERS[bits >> (18 - 6 * place) & 63]);
            out.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    out
}
