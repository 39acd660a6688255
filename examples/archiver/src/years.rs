//! `years`: how many plays each year has, on Last.fm and here.

use lastfm_core::Username;
use lastfm_core::archive::{Span, SyncError, Year};
use terminal::database::Place;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::waiting::Waiting;
use terminal::{columns, dates, show};

use crate::job::Job;
use crate::json::{self, Line};
use crate::{archive, cli};

/// Characters of the longest bar.
const BAR: u64 = 20;
/// Spans that are listed in a line; of more, the number is told.
const LISTED: usize = 3;

/// Asks, counts and shows.
pub(crate) async fn run(
    said: cli::Years,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let place = environment.db(db);
    let (user, years, is_asked) = match environment.credentials() {
        Ok(_) => {
            let job = Job::open(&said.reading, place, mode, environment, Exit::NotNow).await?;
            let (user, years) = ask(&job, &said.user).await?;
            (user, years, true)
        }
        // What is here can be told without a key.
        Err(no_key) if !place.exists() => return Err(no_key),
        Err(no_key) => {
            let db = archive::open_existing(place).await?;
            let user = archive::user(&db, &said.user).await.map_err(|_| no_key)?;
            let years = Year::archived(&*db.store, &user, dates::now()).await?;
            (user.name, years, false)
        }
    };
    match mode {
        Mode::Json => years.iter().for_each(|year| as_json(&user, year)),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log => {
            for line in table(&user, &years, is_asked) {
                output::line(&line);
            }
            if !is_asked {
                output::note("Last.fm was not asked, because there is no LASTFM_API_KEY.");
            }
        }
    }
    Ok(Exit::Complete)
}

/// The years, of which those are asked for that are not archived.
async fn ask(job: &Job, user: &Username) -> Result<(Username, Vec<Year>), Trouble> {
    let waiting = Waiting::new(job.mode);
    waiting.say(format!("asking Last.fm for {user}"));
    let asked = async || {
        let mut years = job.archiver(user, true).years(user.clone()).await?;
        let mut all = Vec::with_capacity(years.left().len());
        loop {
            if let Some(next) = years.left().next() {
                waiting.say(format!("asking Last.fm · {}", name(next)));
            }
            match years.next().await? {
                Some(year) => all.push(year),
                None => return Ok((years.user().clone(), all)),
            }
        }
    };
    let mut answer = asked().await;
    if let Err(error) = &answer
        && let Some(note) = job.without_session(error, user)
    {
        let again = asked().await;
        if !matches!(again, Err(SyncError::Hidden { .. })) {
            waiting.note(&note);
            answer = again;
        }
    }
    match answer {
        Ok(years) => Ok(years),
        Err(error) => Err(job.trouble(error, user).await),
    }
}

/// The table, and what it comes to.
fn table(user: &Username, years: &[Year], is_asked: bool) -> Vec<String> {
    let most = years.iter().map(Year::play_count).max().unwrap_or_default();
    let digits = show::number(most).len();
    let column = years.iter().map(|year| name(year).len()).max().unwrap_or_default();
    let mut lines = Vec::with_capacity(years.len() + 1);
    for year in years {
        let (plays, name) = (year.play_count(), name(year));
        let unit = if plays == 1 { "play " } else { "plays" };
        let number = show::number(plays);
        let bar = columns::bar(plays, most, BAR);
        let standing = standing(year, is_asked);
        lines.push(format!("{name:>column$}  {number:>digits$} {unit}  {bar}  {standing}"));
    }
    let sum = |of: fn(&Year) -> u64| years.iter().map(of).sum::<u64>();
    let (plays, held) = (sum(Year::play_count), sum(|year| year.held));
    let here = match held {
        held if held == plays && years.iter().all(Year::is_covered) => "all here".to_owned(),
        0 => "none here".to_owned(),
        held => format!("{} here", show::number(held)),
    };
    let gaps = match &gap_years(years)[..] {
        [] => String::new(),
        gaps => format!(" · no plays in {}", gaps.join(", ")),
    };
    lines.push(format!("{user}: {}, {here}{gaps}", show::count(plays, "play")));
    lines
}

fn name(year: &Year) -> String {
    match year.year {
        Some(year) => year.to_string(),
        None => show::span(year.span).replace("1 Jan ", ""),
    }
}

/// What of a year is here.
fn standing(year: &Year, is_asked: bool) -> String {
    let is_known = year.counted.is_some() || year.is_covered();
    if is_known && year.play_count() == 0 {
        return "gap year".to_owned();
    }
    if year.is_covered() || year.counted == Some(year.held) {
        return "complete".to_owned();
    }
    let mut here = match year.held {
        0 => "not here".to_owned(),
        held => format!("{} here", show::number(held)),
    };
    if year.held > 0 {
        let own = year.year.map(|year| format!(" {year}")).unwrap_or_default();
        let spans = year.missing.iter().take(LISTED);
        let mut spans: Vec<_> = spans.map(|span| show::span(*span).replace(&own, "")).collect();
        if let Some(more) = year.missing.len().checked_sub(LISTED).filter(|more| *more > 0) {
            spans.push(format!("{more} more"));
        }
        here = format!("{here}, missing {}", spans.join(", "));
    }
    match year.counted {
        None if is_asked => format!("{here}; Last.fm does not say how many"),
        None => format!("{here}; Last.fm was not asked"),
        Some(_) => here,
    }
}

/// Years without plays between years with plays.
fn gap_years(years: &[Year]) -> Vec<String> {
    let has_plays = |year: &Year| year.play_count() > 0;
    let first = years.iter().position(has_plays).unwrap_or_default();
    let after_last = years.iter().rposition(has_plays).map_or(0, |last| last + 1);
    let lived = years.get(first..after_last).unwrap_or_default();
    let gaps = lived.iter().filter(|year| year.counted.is_some() || year.is_covered());
    gaps.filter(|year| !has_plays(year)).map(name).collect()
}

fn as_json(user: &Username, year: &Year) {
    json::print(&Line::Year {
        user: user.as_str(),
        year: year.year,
        span: year.span.into(),
        counted: year.counted,
        held: year.held,
        covered: year.is_covered(),
        missing: year.missing.iter().map(|span: &Span| (*span).into()).collect(),
    });
}
