//! The two cookies: which login was begun in this browser, and who it is logged in as.

use axum::http::{HeaderMap, HeaderValue, header};
use url::{Host, Url};

use crate::logins::{LONGEST, LONGEST_LOGIN};
use crate::secret::Secret;

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// A login that was begun.
    Begun,
    /// A login that came to its end.
    Session,
}

/// How cookies look, which is said by the address of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jar {
    /// Over https: no other host, no other path, nobody on the way can read or plant them.
    Strict,
    /// Over plain http on this machine alone, where a browser refuses strict ones.
    Loopback,
}

impl Jar {
    /// Nothing where cookies could be read on the way: there nobody can log in.
    pub(crate) fn at(public_url: &Url) -> Option<Self> {
        let is_here = match public_url.host()? {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        match public_url.scheme() {
            "https" => Some(Self::Strict),
            "http" if is_here => Some(Self::Loopback),
            _ => None,
        }
    }

    fn name(self, cookie: Cookie) -> &'static str {
        match (self, cookie) {
            (Self::Strict, Cookie::Begun) => "__Host-pre",
            (Self::Strict, Cookie::Session) => "__Host-sid",
            (Self::Loopback, Cookie::Begun) => "loopback-pre",
            (Self::Loopback, Cookie::Session) => "loopback-sid",
        }
    }

    /// What the browser keeps. If it says two things, one was planted: nothing is believed.
    pub(crate) fn read<'a>(self, headers: &'a HeaderMap, cookie: Cookie) -> Option<Secret> {
        let lines = headers.get_all(header::COOKIE).iter();
        // Cookies of others may hold any bytes, and so may one that was planted.
        let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let name = self.name(cookie).as_bytes();
        let named = |pair: &'a [u8]| pair.trim_ascii().strip_prefix(name)?.strip_prefix(b"=");
        let mut said = pairs.filter_map(named);
        let (first, second) = (said.next()?, said.next());
        Secret::said(std::str::from_utf8(first).ok()?).filter(|_| second.is_none())
    }

    /// Has the browser keep it.
    pub(crate) fn keep(self, cookie: Cookie, secret: &Secret) -> HeaderValue {
        let age = match cookie {
            Cookie::Begun => LONGEST_LOGIN,
            Cookie::Session => LONGEST,
        };
        self.set(cookie, secret.expose(), age)
    }

    /// Has the browser forget it.
    pub(crate) fn forget(self, cookie: Cookie) -> HeaderValue {
        self.set(cookie, "", 0)
    }

    fn set(self, cookie: Cookie, value: &str, age: i64) -> HeaderValue {
        let secure = if self == Self::Strict { "; Secure" } else { "" };
        let name = self.name(cookie);
        let text = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
        let mut value = HeaderValue::from_str(&text).expect("its letters are ours");
        value.set_sensitive(true);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(url: &str) -> Option<Jar> {
        Jar::at(&url.parse().unwrap())
    }

    #[test]
    fn over_https_a_cookie_belongs_to_this_host_alone() {
        let jar = jar("https://app.example").unwrap();
        let secret = Secret::new().unwrap();
        for (cookie, name) in [(Cookie::Begun, "__Host-pre="), (Cookie::Session, "__Host-sid=")] {
            for set in [jar.keep(cookie, &secret), jar.forget(cookie)] {
                let set = set.to_str().unwrap();
                assert!(set.starts_with(name), "{set}");
                for flag in ["; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"] {
                    assert!(set.contains(flag), "{set}");
                }
                assert!(!set.contains("Domain"), "{set}");
            }
        }
    }

    #[test]
    fn only_this_machine_may_go_without_encryption() {
        for url in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1/"] {
            assert_eq!(jar(url), Some(Jar::Loopback), "{url}");
        }
        for url in ["http://app.example", "http://10.0.0.1", "http://localhost.evil.example"] {
            assert_eq!(jar(url), None, "{url}");
        }
    }

    #[test]
    fn a_planted_cookie_is_not_believed() {
        let jar = jar("https://app.example").unwrap();
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        let read = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, line.parse().unwrap());
            jar.read(&headers, Cookie::Session)
        };
        let (one, other) = (one.expose(), other.expose());
        assert_eq!(read(&format!("a=b; __Host-sid={one}")).unwrap().expose(), one);
        assert_eq!(read(&format!("__Host-sid={one}; __Host-sid={other}")), None);
        // Also if it is no text.
        let line = [format!("__Host-sid={one}; __Host-sid={other}").as_bytes(), b"\xff"].concat();
        let headers = [(header::COOKIE, HeaderValue::from_bytes(&line).unwrap())];
        assert_eq!(jar.read(&HeaderMap::from_iter(headers), Cookie::Session), None);
        // A subdomain can plant cookies of the names that need no encryption only.
        assert_eq!(read(&format!("loopback-sid={one}; sid={one}; __host-sid={one}")), None);
    }
}
