//! Several callers with one question at the same time.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::lock::Mutex as AsyncMutex;
use futures_util::{future, poll};

use super::*;

/// Answers when its gate is opened.
#[derive(Debug, Default)]
struct Gated {
    gate: AsyncMutex<()>,
    asked: AtomicUsize,
    fails: bool,
}

#[async_trait]
impl Transport for Gated {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let _open = self.gate.lock().await;
        if self.fails {
            return Err(TransportError::with_source(TransportErrorKind::Interrupted, "a wire"));
        }
        response(200, USER)
    }
}

fn in_front_of(service: &Arc<Gated>) -> Cached {
    let clock = Arc::new(VirtualClock::default());
    Cached::new(service.clone(), Arc::new(MemoryCache::default()), clock)
}

#[test]
fn two_callers_at_once_cost_one_request() {
    let service = Arc::new(Gated::default());
    let cached = in_front_of(&service);
    let other = INFO.replace("RJ", "other");
    block_on(async {
        let closed = service.gate.lock().await;
        let mut all =
            future::join_all([INFO, INFO, INFO, &other].map(|form| cached.send(call(form))));
        assert!(poll!(&mut all).is_pending());
        drop(closed);
        assert!(all.await.iter().all(|answer| answer.as_ref().unwrap().body == USER));
    });
    assert_eq!(service.asked.load(Ordering::SeqCst), 2);
    assert!(cached.flights.lock().unwrap().values().all(|flight| flight.upgrade().is_none()));
}

#[test]
fn an_error_is_told_to_all_who_waited_and_to_nobody_else() {
    let service = Arc::new(Gated { fails: true, ..Gated::default() });
    let cached = in_front_of(&service);
    block_on(async {
        let closed = service.gate.lock().await;
        let mut one = cached.send(call(INFO));
        let mut other = cached.send(call(INFO));
        assert!(poll!(&mut one).is_pending() && poll!(&mut other).is_pending());
        drop(closed);
        let error = one.await.unwrap_err();
        assert_eq!(error.kind, TransportErrorKind::Interrupted);
        assert_eq!(error.source.unwrap().to_string(), "a wire");
        // The other one has not looked yet; whoever comes now asks anew.
        assert_eq!(service.asked.load(Ordering::SeqCst), 1);
        cached.send(call(INFO)).await.unwrap_err();
        assert_eq!(service.asked.load(Ordering::SeqCst), 2);
        assert_eq!(other.await.unwrap_err().source.unwrap().to_string(), "a wire");
    });
}

#[test]
fn a_leader_that_is_dropped_leaves_nobody_hanging() {
    let service = Arc::new(Gated::default());
    let cached = in_front_of(&service);
    block_on(async {
        let closed = service.gate.lock().await;
        let mut leader = cached.send(call(INFO));
        let mut follower = cached.send(call(INFO));
        assert!(poll!(&mut leader).is_pending() && poll!(&mut follower).is_pending());
        drop(leader);
        drop(closed);
        assert_eq!(follower.await.unwrap().body, USER);
        assert_eq!(service.asked.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_request_that_all_have_dropped_is_over_and_the_next_one_is_new() {
    let service = Arc::new(Gated::default());
    let cached = in_front_of(&service);
    block_on(async {
        let closed = service.gate.lock().await;
        let mut dropped = cached.send(call(INFO));
        assert!(poll!(&mut dropped).is_pending());
        drop(dropped);
        drop(closed);
        assert_eq!(cached.send(call(INFO)).await.unwrap().body, USER);
        assert_eq!(service.asked.load(Ordering::SeqCst), 2);
        assert!(cached.flights.lock().unwrap().len() <= 1);
    });
}
