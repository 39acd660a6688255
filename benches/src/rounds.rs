//! The rounds: in each of them every program runs once, one after the other, so that whatever else
//! the machine does is shared fairly.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::{Part, Wanted};
use crate::children::Counts;
use crate::measure::Outcome;
use crate::programs::{self, Service};
use crate::rivals::{self, Python};
use crate::table;
use crate::{Trouble, decode, queue};

/// What was measured in all rounds.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) ingest: Vec<Measured>,
    pub(crate) again: Vec<Measured>,
    pub(crate) python: Vec<Measured>,
    pub(crate) lastfm: Vec<Measured>,
    pub(crate) counts: Option<Counts>,
    /// What the reader of the table should know.
    pub(crate) notes: Vec<String>,
}

/// One run of one program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) outcome: Outcome,
    /// The size of the file it wrote, if it did.
    pub(crate) file_bytes: Option<u64>,
    /// The service's work meanwhile, in seconds.
    pub(crate) service_seconds: f64,
}

/// Measures what is wanted and prints the table.
pub(crate) fn run(wanted: &Wanted) -> Result<(), Trouble> {
    let folder = folder()?;
    let mut results = Results::default();
    let bench = Bench::new(wanted, &folder, &mut results);
    if bench.has_programs() {
        let service = Service::start(wanted.plays)?;
        for round in 0..=wanted.rounds {
            let measured = bench.round(&service)?;
            eprintln!("round {round} of {}", wanted.rounds);
            // Round 0 has filled the service's memory.
            if round > 0 || wanted.rounds == 0 {
                results.add(measured);
            }
        }
    }
    if wanted.wants(Part::Counts) {
        results.counts = Some(counts(&folder, wanted.counted)?);
    }
    let decoded = wanted.wants(Part::Decode).then(|| decode::measure(&folder, wanted.rounds));
    let queued = wanted.wants(Part::Queue).then(|| queue::measure(&folder, wanted.rounds));
    if wanted.wants_histories() {
        table::print(&results, wanted);
    }
    if let Some(decoded) = decoded {
        decoded?.print();
    }
    if let Some(queued) = queued {
        queued?.print();
    }
    Ok(())
}

/// Where everything is kept that is not to be seen: beside the built programs.
fn folder() -> Result<PathBuf, Trouble> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("the program lies in no folder")?;
    let folder = target.join("bench");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

impl Results {
    fn add(&mut self, round: Self) {
        self.ingest.extend(round.ingest);
        self.again.extend(round.again);
        self.python.extend(round.python);
        self.lastfm.extend(round.lastfm);
    }
}

/// The programs that take part.
struct Bench<'a> {
    wanted: &'a Wanted,
    folder: &'a Path,
    python: Option<Python>,
    lastfm: Option<PathBuf>,
}

impl<'a> Bench<'a> {
    fn new(wanted: &'a Wanted, folder: &'a Path, told: &mut Results) -> Self {
        let mut bench = Self { wanted, folder, python: None, lastfm: None };
        if wanted.wants(Part::Python) {
            match Python::get_ready(folder) {
                Ok(python) => {
                    told.notes.push(format!("The rival is {}.", python.version));
                    bench.python = Some(python);
                }
                Err(why) => told.notes.push(format!("Python was left out: {why}")),
            }
        }
        if wanted.wants(Part::Lastfm) {
            match rivals::lastfm_reader(folder) {
                Ok(program) => bench.lastfm = Some(program),
                Err(why) => told.notes.push(format!("The crate lastfm was left out: {why}")),
            }
        }
        bench
    }

    fn wants_engine(&self) -> bool {
        self.wanted.wants(Part::Ingest) || self.wanted.wants(Part::Again)
    }

    fn has_programs(&self) -> bool {
        self.wants_engine() || self.python.is_some() || self.lastfm.is_some()
    }

    /// Runs every program once, on new files.
    fn round(&self, service: &Service) -> Result<Results, Trouble> {
        let files = tempfile::tempdir_in(self.folder)?;
        let mut round = Results::default();
        let page_size = self.wanted.page_size;
        if self.wants_engine() {
            let db = files.path().join("plays.db");
            let command = programs::engine("ingest", service, &db, page_size)?;
            round.ingest.push(measure(command, service, Some(&db))?);
            if self.wanted.wants(Part::Again) {
                let command = programs::engine("again", service, &db, page_size)?;
                round.again.push(measure(command, service, None)?);
            }
        }
        if let Some(python) = &self.python {
            let db = files.path().join("flat.db");
            let mut command = Command::new(&python.program);
            command.arg(&python.script).arg(&service.url).arg(&db).arg(page_size.to_string());
            round.python.push(measure(command, service, Some(&db))?);
        }
        if let Some(lastfm) = &self.lastfm {
            let mut command = Command::new(lastfm);
            command.arg(&service.url);
            round.lastfm.push(measure(command, service, None)?);
        }
        self.check(&round)?;
        Ok(round)
    }

    /// A figure counts only if the work was done.
    fn check(&self, round: &Results) -> Result<(), Trouble> {
        let plays = self.wanted.plays as u64;
        for Measured { outcome: Outcome { plays: held, kept, .. }, .. } in &round.ingest {
            if (*held, *kept) != (plays, plays) {
                return Err(format!("of {plays} plays {held} are held and {kept} added").into());
            }
        }
        for Measured { outcome: Outcome { plays: held, kept: changed, .. }, .. } in &round.again {
            if (*held, *changed) != (plays, 0) {
                return Err(format!("read again, {held} are held and {changed} changed").into());
            }
        }
        Ok(())
    }
}

fn measure(command: Command, service: &Service, file: Option<&Path>) -> Result<Measured, Trouble> {
    let before = service.worked();
    let outcome = programs::hear(command)?;
    Ok(Measured {
        outcome,
        service_seconds: service.worked().saturating_sub(before).as_secs_f64(),
        file_bytes: file.map(|file| file.metadata().map(|file| file.len())).transpose()?,
    })
}

fn counts(folder: &Path, plays: usize) -> Result<Counts, Trouble> {
    let files = tempfile::tempdir_in(folder)?;
    let db = files.path().join("plays.db");
    let mut fill = programs::ourselves("fill")?;
    fill.args(["--plays", &plays.to_string(), "--db"]).arg(&db);
    if !fill.status()?.success() {
        return Err("the archive that is to be counted could not be made".into());
    }
    let mut ask = programs::ourselves("counts")?;
    ask.arg("--db").arg(&db);
    programs::hear(ask)
}
