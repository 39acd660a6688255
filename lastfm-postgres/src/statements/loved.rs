//! Loved tracks: readings of the service's list, what a person does, and local tracks.
//!
//! Each change locks the account's row before anything else, as in the queue.

mod accounts;
mod change;
mod find;
mod local;
mod reading;
mod rows;

pub(crate) use accounts::accounts;
pub(crate) use change::{love, unlove};
pub(crate) use find::{counts, track, tracks};
pub(crate) use local::{choose, of_local, set_matches};
pub(crate) use reading::{add_page, begin, finish, reading, shown};
