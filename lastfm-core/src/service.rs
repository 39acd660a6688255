//! Which service is called: Last.fm, or another one that answers the same calls.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// Where Last.fm answers, and where its users let an app act for them.
const LAST_FM: [&str; 2] = ["https://ws.audioscrobbler.com/2.0/", "https://www.last.fm/api/auth/"];

/// A service that answers the calls of Last.fm's web service, version 2.0.
///
/// It gets the keys of whoever calls it. Its `Debug` shows the hosts and nothing more. One on
/// one's own network that has no encryption needs a transport that is told so, as
/// `ReqwestTransportBuilder::plain_http_to` tells it.
///
/// An [`Archiver`](crate::archive::Archiver) is made for Last.fm alone: it asks for plays between
/// two moments and believes no page that does not say how many plays there are.
///
/// ```
/// use lastfm_core::Service;
///
/// assert_eq!(Service::last_fm().api().as_str(), "https://ws.audioscrobbler.com/2.0/");
/// let mine = Service::maloja(&"https://music.example.org".parse()?);
/// assert_eq!(mine.api().as_str(), "https://music.example.org/apis/audioscrobbler/2.0/");
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Service {
    api: Url,
    login: Url,
}

impl Service {
    /// Calls go to `api`, and users let an app act for them at `login`.
    ///
    /// Give `api` the slash at its end: without it neither Libre.fm (2020,
    /// [yams](https://github.com/Berulacks/yams/issues/7)) nor Maloja (2025,
    /// [maloja](https://github.com/krateng/maloja/issues/436)) answers.
    pub fn new(api: Url, login: Url) -> Self {
        Self { api, login }
    }

    /// Last.fm: <https://www.last.fm/api>. The default.
    pub fn last_fm() -> Self {
        let [api, login] = LAST_FM.map(|address| {
            // The constants are addresses; a test reads them.
            address.parse().unwrap_or_else(|_| unreachable!())
        });
        Self { api, login }
    }

    /// Libre.fm, <https://libre.fm>: an instance of GNU FM, with what works [there](Self::gnu_fm).
    ///
    /// Any text will do as an API key and as a secret
    /// ([multi-scrobbler](https://foxxmd.github.io/multi-scrobbler/configuration/clients/librefm)).
    /// A scrobble has worked (2020, [yams](https://github.com/Berulacks/yams/issues/7)), and so
    /// has the login of a web app, but not `auth.getMobileSession` (2024,
    /// [libre-fm](https://github.com/libre-fm/libre-fm/issues/41)).
    pub fn libre_fm() -> Self {
        // The constant is an address; a test reads it.
        Self::gnu_fm(&"https://libre.fm/".parse().unwrap_or_else(|_| unreachable!()))
    }

    /// A server of GNU FM at `base`, as in `https://libre.fm/`: the calls at `2.0/`, the login at
    /// `api/auth/`.
    ///
    /// As far as its [source](https://github.com/foocorp/gnu-fm) tells (`nixtape/2.0/index.php`):
    ///
    /// * There are: scrobbling, now playing, love and unlove, tags of tracks, artists and albums,
    ///   all three logins, `user.getInfo`, `user.getRecentTracks`, `user.getLovedTracks`, a user's
    ///   top artists, tracks and tags, `artist.getInfo`, `artist.getTopTracks`, and most of
    ///   `tag.*`.
    /// * There are not: `user.getTop*` for albums, weekly charts, `chart.*`, `geo.*`,
    ///   `library.getArtists`, `user.getFriends` and corrections: error 3.
    /// * `user.getRecentTracks` knows `limit` and `page`, but neither `from` nor `to`, and does not
    ///   count the plays: a history there cannot be archived. What plays now has a date.
    /// * A user without plays is error 7.
    pub fn gnu_fm(base: &Url) -> Self {
        Self { api: beneath(base, "2.0/"), login: beneath(base, "api/auth/") }
    }

