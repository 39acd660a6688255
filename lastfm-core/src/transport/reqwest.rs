//! The transport that goes over the network, by reqwest.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::BytesMut;
use url::{Host, Url};

use super::{Request, Response, Transport, TransportError, TransportErrorKind, is_this_machine};

/// Sends requests over the network, in a way that keeps keys where they belong.
///
/// Only https, save to this machine itself and to
/// [hosts that an app names](ReqwestTransportBuilder::plain_http_to); follows no redirect, sends no
/// referer, and reads no more of an answer than any real one has. The address never shows in an
/// error.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    longest_body: usize,
    plain_hosts: Vec<Host>,
}

impl ReqwestTransport {
    /// With the usual limits, under this library's name.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Setup`] if encryption cannot be set up, as on a machine without root
    /// certificates.
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// To set the app's own name, or other limits.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder {
            user_agent: concat!("lastfm-core/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(20),
            total_timeout: Duration::from_secs(30),
            longest_body: 4 * 1024 * 1024,
            plain_hosts: Vec::new(),
            names_no_host: false,
        }
    }

    async fn exchange(&self, request: Request) -> Result<Response, reqwest::Error> {
        let Request { method, url, headers, body } = request;
        let request = self.client.request(method, url).headers(headers);
        let mut response = request.body(body).send().await?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > self.longest_body {
                break;
            }
        }
        Ok(Response {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: body.freeze(),
        })
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if !is_safe(&request.url, &self.plain_hosts) {
            return Err(TransportError::new(TransportErrorKind::Insecure));
        }
        let response = self.exchange(request).await.map_err(without_address)?;
        if response.body.len() > self.longest_body {
            return Err(TransportError::new(TransportErrorKind::TooLarge));
        }
        Ok(response)
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What the library prints of itself can hold the password of a proxy.
        f.debug_struct("ReqwestTransport")
            .field("longest_body", &self.longest_body)
            .finish_non_exhaustive()
    }
}

/// The one place where errors of the library enter: their address, which can hold keys, goes.
fn without_address(error: reqwest::Error) -> TransportError {
    let kind = if error.is_builder() {
        TransportErrorKind::Setup
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else {
        TransportErrorKind::Interrupted
    };
    let source: Box<dyn StdError + Send + Sync> = Box::new(error.without_url());
    TransportError::with_source(kind, source)
}

/// Whether nobody on the way can read what is sent there, or an app does not mind.
fn is_safe(url: &Url, plain_hosts: &[Host]) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => {
            url.host_str().is_some_and(is_this_machine)
                || url.host().is_some_and(|host| plain_hosts.contains(&host.to_owned()))
        }
        _ => false,
    }
}

/// A host as an address has it, an IPv6 address with or without brackets.
fn host(text: &str) -> Option<Host> {
    let without_brackets = || text.parse().ok().map(Host::Ipv6);
    Host::parse(text).ok().or_else(without_brackets)
}

/// Sets up a [`ReqwestTransport`].
#[derive(Debug, Clone)]
#[must_use]
pub struct ReqwestTransportBuilder {
    user_agent: String,
    connect_timeout: Duration,
    read_timeout: Duration,
    total_timeout: Duration,
    longest_body: usize,
    plain_hosts: Vec<Host>,
    names_no_host: bool,
}

impl ReqwestTransportBuilder {
    /// Who calls. The service asks every app to name itself, best with an address for questions:
    /// `my-app/1.0 (me@example.org)`. Default: `lastfm-core` and its version.
    pub fn user_agent(self, user_agent: impl Into<String>) -> Self {
        let user_agent = user_agent.into();
        Self { user_agent, ..self }
    }

    /// How long a connection may take. Default: 5 s.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// How long nothing at all may come. Default: 20 s.
    pub fn read_timeout(self, read_timeout: Duration) -> Self {
        Self { read_timeout, ..self }
    }

    /// How long a request may take until its answer is complete. Default: 30 s.
    pub fn total_timeout(self, total_timeout: Duration) -> Self {
        Self { total_timeout, ..self }
    }

