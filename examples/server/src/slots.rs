//! Places for streams and connections: so many for each client, so many in all, each given back whoever
//! ends it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::metrics::gauge::Gauge;

use crate::address::ClientAddress;

/// Who has taken all places that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotsFull {
    /// All clients together.
    ForAnybody,
    /// The one that asks.
    ForYou,
}

/// The places of one kind.
pub(crate) struct Slots {
    each: usize,
    all: usize,
    taken: Mutex<Taken>,
    shown: Gauge,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_client: HashMap<ClientAddress, usize>,
}

/// A place, until it is dropped.
pub(crate) struct Slot {
    slots: Arc<Slots>,
    client: ClientAddress,
}

impl Slots {
    pub(crate) fn new(each: usize, all: usize, shown: Gauge) -> Arc<Self> {
        Arc::new(Self { each, all, taken: Mutex::default(), shown })
    }

    /// A place for this client.
    pub(crate) fn take(self: &Arc<Self>, client: ClientAddress) -> Result<Slot, SlotsFull> {
        let mut taken = self.taken();
        if taken.all >= self.all {
            return Err(SlotsFull::ForAnybody);
        }
        let of_client = taken.by_client.get(&client).copied().unwrap_or_default();
        if of_client >= self.each {
            return Err(SlotsFull::ForYou);
        }
        taken.by_client.insert(client, of_client + 1);
        taken.all += 1;
        self.shown.inc();
        Ok(Slot { slots: Arc::clone(self), client })
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, Taken> {
        // Nothing that holds the lock can panic.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        taken.all -= 1;
        if let Some(of_client) = taken.by_client.get_mut(&self.client) {
            *of_client -= 1;
            if *of_client == 0 {
                taken.by_client.remove(&self.client);
            }
        }
        self.slots.shown.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(last: u8) -> ClientAddress {
        ClientAddress([10, 0, 0, last].into())
    }

    #[test]
    fn a_client_has_so_many_places_and_all_have_so_many() {
        let slots = Slots::new(2, 3, Gauge::default());
        let first = slots.take(client(1)).ok().unwrap();
        let second = slots.take(client(1)).ok().unwrap();
        assert!(slots.take(client(1)).is_err());
        let _third = slots.take(client(2)).ok().unwrap();
        assert!(slots.take(client(3)).is_err());
        drop((first, second));
        assert!(slots.take(client(3)).is_ok() && slots.take(client(1)).is_ok());
    }

    #[test]
    fn nothing_is_remembered_of_clients_that_left() {
        let slots = Slots::new(2, 300, Gauge::default());
        for last in 0..=255 {
            drop(slots.take(client(last)).ok().unwrap());
        }
        assert!(slots.taken().by_client.is_empty());
        assert_eq!((slots.taken().all, slots.shown.get()), (0, 0));
    }
}
