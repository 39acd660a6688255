//! The methods of the web service, one file each, in folders as the service names them.

mod arguments;
pub mod artist;
#[cfg(test)]
mod harness;
pub mod track;
pub mod user;
