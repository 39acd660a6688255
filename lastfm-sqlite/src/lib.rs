#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod albums;
mod connection;
mod error;
pub mod guide;
mod heard;
mod loved;
mod migrate;
mod open_file;
mod options;
mod pacer;
mod queue;
mod statements;
mod store;
mod threads;
mod variants;
mod writer;

pub use error::OpenError;
pub use options::SqliteStoreOptions;
pub use pacer::SqlitePacer;
pub use queue::SqliteQueue;
pub use store::SqliteStore;

/// What an app holds can go to another thread.
const _: () = {
    const fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<SqliteStore>();
    is_shared::<SqlitePacer>();
    is_shared::<SqliteQueue>();
    is_shared::<OpenError>();
};
