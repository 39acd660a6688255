//! What a request asks, and the name under which its answer is kept.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderMap, Method as HttpMethod, header};
use sha2::{Digest as _, Sha256};

use crate::transport::Request;

/// The name under which the answer to a request is kept.
///
/// A digest (SHA-256) of the address, the parameters and the headers, so that no key can be read
/// from it, and no two apps, users or services share an answer. How the request is signed, the
/// order of its parameters and whether they stand in a form or in the address make no difference.
/// Its `Display` is 64 lower-case hexadecimal digits, the same in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A call of the web service that is to be answered in JSON.
pub(super) struct Question {
    /// The method's name in lower case.
    pub(super) method: String,
    pub(super) key: CacheKey,
}

type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

impl Question {
    /// What a request asks; `None` if it is not such a call.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let form = match request.method {
            HttpMethod::GET if request.body.is_empty() => &[],
            HttpMethod::POST if is_form(&request.headers) => &*request.body,
            _ => return None,
        };
        let form = url::form_urlencoded::parse(form);
        let mut pairs: Vec<Pair<'_>> = request.url.query_pairs().chain(form).collect();
        if single(&pairs, "format") != Some("json") {
            return None;
        }
        let method = single(&pairs, "method")?.to_ascii_lowercase();
        pairs.retain(|(name, _)| !matches!(&**name, "api_sig" | "format" | "method"));
        // Stable: what is said twice keeps its order.
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        let key = digest(request, &method, &pairs);
        Some(Self { method, key })
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| {
        let kind = kind.split_once(';').map_or(kind, |(kind, _)| kind);
        kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// The value of a parameter that is there once.
fn single<'a>(pairs: &'a [Pair<'_>], name: &str) -> Option<&'a str> {
    let mut values = pairs.iter().filter(|pair| pair.0 == name).map(|pair| &*pair.1);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

fn digest(request: &Request, method: &str, pairs: &[Pair<'_>]) -> CacheKey {
    let mut place = request.url.clone();
    place.set_query(None);
    place.set_fragment(None);
    // A header can say who asks. The kind of the body says nothing that the body does not.
    let headers = request.headers.iter().filter(|(name, _)| **name != header::CONTENT_TYPE);
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    headers.sort_unstable();

    let mut digest = Sha256::new();
    // Each part with its length before it, so that none can pass for the end of another one.
    let mut add = |part: &[u8]| {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        digest.update(part);
    };
    add(place.as_str().as_bytes());
    add(method.as_bytes());
    add(headers.len().to_string().as_bytes());
    for (name, value) in headers {
        add(name.as_bytes());
        add(value);
    }
    for (name, value) in pairs {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    CacheKey(digest.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "https://ws.audioscrobbler.com/2.0/";

    fn post(form: &str) -> Request {
        let mut request = Request::post(HOME.parse().unwrap(), form.to_owned());
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        request.headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        request
    }

    fn get(query: &str) -> Request {
        Request::get(format!("{HOME}?{query}").parse().unwrap())
    }

    fn key(request: &Request) -> Option<CacheKey> {
        Question::of(request).map(|question| question.key)
    }

    #[test]
    fn the_same_question_has_one_key_however_it_is_put() {
        let asked = key(&post("method=tag.getInfo&tag=a+b&api_key=k&format=json")).unwrap();
        for same in [
            post("api_key=k&format=json&method=tag.getinfo&tag=a%20b"),
            post("api_key=k&api_sig=0123&format=json&method=TAG.GETINFO&tag=a+b"),
            get("tag=a+b&method=tag.getInfo&api_key=k&format=json"),
        ] {
            assert_eq!(key(&same), Some(asked));
        }
        assert_eq!(asked.to_string().len(), 64);
    }

    #[test]
    fn another_question_has_another_key() {
        let mut elsewhere = post("method=tag.getInfo&tag=a&api_key=k&format=json");
        elsewhere.url = "https://libre.fm/2.0/".parse().unwrap();
        let mut someone = post("method=tag.getInfo&tag=a&api_key=k&format=json");
        someone.headers.insert("authorization", "one".parse().unwrap());
        let mut someone_else = someone.clone();
        someone_else.headers.insert("authorization", "two".parse().unwrap());
        let requests = [
            elsewhere,
            someone,
            someone_else,
            post("method=tag.getInfo&tag=a&api_key=k&format=json"),
            post("method=tag.getInfo&tag=a&api_key=l&format=json"),
            post("method=tag.getInfo&tag=A&api_key=k&format=json"),
            post("method=tag.getInfo&tag=a&api_key=k&sk=s&format=json"),
            post("method=tag.getInfo&tag=a&api_key=k&sk=t&format=json"),
            post("method=tag.getInfo&tag=aapi_key&api_key=k&format=json"),
            post("method=tag.getInfo&taga=&api_key=k&format=json"),
            post("method=tag.getSimilar&tag=a&api_key=k&format=json"),
        ];
        let mut keys: Vec<CacheKey> = requests.iter().map(|one| key(one).unwrap()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), requests.len());
    }

    #[test]
    fn what_is_no_call_in_json_is_no_question() {
        let call = "method=tag.getInfo&tag=a&format=json";
        let mut no_form = post(call);
        no_form.headers.clear();
        let mut put = post(call);
        put.method = HttpMethod::PUT;
        for request in [
            no_form,
            put,
            post("tag=a&format=json"),
            post("method=tag.getInfo&tag=a"),
            post("method=tag.getInfo&tag=a&format=xml"),
            post("method=tag.getInfo&method=track.love&format=json"),
            get("format=json"),
        ] {
            assert_eq!(key(&request), None);
        }
    }
}
