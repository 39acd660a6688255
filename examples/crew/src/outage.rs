//! What a process remembers of an outage: until it is over, one slice looks again now and then,
//! and nobody else asks anything.
//!
//! Nothing here waits or asks. Moments are those of the caller's clock.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_mins(1);
/// The first look comes after a minute, each later one after twice the time, up to this.
const LONGEST: Duration = Duration::from_mins(15);

/// What a slice may do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Ask as usual.
    Ask,
    /// Ask, without patience: whether the outage is over.
    Look,
    /// Ask nothing for this time, because of this.
    Rest(Duration, String),
}

#[derive(Debug, Default)]
pub(crate) struct Outage(Mutex<Option<Known>>);

#[derive(Debug, Clone)]
struct Known {
    reason: String,
    /// How long the rest is that goes on.
    rest: Duration,
    /// When the next look is due.
    look_at: Instant,
}

impl Outage {
    /// What a slice that begins now may do. Who is to look is told so once: the next one is only
    /// told so if it does not come back.
    pub(crate) fn leave(&self, now: Instant) -> Permission {
        let mut known = self.lock();
        let Some(outage) = known.as_mut() else { return Permission::Ask };
        let left = outage.look_at.saturating_duration_since(now);
        if left.is_zero() {
            outage.look_at = now + MINUTE;
            return Permission::Look;
        }
        Permission::Rest(left, outage.reason.clone())
    }

    /// Why nobody asks, if nobody does.
    pub(crate) fn reason(&self) -> Option<String> {
        self.lock().as_ref().map(|outage| outage.reason.clone())
    }

    /// Nobody answered. Says for how long to rest, and whether the outage is news.
    pub(crate) fn begins(&self, reason: &str, is_look: bool, now: Instant) -> (Duration, bool) {
        let mut known = self.lock();
        let is_news = known.is_none();
        match known.as_mut() {
            // Others that asked before it was known tell nothing new.
            Some(outage) if !is_look => (outage.look_at.saturating_duration_since(now), false),
            Some(outage) => {
                outage.rest = (outage.rest * 2).min(LONGEST);
                outage.look_at = now + outage.rest;
                reason.clone_into(&mut outage.reason);
                (outage.rest, is_news)
            }
            None => {
                let reason = reason.to_owned();
                *known = Some(Known { reason, rest: MINUTE, look_at: now + MINUTE });
                (MINUTE, is_news)
            }
        }
    }

    /// There was an answer. Says whether that is news.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().take().is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        // Nothing is left half done in it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_outage_costs_six_looks_however_many_ask() {
        let outage = Outage::default();
        let start = Instant::now();
        assert_eq!(outage.leave(start), Permission::Ask);
        assert_eq!(outage.begins("busy", false, start), (MINUTE, true));
        assert_eq!(outage.begins("busy", false, start), (MINUTE, false));
        let mut looks = Vec::new();
        for second in 0..3600 {
            let now = start + Duration::from_secs(second);
            // Twenty slices want to begin every second.
            for _ in 0..20 {
                match outage.leave(now) {
                    Permission::Look => {
                        looks.push(second / 60);
                        assert!(!outage.begins("still busy", true, now).1);
                    }
                    Permission::Rest(left, _) => assert!(left <= LONGEST),
                    Permission::Ask => panic!("the outage is known"),
                }
            }
        }
        assert_eq!(looks, [1, 3, 7, 15, 30, 45]);
        assert!(outage.is_over() && !outage.is_over());
        assert_eq!(outage.leave(start), Permission::Ask);
    }

    #[test]
    fn who_looks_and_does_not_come_back_is_replaced() {
        let outage = Outage::default();
        let start = Instant::now();
        outage.begins("busy", false, start);
        assert_eq!(outage.leave(start + MINUTE), Permission::Look);
        assert_eq!(outage.leave(start + MINUTE), Permission::Rest(MINUTE, "busy".to_owned()));
        assert_eq!(outage.leave(start + MINUTE * 2), Permission::Look);
    }
}
