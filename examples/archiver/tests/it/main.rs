//! The built program against a Last.fm on this machine: what it prints, how it ends, and what is
//! in the file afterwards.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod audit;
#[cfg(all(unix, feature = "jobs"))]
mod crew;
mod discover;
mod export;
mod interrupted;
mod login;
mod logins;
mod moving;
mod musicbrainz;
#[cfg(all(unix, feature = "postgres"))]
mod outages;
#[cfg(all(unix, feature = "postgres"))]
mod postgres;
mod readme;
mod refused;
mod removed;
mod service;
mod stage;
mod status;
mod sync;
mod together;
#[cfg(all(unix, feature = "jobs"))]
mod worker;
mod years_of_release;
