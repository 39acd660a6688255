//! The engine on a catalogue in memory, through outages, and over the web.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod enricher;
mod history;
mod offline;
mod offline_agreement;
mod offline_damage;
mod outages;
mod recorded;
mod support;
mod web;