    /// A server of Maloja at `base`: the calls at `apis/audioscrobbler/2.0/`.
    ///
    /// It knows two of them, `auth.getMobileSession` and `track.scrobble`, and says error 3 to all
    /// others ([source](https://github.com/krateng/maloja), `maloja/apis/audioscrobbler.py`).
    /// The password is one of its API keys, the user name may be any
    /// ([documentation](https://github.com/krateng/maloja/blob/master/API.md)), and there is no
    /// page to log in at, so that [`login`](Self::login) leads nowhere. A session ends with the
    /// server's process. Its answers say neither whose session it is nor how many plays were
    /// accepted. As its source reads, a play with an index (`track[0]`) fails where one without
    /// an index does not: send them one by one.
    pub fn maloja(base: &Url) -> Self {
        Self { api: beneath(base, "apis/audioscrobbler/2.0/"), login: beneath(base, "api/auth/") }
    }

    /// Where calls go.
    pub fn api(&self) -> &Url {
        &self.api
    }

    /// The page on which users let an app act for them, without what it is asked for.
    pub fn login(&self) -> &Url {
        &self.login
    }
}

/// Last.fm.
impl Default for Service {
    fn default() -> Self {
        Self::last_fm()
    }
}

/// The service whose calls go there. Its login is Last.fm's if the host is, else `/api/auth/` on
/// the same host.
impl From<Url> for Service {
    fn from(api: Url) -> Self {
        let last_fm = Self::last_fm();
        if api.host() == last_fm.api.host() {
            return Self { api, ..last_fm };
        }
        let mut login = api.clone();
        login.set_path("");
        Self { login: beneath(&login, "api/auth/"), api }
    }
}

/// The service whose calls go to the address in this text, as of a [`Url`].
impl FromStr for Service {
    type Err = url::ParseError;

    fn from_str(api: &str) -> Result<Self, url::ParseError> {
        api.parse().map(|api: Url| Self::from(api))
    }
}

/// This path below that address, whose own path may end in a slash or not.
fn beneath(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("api", &self.api.host_str())
            .field("login", &self.login.host_str())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn addresses(service: &Service) -> [&str; 2] {
        [service.api().as_str(), service.login().as_str()]
    }

    #[test]
    fn every_service_is_where_it_is() {
        assert_eq!(addresses(&Service::last_fm()), LAST_FM);
        assert_eq!(Service::default(), Service::last_fm());
        let libre_fm = ["https://libre.fm/2.0/", "https://libre.fm/api/auth/"];
        assert_eq!(addresses(&Service::libre_fm()), libre_fm);
        for base in ["http://10.0.0.2:8/fm", "http://10.0.0.2:8/fm/?x#y"] {
            let service = Service::gnu_fm(&url(base));
            let expected = ["http://10.0.0.2:8/fm/2.0/", "http://10.0.0.2:8/fm/api/auth/"];
            assert_eq!(addresses(&service), expected);
            let service = Service::maloja(&url(base));
            let expected = "http://10.0.0.2:8/fm/apis/audioscrobbler/2.0/";
            assert_eq!(service.api().as_str(), expected);
        }
    }

    #[test]
    fn an_address_alone_has_the_login_of_its_host() {
        for (api, login) in [
            ("https://ws.audioscrobbler.com/2.0/", "https://www.last.fm/api/auth/"),
            ("http://ws.audioscrobbler.com/2.0/?x", "https://www.last.fm/api/auth/"),
            ("https://libre.fm/2.0/", "https://libre.fm/api/auth/"),
            ("http://127.0.0.1:8080/deep/2.0/?key#y", "http://127.0.0.1:8080/api/auth/"),
            ("http://[::1]:1", "http://[::1]:1/api/auth/"),
        ] {
            assert_eq!(addresses(&Service::from(url(api))), [url(api).as_str(), login]);
        }
    }

    #[test]
    fn nothing_but_the_hosts_is_printed() {
        let service = Service::from(url("https://user:canary@example.org/canary?k=canary"));
        let printed = format!("{service:?} {service:#?}");
        assert!(printed.contains("example.org") && !printed.contains("canary"), "{printed}");
    }
}
