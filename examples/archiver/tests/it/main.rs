//! The built program against a Last.fm on this machine: what it prints, how it ends, and what is
//! in the file afterwards.

mod export;
mod interrupted;
mod readme;
mod refused;
mod stage;
mod status;
mod sync;
mod together;
