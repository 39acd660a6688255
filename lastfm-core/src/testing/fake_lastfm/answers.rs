//! The methods of the web service, and the errors it reports.

use std::collections::HashSet;
use std::fmt::Write as _;

use md5::{Digest as _, Md5};

use super::names::Name;
use super::{ErrorBody, FakeLastfm, Fault};
use crate::testing::SentRequest;

/// An answer, before anything happens to it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    pub(super) error: Option<u32>,
    pub(super) plays: usize,
    pub(super) digest: u64,
}

const JSON: &str = "application/json";

impl Answer {
    pub(super) fn json(body: String) -> Self {
        Self { status: 200, content_type: JSON, body, error: None, plays: 0, digest: 0 }
    }

    pub(super) fn html(status: u16, body: String) -> Self {
        Self { status, content_type: "text/html; charset=UTF-8", ..Self::json(body) }
    }

    pub(super) fn error(code: u32, status: u16, message: &str) -> Self {
        let message = Name::new(message).json;
        Self {
            status,
            error: Some(code),
            ..Self::json(format!(r#"{{"message":{message},"error":{code}}}"#))
        }
    }

    pub(super) fn user_not_found() -> Self {
        Self::error(6, 404, "User not found")
    }

    /// An error in the service's usual words.
    pub(super) fn failed(code: u32, status: u16, body: ErrorBody) -> Self {
        let message = usual_words(code);
        match body {
            ErrorBody::Json => Self::error(code, status, message),
            ErrorBody::Xml => {
                let body = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<lfm status=\"failed\">\n\
                     <error code=\"{code}\">{message}</error></lfm>\n"
                );
                Self {
                    content_type: "text/xml; charset=UTF-8",
                    error: Some(code),
                    ..Self::html(status, body)
                }
            }
            ErrorBody::Html => Self::html(
                status,
                format!(
                    "<html><head><title>{status} Server Error</title></head><body>\
                     <h1>Error: Server Error</h1><h2>Please try again in 30 seconds.</h2></body>\
                     </html>"
                ),
            ),
            ErrorBody::Empty => Self::html(status, String::new()),
        }
    }
}

fn usual_words(code: u32) -> &'static str {
    match code {
        3 => "Invalid Method - No method with that name in this package",
        4 => "Authentication Failed - You do not have permissions to access the service",
        5 => "Invalid format - This service doesn't exist in that format",
        6 => "Invalid parameters - Your request is missing a required parameter",
        8 => "Operation failed - Most likely the backend service failed. Please try again.",
        9 => "Invalid session key - Please re-authenticate",
        10 => "Invalid API key - You must be granted a valid key by last.fm",
        11 => "Service Offline - This service is temporarily offline. Try again later.",
        13 => "Invalid method signature supplied",
        16 => "The service is temporarily unavailable, please try again.",
        17 => "Login: User required to be logged in",
        26 => "Suspended API key - Access for your account has been suspended",
        29 => {
            "Rate Limit Exceeded - This application has made too many requests in a short period."
        }
        _ => "Something went wrong",
    }
}

impl FakeLastfm {
    /// What the service says to a request that it reads.
    pub(super) fn respond(&self, sent: &SentRequest, fault: Option<&Fault>) -> Answer {
        let usual = |code, status| Answer::failed(code, status, ErrorBody::Json);
        if sent.param("format") != Some("json") {
            // The real one speaks XML here; the fake only says that it does not.
            return Answer::failed(5, 400, ErrorBody::Xml);
        }
        let method = sent.param("method").unwrap_or_default().to_ascii_lowercase();
        let known = ["user.getrecenttracks", "user.getinfo", "user.getweeklychartlist"];
        if !known.contains(&method.as_str()) {
            return usual(3, 400);
        }
        match sent.param("api_key") {
            None => return usual(6, 400),
            Some(key) => {
                let wanted = self.service.api_key.as_deref().unwrap_or(key);
                if key.is_empty() || key != wanted {
                    return usual(10, 403);
                }
            }
        }
        if !self.is_signed_well(sent) {
            return usual(13, 403);
        }
        let session = sent.param("sk");
        let known_session = self.service.session_key.as_deref();
        if session.is_some() && known_session.is_some() && session != known_session {
            return usual(9, 403);
        }
        let is_own = session.is_some() && session == known_session;
        match sent.param("user") {
            None | Some("") if method == "user.getinfo" && is_own => {}
            None | Some("") => return usual(6, 400),
            Some(user) => {
                if !self.world.exists || !user.eq_ignore_ascii_case(&self.world.user) {
                    return Answer::user_not_found();
                }
            }
        }
        match method.as_str() {
            "user.getinfo" => self.profile(),
            "user.getweeklychartlist" => self.weekly_chart_list(),
            _ if self.world.hidden && !is_own => usual(17, 403),
            _ => self.recent_tracks(sent, fault),
        }
    }

