//! Waking somebody who waits, without a runtime.

use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Is rung when there is something to do; whoever waits, or begins to wait later, hears it.
#[derive(Debug, Default)]
pub(super) struct Bell(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rung: u64,
    waiting: Vec<Waker>,
}

impl Bell {
    /// Wakes everybody.
    pub(super) fn ring(&self) {
        let mut state = self.state();
        state.rung += 1;
        for waker in state.waiting.drain(..) {
            waker.wake();
        }
    }

    /// How often it was rung so far.
    pub(super) fn rung(&self) -> u64 {
        self.state().rung
    }

    /// Returns when it has been rung more often than this.
    pub(super) async fn rung_after(&self, heard: u64) {
        poll_fn(|context| {
            let mut state = self.state();
            if state.rung > heard {
                return Poll::Ready(());
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                state.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn whoever_begins_to_wait_late_hears_what_rang_before() {
        let bell = Bell::default();
        let heard = bell.rung();
        assert!(bell.rung_after(heard).now_or_never().is_none());
        bell.ring();
        assert!(bell.rung_after(heard).now_or_never().is_some());
        assert!(bell.rung_after(bell.rung()).now_or_never().is_none());
    }

    #[test]
    fn somebody_who_waits_is_woken() {
        let bell = Bell::default();
        let waiting = async {
            let heard = bell.rung();
            futures_util::join!(bell.rung_after(heard), async { bell.ring() });
        };
        futures_executor::block_on(waiting);
    }
}
