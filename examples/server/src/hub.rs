//! Changes of jobs, heard once and told to everybody who watches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jobs::Filter;
use lastfm_core::Username;
use tokio::sync::watch;

use crate::app::App;

/// Until a watch that ended is begun anew.
const AGAIN: Duration = Duration::from_secs(1);

/// Who watches whom, by the name in lower case.
#[derive(Default)]
pub(crate) struct Hub {
    watched: Mutex<HashMap<String, watch::Sender<u64>>>,
}

/// Hears of changes to one user's jobs until it is dropped.
pub(crate) struct Listener {
    hub: Arc<Hub>,
    user: String,
    changes: Option<watch::Receiver<u64>>,
}

impl Hub {
    /// Hears of what changes from now on.
    pub(crate) fn listen(self: &Arc<Self>, user: &Username) -> Listener {
        let user = user.folded();
        let mut watched = self.watched();
        let sender = watched.entry(user.clone()).or_insert_with(|| watch::Sender::new(0));
        let changes = Some(sender.subscribe());
        Listener { hub: Arc::clone(self), user, changes }
    }

    fn tell(&self, user: &Username) {
        if let Some(sender) = self.watched().get(&user.folded()) {
            sender.send_modify(|change| *change += 1);
        }
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<u64>>> {
        // Nothing that holds the lock can panic.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Returns when something has changed since the last time.
    pub(crate) async fn changed(&mut self) {
        let Some(changes) = &mut self.changes else { return std::future::pending().await };
        // The sender lives as long as anybody listens.
        if changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut watched = self.hub.watched();
        self.changes = None;
        if watched.get(&self.user).is_some_and(|sender| sender.receiver_count() == 0) {
            watched.remove(&self.user);
        }
    }
}

/// Tells everybody of changes, until the app is gone.
pub(crate) async fn tell_all(app: Weak<App>) {
    loop {
        let Some(strong) = app.upgrade() else { return };
        let mut changes = strong.jobs.watch(Filter { live: true, ..Filter::default() });
        drop(strong);
        while let Some(change) = changes.next().await {
            let Some(app) = app.upgrade() else { return };
            // A reading that failed is followed by another one.
            if let Ok(state) = change {
                app.standings.forget(&state.user).await;
                app.hub.tell(&state.user);
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_listens_hears_of_their_user_alone_and_is_forgotten_afterwards() {
        let hub = Arc::new(Hub::default());
        let (rj, ann): (Username, Username) = ("RJ".parse().unwrap(), "ann".parse().unwrap());
        let (mut one, mut two, mut other) = (hub.listen(&rj), hub.listen(&rj), hub.listen(&ann));
        hub.tell(&"rj".parse().unwrap());
        one.changed().await;
        two.changed().await;
        let waits = tokio::time::timeout(Duration::from_millis(10), other.changed()).await;
        assert!(waits.is_err());
        drop((one, two));
        assert_eq!(hub.watched().len(), 1);
        drop(other);
        assert!(hub.watched().is_empty());
    }
}
