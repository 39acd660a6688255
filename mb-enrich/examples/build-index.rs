//! Builds an index of release groups out of MusicBrainz' dump.
//!
//!     cargo run --release -p mb-enrich --features offline --example build-index -- \
//!         mbdump.tar.bz2 musicbrainz.index
//!
//! Unpacking takes most of the time, on one core. `-` reads the dump from the standard input, packed
//! or not: `lbzip2 -dc mbdump.tar.bz2 | build-index - musicbrainz.index` unpacks on all cores.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mb_enrich::offline::IndexBuilder;

fn main() -> ExitCode {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let [dump, index] = said.as_slice() else {
        eprintln!("usage: build-index mbdump.tar.bz2|- INDEX");
        return ExitCode::from(2);
    };
    match build(dump, index) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("{error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprint!(": {error}");
                cause = error.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

fn build(dump: &str, index: &str) -> Result<(), Box<dyn Error>> {
    let from: Box<dyn Read> =
        if dump == "-" { Box::new(io::stdin().lock()) } else { Box::new(File::open(dump)?) };
    let began = Instant::now();
    let (mut next, mut last) = (Duration::ZERO, String::new());
    let builder = IndexBuilder::new(index).on_step(|step| {
        let (line, now) = (step.to_string(), began.elapsed());
        if now >= next && line != last {
            println!("{:>6} s  {line}", now.as_secs());
            (next, last) = (now + Duration::from_secs(5), line);
        }
        ControlFlow::Continue(())
    });
    let about = builder.build(from)?;
    println!(
        "{} release groups, {} releases, {} artists, {} tracks in {} MB; {} s",
        about.group_count,
        about.release_count,
        about.artist_count,
        about.track_count,
        about.byte_count / 1_000_000,
        began.elapsed().as_secs()
    );
    for (part, bytes) in &about.parts {
        println!("{:>10.1} MB  {part}", megabytes(*bytes));
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "for printing")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
