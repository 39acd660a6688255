//! `jobs watch`: jobs as they change. A table that is redrawn, a line a change, or JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use jobs::{Filter, Kind, State, Status};
use lastfm_core::Username;
use terminal::exit::Exit;
use terminal::output::{self, Mode, printable};

use crate::board::{self, Line};
use crate::journal::stamped;
use crate::json;
use crate::orders::JobsContext;

/// Jobs that are redrawn; of more, the number is told.
const DRAWN: usize = 20;
/// How often it is looked whether anybody works.
const ATTENDANCE: Duration = Duration::from_secs(15);

/// Shows every job that is meant, then each change; of one user, until all are over.
pub(crate) async fn watch(
    context: &JobsContext,
    user: Option<Username>,
) -> Result<Exit, jobs::Error> {
    let filter = Filter { user: user.clone(), ..Filter::default() };
    let mut view = View::new(context.mode);
    let mut seen = Seen::default();
    // Those that are over already are no news to one who waits for all.
    let hides = if user.is_some() { Filter::default() } else { live() };
    let mut changes = context.jobs.watch(filter.clone());
    for state in context.jobs.list(&filter).await? {
        seen.see(state, |state| {
            if !hides.live || state.status.is_live() {
                view.show(state);
            }
        });
    }
    if seen.states.is_empty()
        && let Some(user) = &user
    {
        context.say(&format!("there are no jobs of {user}"));
        return Ok(Exit::Complete);
    }
    let mut look = tokio::time::interval(ATTENDANCE);
    while user.is_none() || seen.is_any_live() {
        tokio::select! {
            Some(state) = changes.next() => {
                seen.see(state?, |state| view.show(state));
            }
            _ = look.tick(), if !view.is_told => {
                if seen.is_any_live() && !context.jobs.is_attended().await? {
                    view.bars.suspend(|| context.tell_unattended());
                    view.is_told = true;
                }
            }
        }
    }
    view.clear();
    let is_failed = seen.states.values().any(|state| state.status == Status::Failed);
    Ok(if is_failed { Exit::NeedsPerson } else { Exit::Complete })
}

fn live() -> Filter {
    Filter { live: true, ..Filter::default() }
}

/// Of each, the newest job is shown: of this user, of this kind and year.
type Job = (String, Kind, Option<i16>);

fn job(state: &State) -> Job {
    (state.user.folded(), state.kind, state.year)
}

/// What was seen last of each job.
#[derive(Default)]
struct Seen {
    states: BTreeMap<Job, State>,
}

impl Seen {
    /// Notes how a job stands, and lets it be shown if that is news.
    fn see(&mut self, state: State, show: impl FnOnce(&State)) {
        let key = job(&state);
        let known = self.states.get(&key);
        let is_news = known.is_none_or(|known| {
            let marks = |state: &State| (state.change, state.status, state.paused);
            state.change >= known.change && marks(known) != marks(&state)
        });
        if is_news {
            show(&state);
            self.states.insert(key, state);
        }
    }

    fn is_any_live(&self) -> bool {
        self.states.values().any(|state| state.status.is_live())
    }
}

struct View {
    mode: Mode,
    bars: MultiProgress,
    drawn: BTreeMap<Job, ProgressBar>,
    more: BTreeSet<Job>,
    rest: Option<ProgressBar>,
    /// What was said last of each, for logs: not every play is a line.
    said: BTreeMap<Job, String>,
    /// Whether it was said that nobody works.
    is_told: bool,
}

impl View {
    fn new(mode: Mode) -> Self {
        Self {
            mode,
            bars: MultiProgress::new(),
            drawn: BTreeMap::new(),
            more: BTreeSet::new(),
            rest: None,
            said: BTreeMap::new(),
            is_told: false,
        }
    }

    fn show(&mut self, state: &State) {
        match self.mode {
            Mode::Json => json::print(&Line::job(state)),
            Mode::Quiet => {}
            Mode::Log => self.log(state),
            Mode::Terminal => self.draw(state),
        }
    }

    fn log(&mut self, state: &State) {
        let stands = board::stands(state);
        let said = self.said.insert(job(state), stands.clone());
        if said.as_ref() != Some(&stands) {
            output::line(&stamped(&board::line(state)));
        }
    }

    fn draw(&mut self, state: &State) {
        let key = job(state);
        let line = board::line(state);
        let line = printable(&line).into_owned();
        if !state.status.is_live() {
            if let Some(bar) = self.drawn.remove(&key) {
                bar.finish_and_clear();
                self.bars.remove(&bar);
            }
            self.more.remove(&key);
            self.bars.suspend(|| output::line(&stamped(&line)));
        } else if let Some(bar) = self.drawn.get(&key) {
            bar.set_message(line);
        } else if self.drawn.len() < DRAWN {
            self.more.remove(&key);
            let bar = self.bars.insert(self.drawn.len(), spinner());
            bar.set_message(line);
            self.drawn.insert(key, bar);
        } else {
            self.more.insert(key);
        }
        self.tell_of_the_rest();
    }

    fn tell_of_the_rest(&mut self) {
        if self.more.is_empty() {
            if let Some(rest) = self.rest.take() {
                rest.finish_and_clear();
            }
            return;
        }
        let rest = self.rest.get_or_insert_with(|| self.bars.add(spinner()));
        rest.set_message(format!("and {} more", self.more.len()));
    }

    fn clear(&self) {
        let _ = self.bars.clear();
    }
}

/// A line that is redrawn.
fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("  {wide_msg}");
    ProgressBar::new_spinner().with_style(style.expect("the template is a valid one"))
}
