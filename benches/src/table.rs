//! The table: medians, with the least and the most in brackets.

use benches::print_lines;

use crate::arguments::Wanted;
use crate::goals::{self, Goal};
use crate::rounds::{Measured, Results};

/// The medians of one program.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// Plays a second.
    pub(crate) rate: Option<f64>,
    /// Microseconds of processor a play.
    pub(crate) cpu: Option<f64>,
    /// MiB.
    pub(crate) peak: Option<f64>,
    /// Bytes a play.
    pub(crate) bytes: Option<f64>,
    /// How many times as fast as Python.
    pub(crate) ratio: Option<f64>,
}

const HEAD: [&str; 8] =
    ["what", "plays/s", "us CPU/play", "peak MiB", "B/play", "x Python", "goal", "met"];

/// Prints everything.
pub(crate) fn print(results: &Results, wanted: &Wanted) {
    let mut lines = vec![HEAD.map(str::to_owned)];
    let python = median(results.python.iter().map(rate));
    let programs: [(&str, &[Measured]); 4] = [
        ("ingest over HTTP", &results.ingest),
        ("read again, nothing new", &results.again),
        ("Python: requests, json, sqlite3", &results.python),
        ("crate lastfm 0.10, reading only", &results.lastfm),
    ];
    for (number, (what, runs)) in programs.into_iter().enumerate() {
        if runs.is_empty() {
            continue;
        }
        let row = row(runs, python);
        let goals = match number {
            0 => goals::of_ingest(&row, wanted.plays),
            1 => goals::of_again(&row, wanted.plays),
            _ => Vec::new(),
        };
        lines.push(line(what, runs, &row, &goals));
    }
    if let Some(counts) = &results.counts {
        let (middle, said) = spread(counts.next_ms.iter().copied()).unwrap_or_default();
        let what = format!("count, first and last of {}", short(to_float(counts.plays)));
        let goals = goals::of_counts(middle);
        let mut line = [""; 8].map(str::to_owned);
        (line[0], line[1]) = (what, format!("{said} ms, at first {}", short(counts.first_ms)));
        (line[6], line[7]) = (words(&goals), met(&goals));
        lines.push(line);
    }
    println!();
    print_lines(&lines);
    println!();
    for note in notes(results, wanted) {
        println!("* {note}");
    }
}

fn row(runs: &[Measured], python: Option<f64>) -> Row {
    let rate = median(runs.iter().map(rate));
    Row {
        rate,
        cpu: median(runs.iter().map(cpu)),
        peak: median(runs.iter().map(peak)),
        bytes: median(runs.iter().filter_map(bytes)),
        ratio: rate.zip(python).map(|(ours, theirs)| ours / theirs),
    }
}

fn line(what: &str, runs: &[Measured], row: &Row, goals: &[Goal]) -> [String; 8] {
    [
        what.to_owned(),
        said(runs.iter().map(rate)),
        said(runs.iter().map(cpu)),
        said(runs.iter().map(peak)),
        said(runs.iter().filter_map(bytes)),
        row.ratio.map_or_else(String::new, short),
        words(goals),
        met(goals),
    ]
}

fn rate(run: &Measured) -> f64 {
    to_float(run.outcome.plays) / run.outcome.seconds
}

fn cpu(run: &Measured) -> f64 {
    run.outcome.cpu_seconds * 1e6 / to_float(run.outcome.plays)
}

fn peak(run: &Measured) -> f64 {
    to_float(run.outcome.peak_kib) / 1024.0
}

fn bytes(run: &Measured) -> Option<f64> {
    Some(to_float(run.file_bytes?) / to_float(run.outcome.plays))
}

fn served(run: &Measured) -> f64 {
    run.service_seconds * 1e6 / to_float(run.outcome.plays)
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    spread(values).map(|(middle, _)| middle)
}

pub(crate) fn said(values: impl Iterator<Item = f64>) -> String {
    spread(values).map_or_else(String::new, |(_, said)| said)
}

/// The median, and how to say it: with the least and the most, where there are several.
fn spread(values: impl Iterator<Item = f64>) -> Option<(f64, String)> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (least, most) = (*values.first()?, *values.last()?);
    let half = values.len() / 2;
    let middle = if values.len() % 2 == 1 {
        values[half]
    } else {
        f64::midpoint(values[half - 1], values[half])
    };
    let said = if values.len() == 1 || short(least) == short(most) {
        short(middle)
    } else {
        format!("{} ({} to {})", short(middle), short(least), short(most))
    };
    Some((middle, said))
}

/// A number as a person reads it.
pub(crate) fn short(number: f64) -> String {
    match number {
        number if number >= 10e6 => format!("{:.0}M", number / 1e6),
        number if number >= 1e6 => format!("{:.2}M", number / 1e6),
        number if number >= 10_000.0 => format!("{:.0}k", number / 1e3),
        number if number >= 100.0 || number.fract() == 0.0 => format!("{number:.0}"),
        number if number >= 10.0 => format!("{number:.1}"),
        number if number >= 1.0 => format!("{number:.2}"),
        number => format!("{number:.3}"),
    }
}

#[allow(clippy::cast_precision_loss, reason = "for printing")]
fn to_float(count: u64) -> f64 {
    count as f64
}

pub(crate) fn words(goals: &[Goal]) -> String {
    let words: Vec<&str> = goals.iter().map(|goal| goal.words.as_str()).collect();
    words.join(", ")
}

/// Whether all goals are met that could be judged; else which are not.
pub(crate) fn met(goals: &[Goal]) -> String {
    let missed: Vec<&str> = goals
        .iter()
        .filter(|goal| goal.met == Some(false))
        .map(|goal| goal.words.as_str())
        .collect();
    let unknown = goals.iter().any(|goal| goal.met.is_none());
    match (goals.is_empty(), missed.is_empty(), unknown) {
        (true, _, _) => String::new(),
        (_, false, _) => format!("NOT: {}", missed.join(", ")),
        (_, _, true) => "as far as measured".to_owned(),
        _ => "yes".to_owned(),
    }
}

fn notes(results: &Results, wanted: &Wanted) -> Vec<String> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut notes = vec![
        format!(
            "{} plays, pages of {}, {} rounds: medians (least to most). {cores} cores, shared with \
             the service, whose own work is not counted as a program's.",
            wanted.plays, wanted.page_size, wanted.rounds
        ),
        "CPU is user and system time of the measured process alone; wall time and CPU run from \
         before the first request until the file is closed."
            .to_owned(),
    ];
    let everybody = [&results.ingest, &results.again, &results.python, &results.lastfm];
    let names = ["ingest", "again", "Python", "lastfm"];
    let service: Vec<String> = names
        .iter()
        .zip(everybody)
        .filter_map(|(name, runs)| {
            Some(format!("{} for {name}", short(median(runs.iter().map(served))?)))
        })
        .collect();
    if !service.is_empty() {
        notes.push(format!("The service worked, in us a play: {}.", service.join(", ")));
    }
    for (name, runs, what) in [
        ("Python", &results.python, "its unique key threw the rest away"),
        ("lastfm", &results.lastfm, "it stores nothing"),
    ] {
        if let Some(Measured { outcome, .. }) = runs.last() {
            let lost = (wanted.plays as u64).saturating_sub(outcome.plays);
            let kept =
                if outcome.kept > 0 { format!(", kept {}", outcome.kept) } else { String::new() };
            notes.push(format!(
                "{name} read {} of {} plays ({lost} lost){kept}: {what}.",
                outcome.plays, wanted.plays
            ));
        }
    }
    notes.extend(results.notes.iter().cloned());
    notes
}
