//! Measures the archive engine and its rivals in one run, each in a process of its own, against a
//! service in another one.
#![allow(clippy::print_stdout, clippy::print_stderr)] // What a person reads who started it.

mod arguments;
mod children;
mod decode;
mod goals;
mod measure;
mod programs;
mod queue;
mod rivals;
mod rounds;
mod service;
mod table;

use std::error::Error;

use clap::Parser;

use self::arguments::Arguments;

/// What went wrong, in words.
type Trouble = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Trouble> {
    let arguments = Arguments::parse();
    match arguments.child {
        Some(child) => children::run(child),
        None => rounds::run(&arguments.wanted),
    }
}