    /// Whether the signature is right, or none is sent, or none can be checked.
    fn is_signed_well(&self, sent: &SentRequest) -> bool {
        let (Some(secret), Some(signature)) = (&self.service.shared_secret, sent.param("api_sig"))
        else {
            return true;
        };
        let unsigned = ["api_sig", "callback", "format"];
        let params = sent.params.iter();
        let mut signed: Vec<_> =
            params.filter(|(name, _)| !unsigned.contains(&name.as_str())).collect();
        signed.sort();
        let mut hash = Md5::new();
        for (name, value) in signed {
            hash.update(name);
            hash.update(value);
        }
        hash.update(secret);
        let mut expected = String::new();
        for byte in hash.finalize() {
            // Writing to a string cannot fail.
            let _ = write!(expected, "{byte:02x}");
        }
        signature.eq_ignore_ascii_case(&expected)
    }

    fn profile(&self) -> Answer {
        let history = &self.world.history;
        let (mut artists, mut albums, mut tracks) =
            (HashSet::new(), HashSet::new(), HashSet::new());
        for entry in history.shown() {
            let tune = history.tune(entry);
            artists.insert(&*tune.artist.json);
            tracks.insert((&*tune.artist.json, &*tune.track.json));
            if let Some(album) = &tune.album {
                albums.insert((&*tune.artist.json, &*album.json));
            }
        }
        let name = &Name::new(&self.world.user).json;
        let plays = i64::try_from(history.shown().len()).unwrap_or(i64::MAX);
        let playcount = plays.saturating_add(self.service.playcount_error).max(0);
        let (artists, albums, tracks) = (artists.len(), albums.len(), tracks.len());
        let registered = self.world.registered;
        Answer::json(format!(
            r##"{{"user":{{"name":{name},"age":"0","subscriber":"0","realname":"","bootstrap":"0","playcount":"{playcount}","artist_count":"{artists}","playlists":"0","track_count":"{tracks}","album_count":"{albums}","image":[{{"size":"small","#text":""}},{{"size":"medium","#text":""}},{{"size":"large","#text":""}},{{"size":"extralarge","#text":""}}],"registered":{{"unixtime":"{registered}","#text":{registered}}},"country":"None","gender":"n","url":"https:\/\/www.last.fm\/user\/{}","type":"user"}}}}"##,
            name.trim_matches('"')
        ))
    }

    /// Weeks since the first chart, long before most accounts.
    fn weekly_chart_list(&self) -> Answer {
        const FIRST: i64 = 1_108_296_000;
        const WEEK: i64 = 7 * 86_400;
        let mut weeks = String::new();
        let mut from = FIRST;
        while from + WEEK <= self.now().as_unix() {
            let comma = if from == FIRST { "" } else { "," };
            let to = from + WEEK;
            let _ = write!(weeks, r##"{comma}{{"#text":"","from":"{from}","to":"{to}"}}"##);
            from = to;
        }
        let user = Name::new(&self.world.user).json;
        Answer::json(format!(
            r#"{{"weeklychartlist":{{"chart":[{weeks}],"@attr":{{"user":{user}}}}}}}"#
        ))
    }
}
