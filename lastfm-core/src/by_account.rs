//! What stores in memory keep, one for each account.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Account;
use crate::yielding::yield_once;

/// Something for each account that anything was done to. Names of users compare without case.
#[derive(Debug)]
pub(crate) struct ByAccount<T>(Mutex<BTreeMap<Key, (Account, T)>>);

type Key = (Box<str>, String);

impl<T> Default for ByAccount<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Default> ByAccount<T> {
    /// Changes or reads what is this account's, in one go. Waits once before.
    pub(crate) async fn on<R>(&self, account: &Account, act: impl FnOnce(&mut T) -> R) -> R {
        let key = (account.service.clone(), account.user.folded());
        let mut all = self.lock().await;
        let (_, own) = all.entry(key).or_insert_with(|| (account.clone(), T::default()));
        act(own)
    }

    /// The accounts of which this is so, by service and name, as they were first spelled.
    pub(crate) async fn of(&self, is_so: impl Fn(&T) -> bool) -> Vec<Account> {
        let all = self.lock().await;
        all.values().filter(|(_, own)| is_so(own)).map(|(account, _)| account.clone()).collect()
    }

    async fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, (Account, T)>> {
        yield_once().await;
        // Nothing that holds it panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
