//! The methods of the web service, one file each, in folders as the service names them.
//!
#![doc = include_str!("methods/table.md")]

pub mod album;
mod arguments;
pub mod artist;
pub mod auth;
pub mod chart;
pub mod geo;
#[cfg(test)]
mod harness;
pub mod library;
pub mod tag;
pub mod track;
pub mod user;
