#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod albums;
mod connection;
mod database;
mod error;
pub mod guide;
mod loved;
mod migrate;
mod options;
mod pacer;
mod queue;
mod statements;
mod store;
mod transaction;
mod variants;

#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;

pub use error::{OpenError, is_of_postgres};
pub use options::PostgresStoreOptions;
pub use pacer::PostgresPacer;
pub use queue::PostgresQueue;
pub use store::PostgresStore;

/// What an app holds can go to another thread.
const _: () = {
    const fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<PostgresStore>();
    is_shared::<PostgresQueue>();
    is_shared::<PostgresPacer>();
    is_shared::<OpenError>();
};
