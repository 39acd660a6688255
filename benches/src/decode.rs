//! Reading one page from its bytes: ours beside published crates, each with its own types. Nothing
//! goes over a network here.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use benches::print_lines;
use lastfm_core::Method as _;
use lastfm_core::methods::user::GetRecentTracks;
use lastfm_core::transport::Request;

use crate::Trouble;
use crate::arguments::Page;
use crate::measure::{Outcome, Stopwatch};
use crate::table::said;
use crate::{programs, rivals, service};

/// Plays on the page, which is one of an ordinary history.
const PLAYS: usize = 200;

/// The page in its two forms. The extended one says more of artists, and whether a track is loved.
const FORMS: [&str; 2] = ["page", "extended"];
const PLAIN: usize = 0;
const EXTENDED: usize = 1;

/// How often each program reads the page in a round. Programs of very different speed should take
/// about as long, so that all of them meet the same weather: ours goes on for longer.
const TIMES: u32 = 400;
const OUR_TIMES: u32 = 4 * TIMES;

/// What takes part: its words, the crate (none for ours), and the form that it can read. The crate
/// lastfm asks for the extended form and reads no other.
const PROGRAMS: [(&str, Option<&str>, usize); 5] = [
    ("lastfm-core: decode, and every track", None, PLAIN),
    ("lastfm-core, extended form", None, EXTENDED),
    ("crate lastfm 0.10, extended form", Some("lastfm"), EXTENDED),
    ("crate lastfm-client 5.0", Some("lastfm-client"), PLAIN),
    ("crate lastfm-rust 0.1, which leaves it a tree", Some("lastfm-rust"), PLAIN),
];

/// Reads a page so often, in a process of its own.
pub(crate) fn read(page: &Page) -> Result<Outcome, Trouble> {
    let body = std::fs::read(&page.file)?;
    let watch = Stopwatch::start()?;
    let (mut plays, mut letters) = (0, 0);
    for _ in 0..page.times {
        let body = std::str::from_utf8(black_box(&body))?;
        let answer = GetRecentTracks::decode(body)?;
        for play in &answer.plays {
            letters += play.track().name.len() as u64;
        }
        plays += answer.plays.len() as u64;
    }
    watch.stop(plays, letters)
}

/// What was measured: the programs that took part, one run a round.
#[derive(Debug)]
pub(crate) struct Decoded {
    runs: Vec<(usize, Vec<Outcome>)>,
    bytes: [usize; 2],
    note: Option<String>,
}

/// Lets everybody read the page in turns.
pub(crate) fn measure(folder: &Path, rounds: usize) -> Result<Decoded, Trouble> {
    let files = tempfile::tempdir_in(folder)?;
    let mut bytes = [0; 2];
    for (form, bytes) in FORMS.iter().zip(&mut bytes) {
        let page = page(*form == FORMS[EXTENDED])?;
        std::fs::write(files.path().join(form), &page)?;
        *bytes = page.len();
    }
    let (rivals, note) = match rivals::decoders(folder) {
        Ok(program) => (Some(program), None),
        Err(why) => (None, Some(format!("The rivals were left out: {why}"))),
    };
    let takes_part = |number: &usize| rivals.is_some() || PROGRAMS[*number].1.is_none();
    let taking_part = (0..PROGRAMS.len()).filter(takes_part);
    let mut runs: Vec<_> = taking_part.map(|number| (number, Vec::new())).collect();
    for round in 0..rounds.max(1) {
        let mut letters = None;
        for (number, runs) in &mut runs {
            let (what, rival, form) = PROGRAMS[*number];
            let file = files.path().join(FORMS[form]);
            let command = command(rivals.as_deref().zip(rival), &file)?;
            let outcome: Outcome = programs::hear(command)?;
            // A figure counts only if all have read the same.
            let read = outcome.kept * PLAYS as u64 / outcome.plays.max(1);
            if !outcome.plays.is_multiple_of(PLAYS as u64) || *letters.get_or_insert(read) != read {
                return Err(format!("{what} has read something else: {outcome:?}").into());
            }
            runs.push(outcome);
        }
        eprintln!("decode: round {} of {}", round + 1, rounds.max(1));
    }
    Ok(Decoded { runs, bytes, note })
}

/// The program that reads this page: ours, or that of a rival.
fn command(rival: Option<(&Path, &str)>, file: &Path) -> Result<Command, Trouble> {
    let Some((program, name)) = rival else {
        let mut command = programs::ourselves("decode")?;
        command.args(["--times", &OUR_TIMES.to_string(), "--file"]).arg(file);
        return Ok(command);
    };
    let mut command = Command::new(program);
    command.arg(name).arg(file).arg(TIMES.to_string());
    Ok(command)
}

/// The newest page of a history, as the service sends it.
fn page(extended: bool) -> Result<Vec<u8>, Trouble> {
    let mut fake = service::listener(10 * PLAYS);
    let (user, extended) = (service::USER, u8::from(extended));
    let form = format!(
        "method=user.getRecentTracks&user={user}&api_key=bench&format=json&limit={PLAYS}\
         &extended={extended}"
    );
    let request = Request::post("http://localhost/2.0/".parse()?, form);
    let now = fake.now();
    Ok(fake.answer(&request, now)?.body.to_vec())
}

impl Decoded {
    /// Prints what was measured.
    pub(crate) fn print(&self) {
        let head = ["decode", "plays/s", "us CPU/play", "peak MiB", "x our CPU"];
        let mut lines = vec![head.map(str::to_owned)];
        for (number, runs) in &self.runs {
            let (what, _, form) = PROGRAMS[*number];
            // Ours stand first, one for each form.
            let ours = &self.runs[form].1;
            let ratios = runs.iter().zip(ours).map(|(run, ours)| cpu(run) / cpu(ours));
            lines.push([
                what.to_owned(),
                said(runs.iter().map(|run| per_play(run, run.seconds).recip())),
                said(runs.iter().map(cpu)),
                said(runs.iter().map(|run| float(run.peak_kib) / 1024.0)),
                said(ratios),
            ]);
        }
        println!();
        print_lines(&lines);
        println!();
        println!(
            "* One page of {PLAYS} plays, {} bytes of JSON, extended {}, read {TIMES} times by each \
             rival and {OUR_TIMES} times by us in each of {} rounds, in turns: medians (least to \
             most). The ratio is of processor time, to ours of the same form and round.",
            self.bytes[PLAIN],
            self.bytes[EXTENDED],
            self.runs[PLAIN].1.len()
        );
        println!(
            "* From the bytes of the body to values that an app can use: for us the page and \
             Play::track of every play, for the rivals what their own client does with it."
        );
        if let Some(note) = &self.note {
            println!("* {note}");
        }
    }
}

/// Microseconds of processor a play.
fn cpu(run: &Outcome) -> f64 {
    per_play(run, run.cpu_seconds) * 1e6
}

fn per_play(run: &Outcome, seconds: f64) -> f64 {
    seconds / float(run.plays)
}

#[allow(clippy::cast_precision_loss, reason = "for printing")]
fn float(count: u64) -> f64 {
    count as f64
}
