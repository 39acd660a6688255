//! Whose turn it is: of one user, one run is at work at a time, in this program or another.

use std::time::Duration;

use jobs::{Priority, Task};
use lastfm_core::Username;
use lastfm_core::archive::{Claim, Span, WorkerId};
use terminal::process;

use crate::slices::Slices;

/// How long a job waits at most for somebody else who is at work on its user.
const TURN: Duration = Duration::from_secs(20);
/// How long a place is taken to see whether it can be.
const ASKING: Duration = Duration::from_secs(1);
impl Slices {
    /// Whether a person has removed the user since this was ordered: only somebody who waits for a
    /// new archive brings one back.
    pub(crate) async fn is_forgotten(&self, task: &Task) -> bool {
        let jobs::Progress { done, total, reached, .. } = &task.progress;
        // Slices that only met an outage came to nothing.
        let has_begun = *done > 0 || total.is_some() || reached.is_some();
        let is_new = task.priority == Priority::Waiting && !has_begun;
        !is_new && matches!(self.context.db.store.user(&task.user).await, Ok(None))
    }

    /// Whoever was killed while at work on the user is not waited for.
    pub(crate) async fn look_for_the_dead(&self, user: &Username, name: &WorkerId) {
        let Ok(Some(user)) = self.context.db.store.user(user).await else { return };
        // If the place is free, the run takes it anyway. If this fails, the run says why.
        let claim = self.context.db.store.claim(user.id, name, ASKING).await;
        if let Ok(Claim::Taken { by, .. }) = claim
            && process::is_dead(&by)
        {
            // If this fails, the lease still passes.
            let _ = self.context.db.store.release(user.id, &by).await;
        }
    }

    /// For how long the place is still taken, unless who has it is dead.
    pub(crate) async fn taken(
        &self,
        user: &Username,
        name: &WorkerId,
        by: &WorkerId,
    ) -> Option<Duration> {
        let store = &self.context.db.store;
        let Ok(Some(user)) = store.user(user).await else { return Some(TURN) };
        if process::is_dead(by) {
            let _ = store.release(user.id, by).await;
            return None;
        }
        match store.claim(user.id, name, ASKING).await {
            Ok(Claim::Taken { free_in, .. }) => Some(free_in.clamp(ASKING, TURN)),
            Ok(Claim::Yours) => None,
            Err(_) => Some(TURN),
        }
    }

    /// Plays of this user and span that are archived.
    pub(crate) async fn held(&self, user: &Username, span: Span) -> u64 {
        match self.context.db.store.user(user).await {
            Ok(Some(user)) => {
                let count = self.context.db.store.count(user.id, span).await;
                count.map_or(0, |count| count.plays)
            }
            _ => 0,
        }
    }
}
