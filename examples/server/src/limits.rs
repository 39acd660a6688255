//! How much one client may ask for.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::Caps;
use crate::address::ClientAddress;
use crate::failure::Failure;

type Keyed = RateLimiter<ClientAddress, HashMapStateStore<ClientAddress>, DefaultClock>;

/// When so many clients are known, those that have asked for nothing lately are forgotten.
const MANY: usize = 10_000;

/// The limits of each client. What is over one is refused, and comes with the time to wait.
pub(crate) struct Limits {
    requests: Keyed,
    lookups: Keyed,
    orders: Keyed,
    logins: Keyed,
}

impl Limits {
    pub(crate) fn new(caps: &Caps) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let requests = at_least_one(caps.requests);
        let at_once = at_least_one(caps.requests.saturating_mul(3));
        let keyed =
            |quota| RateLimiter::new(quota, HashMapStateStore::default(), DefaultClock::default());
        Self {
            requests: keyed(Quota::per_second(requests).allow_burst(at_once)),
            lookups: keyed(Quota::per_minute(at_least_one(caps.lookups))),
            orders: keyed(Quota::per_minute(at_least_one(caps.orders))),
            logins: keyed(Quota::per_minute(at_least_one(caps.logins))),
        }
    }

    /// A request of any kind.
    pub(crate) fn request(&self, client: ClientAddress) -> Result<(), Failure> {
        take(&self.requests, client)
    }

    /// A question to Last.fm about a name that nobody has asked about lately.
    pub(crate) fn lookup(&self, client: ClientAddress) -> Result<(), Failure> {
        take(&self.lookups, client)
    }

    /// The begin of a login.
    pub(crate) fn login(&self, client: ClientAddress) -> Result<(), Failure> {
        take(&self.logins, client)
    }

    /// An order of a job that is not in line yet.
    pub(crate) fn order(&self, client: ClientAddress) -> Result<(), Failure> {
        take(&self.orders, client)
    }
}

fn take(limit: &Keyed, client: ClientAddress) -> Result<(), Failure> {
    let taken = limit.check_key(&client);
    if limit.len() > MANY {
        limit.retain_recent();
    }
    taken.map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        Failure::TooMany { retry_after: wait.max(Duration::from_secs(1)) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_over_its_limit_takes_nothing_from_another() {
        let limits = Limits::new(&Caps { orders: 2, ..Caps::default() });
        let [one, other] = [1, 2].map(|last| ClientAddress([10, 0, 0, last].into()));
        assert!(limits.order(one).is_ok() && limits.order(one).is_ok());
        let refused = limits.order(one).unwrap_err();
        let Failure::TooMany { retry_after } = refused else { panic!("{refused:?}") };
        assert!((1..=60).contains(&retry_after.as_secs()), "{retry_after:?}");
        assert!(limits.order(other).is_ok() && limits.request(one).is_ok());
    }
}
