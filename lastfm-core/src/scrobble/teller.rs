//! Telling each step twice: to whoever reads the stream, and to whoever reads the log.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Standing;
use super::progress::{Events, SendEvent};
use crate::Account;

/// Tells the steps of one pass.
#[derive(Debug)]
pub(super) struct Teller<'a> {
    events: &'a Events,
    account: &'a Account,
    settled: AtomicBool,
}

impl<'a> Teller<'a> {
    pub(super) fn new(events: &'a Events, account: &'a Account) -> Self {
        Self { events, account, settled: AtomicBool::new(false) }
    }

    /// Whether it is known of any play what became of it.
    pub(super) fn has_settled(&self) -> bool {
        self.settled.load(Ordering::Relaxed)
    }

    pub(super) fn tell(&self, event: SendEvent) {
        let user = self.account.user.as_str();
        match &event {
            SendEvent::Sending { plays } => tracing::debug!(user, count = plays.len(), "sending"),
            SendEvent::Settled(play) => {
                let id = play.id.0;
                let reason = play.reason.as_deref();
                match &play.standing {
                    Standing::Accepted(receipt) => {
                        let (corrected, proof) = (receipt.is_corrected(), receipt.proof.name());
                        tracing::info!(user, id, corrected, proof, "accepted");
                    }
                    Standing::Refused(refusal) => {
                        tracing::warn!(user, id, refusal = %refusal, "refused");
                    }
                    Standing::Unknown { .. } => tracing::warn!(user, id, reason, "unknown"),
                    _ => tracing::info!(user, id, reason, "waits again"),
                }
                let is_over = matches!(play.standing, Standing::Accepted(_) | Standing::Refused(_));
                self.settled.fetch_or(is_over, Ordering::Relaxed);
            }
            SendEvent::ReadingBack { count } => tracing::info!(user, count, "reading back"),
            SendEvent::Held(hold) => {
                let (reason, until) = (hold.reason.name(), hold.until.map(|at| at.to_string()));
                tracing::warn!(user, reason, until, words = hold.words, "held");
            }
            SendEvent::Lifted(reason) => {
                tracing::info!(user, reason = reason.name(), "no longer held");
            }
            SendEvent::QueueFailed { words } => tracing::error!(user, words, "the queue failed"),
            SendEvent::Resting { wait, counts } => {
                tracing::debug!(user, wait = ?wait, open = counts.open(), "resting");
            }
        }
        self.events.push(event);
    }
}
