//! How many albums get the right year: our rules beside simpler ones, on labelled albums.
//!
//! `cargo run --release -p benches --bin enrich-eval -- DIR`, where DIR holds `candidates.tsv` and
//! files `albums_*.tsv` and `absent_*.tsv`. `--misses` lists what we got wrong.

#![allow(clippy::print_stdout, reason = "it prints")]

mod labels;
mod ours;
mod rivals;
mod scores;
mod trigrams;

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;

use self::labels::Labels;

/// Prints how many albums get the right year.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder of the labelled albums.
    folder: PathBuf,
    /// Also lists the albums that our rules got wrong.
    #[arg(long)]
    misses: bool,
    /// Leaves out what needs a PostgreSQL.
    #[arg(long)]
    without_postgres: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let labels = Labels::read(&arguments.folder)?;
    println!("{}", labels.summary());
    let ours = ours::answers(&labels)?;
    let nearest = rivals::nearest(&labels);
    let mut table = vec![
        ("lower case equality", rivals::lower_case(&labels)),
        ("normalised equality", rivals::normalised(&labels)),
        ("beets-like distance <= .04", rivals::within(&nearest, 0.04)),
        ("beets-like distance <= .15", rivals::within(&nearest, 0.15)),
        ("beets-like distance <= .25", rivals::within(&nearest, 0.25)),
    ];
    if !arguments.without_postgres {
        table.extend(trigrams::answers(&labels));
    }
    scores::print_table(&labels, &ours, &table);
    scores::print_statuses(&labels, &ours);
    scores::print_curve(&labels, &ours);
    if arguments.misses {
        scores::print_misses(&labels, &ours);
    }
    Ok(())
}
