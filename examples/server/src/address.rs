//! Who asks: the address that limits are counted by.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::App;

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Who asks, as far as limits go: an IPv4 address, or the first 64 bits of an IPv6 address, which is
/// what one household has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    /// Whoever is at the other end, or, if that is a proxy of ours, whoever it says asked. What
    /// comes from anybody else in that header is invented.
    pub(crate) fn of(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Self {
        let mut address = peer.to_canonical();
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let hops = lines.filter_map(|line| line.to_str().ok());
        let hops = hops.flat_map(|line| line.rsplit(','));
        for hop in hops {
            if !proxies.contains(&address) {
                break;
            }
            // Beyond what cannot be read nothing can be believed.
            let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
            address = hop.to_canonical();
        }
        Self(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}

impl FromRequestParts<Arc<App>> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Self, Self::Rejection> {
        // Requests of tests come over no connection.
        let here = IpAddr::from([127, 0, 0, 1]);
        let peer = parts.extensions.get::<Peer>().map_or(here, |peer| peer.0.ip());
        Ok(Self::of(peer, &parts.headers, &app.trusted_proxies))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(peer: &str, forwarded: &[&'static str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let proxies: Vec<IpAddr> = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
        ClientAddress::of(peer.parse().unwrap(), &headers, &proxies).0.to_string()
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        assert_eq!(asked("9.9.9.9", &["1.2.3.4"], &[]), "9.9.9.9");
        assert_eq!(asked("9.9.9.9", &["1.2.3.4"], &["127.0.0.1"]), "9.9.9.9");
        assert_eq!(asked("127.0.0.1", &["1.2.3.4"], &["127.0.0.1"]), "1.2.3.4");
    }

    #[test]
    fn what_a_client_invents_before_the_proxies_line_is_not_believed() {
        let proxies = ["10.0.0.1", "10.0.0.2"];
        let said = ["6.6.6.6, 1.2.3.4, 10.0.0.2"];
        assert_eq!(asked("10.0.0.1", &said, &proxies), "1.2.3.4");
        assert_eq!(asked("10.0.0.1", &["6.6.6.6", "1.2.3.4"], &proxies), "1.2.3.4");
        assert_eq!(asked("10.0.0.1", &["6.6.6.6, nonsense"], &proxies), "10.0.0.1");
        assert_eq!(asked("::ffff:10.0.0.1", &["1.2.3.4"], &proxies), "1.2.3.4");
    }

    #[test]
    fn a_household_of_ipv6_is_one_client() {
        assert_eq!(asked("2001:db8:1:2:3:4:5:6", &[], &[]), "2001:db8:1:2::");
    }
}
