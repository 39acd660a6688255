//! What every program here does at a terminal: reads its settings, logs people in, says what
//! happens in words or in JSON, and ends with a code that tells how it went.
//!
//! A program first says [what it is](program::Program); the texts here speak of it by that name.
#![allow(clippy::print_stdout, clippy::print_stderr)] // What a person reads who started it.

pub mod album;
pub mod columns;
pub mod database;
pub mod dates;
pub mod demo;
pub mod exit;
pub mod file;
pub mod json;
#[cfg(feature = "lists")]
pub mod list_file;
pub mod login;
pub mod logout;
#[cfg(feature = "musicbrainz")]
pub mod made_up;
pub mod moments;
#[cfg(feature = "musicbrainz")]
pub mod musicbrainz;
pub mod output;
pub mod pace;
pub mod process;
pub mod program;
pub mod redrawn;
pub mod sessions;
pub mod settings;
pub mod show;
pub mod signals;
pub mod trouble;
pub mod waiting;
#[cfg(feature = "musicbrainz")]
pub mod watched_source;
pub mod whoami;
