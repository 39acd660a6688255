//! How much one client may ask for.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::Caps;
use crate::address::ClientAddress;
use crate::failure::Failure;

type Keyed = RateLimiter<ClientAddress, HashMapStateStore<ClientAddress>, DefaultClock>;

/// When more clients are known, those that have asked for nothing lately are forgotten.
const MANY: usize = 10_000;

/// What each client may ask for of one kind.
struct Limit {
    clients: Keyed,
    /// Clients that may be known before all are looked through again: twice as many as are left of
    /// them. Somebody with a great many addresses does not make every request look through all.
    room: AtomicUsize,
}

/// The limits of each client. What is over one is refused, and comes with the time to wait.
pub(crate) struct Limits {
    requests: Limit,
    lookups: Limit,
    orders: Limit,
    logins: Limit,
}

impl Limits {
    pub(crate) fn new(caps: &Caps) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let requests = at_least_one(caps.requests);
        let at_once = at_least_one(caps.requests.saturating_mul(3));
        Self {
            requests: Limit::new(Quota::per_second(requests).allow_burst(at_once)),
            lookups: Limit::new(Quota::per_minute(at_least_one(caps.lookups))),
            orders: Limit::new(Quota::per_minute(at_least_one(caps.orders))),
            logins: Limit::new(Quota::per_minute(at_least_one(caps.logins))),
        }
    }

    /// A request of any kind.
    pub(crate) fn request(&self, client: ClientAddress) -> Result<(), Failure> {
        self.requests.take(client)
    }

    /// A question to Last.fm about a name that nobody has asked about lately.
    pub(crate) fn lookup(&self, client: ClientAddress) -> Result<(), Failure> {
        self.lookups.take(client)
    }

    /// The begin of a login.
    pub(crate) fn login(&self, client: ClientAddress) -> Result<(), Failure> {
        self.logins.take(client)
    }

    /// An order of a job that is not in line yet.
    pub(crate) fn order(&self, client: ClientAddress) -> Result<(), Failure> {
        self.orders.take(client)
    }
}

impl Limit {
    fn new(quota: Quota) -> Self {
        let (store, clock) = (HashMapStateStore::default(), DefaultClock::default());
        Self { clients: RateLimiter::new(quota, store, clock), room: AtomicUsize::new(MANY) }
    }

    fn take(&self, client: ClientAddress) -> Result<(), Failure> {
        let taken = self.clients.check_key(&client);
        if self.clients.len() > self.room.load(Ordering::Relaxed) {
            self.clients.retain_recent();
            self.room.store(MANY.max(2 * self.clients.len()), Ordering::Relaxed);
        }
        taken.map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Failure::TooMany { retry_after: wait.max(Duration::from_secs(1)) }
        })
    }
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

    #[test]
    fn many_clients_are_looked_through_seldom() {
        let limit = Limit::new(Quota::per_hour(NonZeroU32::MIN));
        let (mut looks, mut room) = (0, MANY);
        for client in 0..8 * u32::try_from(MANY).unwrap() {
            limit.take(ClientAddress(std::net::Ipv4Addr::from_bits(client).into())).unwrap();
            let left = limit.room.load(Ordering::Relaxed);
            looks += u32::from(left != room);
            room = left;
        }
        assert!((1..=4).contains(&looks), "{looks}");
    }
}