    /// The longest body, in bytes after decompression. Default: 4 MiB.
    pub fn longest_body(self, longest_body: usize) -> Self {
        Self { longest_body, ..self }
    }

    /// Also sends plain http to this host, at any port: a server on one's own network. Default:
    /// to none but this machine itself.
    ///
    /// Everybody on the way can read the keys of the calls and change the answers, and so can a
    /// proxy that the environment names. `host` is a name or an address as in `nas.local` or
    /// `192.168.1.2`, without scheme and port; another name of the same machine, or one below it,
    /// is another host. May be called several times.
    pub fn plain_http_to(mut self, host: impl AsRef<str>) -> Self {
        match self::host(host.as_ref()) {
            Some(host) => self.plain_hosts.push(host),
            None => self.names_no_host = true,
        }
        self
    }

    /// Builds it.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Setup`] if encryption cannot be set up, if the user agent holds a
    /// character that no header can, or if what plain http may go to is no host.
    pub fn build(self) -> Result<ReqwestTransport, TransportError> {
        if self.names_no_host {
            let what = "plain http can be allowed to a host name or an address, nothing else";
            return Err(TransportError::with_source(TransportErrorKind::Setup, what));
        }
        let client = reqwest::Client::builder()
            .user_agent(self.user_agent)
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout)
            .timeout(self.total_timeout)
            .gzip(true)
            .referer(false)
            .redirect(reqwest::redirect::Policy::none())
            // Whoever counts requests has to see each of them.
            .retry(reqwest::retry::never())
            .build()
            .map_err(|error| TransportError {
                kind: TransportErrorKind::Setup,
                ..without_address(error)
            })?;
        let Self { longest_body, plain_hosts, .. } = self;
        Ok(ReqwestTransport { client, longest_body, plain_hosts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached_without_encryption() {
        let safe = |url: &str| is_safe(&url.parse().unwrap(), &[]);
        for url in [
            "https://ws.audioscrobbler.com/2.0/",
            "http://localhost:8080/",
            "http://127.0.0.1/",
            "http://127.9.8.7:1/",
            "http://[::1]:1/",
        ] {
            assert!(safe(url), "{url}");
        }
        for url in [
            "http://ws.audioscrobbler.com/2.0/",
            "http://localhost.example.org/",
            "http://127.0.0.1.example.org/",
            "http://10.0.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://0.0.0.0/",
            "ftp://localhost/",
            "file:///etc/hosts",
        ] {
            assert!(!safe(url), "{url}");
        }
    }

    #[test]
    fn a_host_that_an_app_names_is_reached_without_encryption_and_no_other() {
        let named = ["NAS.local", "192.168.1.2", "fd00::2", "[fd00::3]"];
        let named = named.map(|name| host(name).unwrap());
        let safe = |url: &str| is_safe(&url.parse().unwrap(), &named);
        for url in [
            "http://nas.local/2.0/",
            "http://nas.LOCAL:8080/2.0/",
            "http://192.168.1.2:42010/",
            "http://0xc0a80102/",
            "http://[fd00::2]/",
            "http://[fd00:0::3]:1/",
            "http://localhost/",
            "https://example.org/",
        ] {
            assert!(safe(url), "{url}");
        }
        for url in [
            "http://example.org/",
            "http://local/",
            "http://nas/",
            "http://my.nas.local/",
            "http://nas.local.example.org/",
            "http://nas.local@example.org/",
            "http://192.168.1.20/",
            "http://192.168.1.3/",
            "http://[::ffff:192.168.1.2]/",
            "http://[fd00::4]/",
            "ftp://nas.local/",
        ] {
            assert!(!safe(url), "{url}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused_and_not_shown() {
        for text in ["", "http://nas.local", "nas.local:8080", "user:canary@nas.local", "a/b"] {
            let builder = ReqwestTransport::builder().plain_http_to("nas").plain_http_to(text);
            assert!(!format!("{builder:?}").contains("canary"));
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind, TransportErrorKind::Setup, "{text}");
            assert!(!format!("{error:?}").contains("canary"));
        }
    }
}
