//! `queue`: what waits, was refused or is done, and what happened. Asks nobody.

use lastfm_core::scrobble::{
    Filter, Hold, HoldReason, PlayId, QueuedPlay, Refusal, Standing, State, StepId,
};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::{dates, moments, show};

use crate::changes;
use crate::cli::{self, Common, Queue};
use crate::context::AccountQueue;
use crate::edit;
use crate::json::{self, Line, Play};
use crate::order::title;

/// Plays read at once.
const AT_ONCE: usize = 500;

pub(crate) async fn run(
    said: Queue,
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let Some(mine) = AccountQueue::look(&common, mode, environment).await? else {
        if mode.is_for_people() {
            output::line(&format!(
                "nothing is queued{}",
                if common.demo { " in a demo" } else { "" }
            ));
        }
        return Ok(Exit::Complete);
    };
    match said {
        Queue::List(said) => list(&mine, &said).await,
        Queue::Forget(said) => changes::forget(&mine, &said).await,
        Queue::History(said) => history(&mine, &said).await,
        Queue::Pause(which) => changes::pause(&mine, &which).await,
        Queue::Resume(which) => changes::resume(&mine, &which).await,
        Queue::Retry(which) => changes::retry(&mine, &which).await,
        Queue::Cancel(which) => changes::cancel(&mine, &which).await,
        Queue::Edit(said) => edit::run(&mine, &said).await,
        Queue::Send(_) => unreachable!("that takes a login, and is another room's"),
    }
}

/// Looks at each play that a filter lets through.
pub(crate) async fn each(
    mine: &AccountQueue,
    filter: Filter,
    at_once: usize,
    mut act: impl FnMut(&QueuedPlay),
) -> Result<(), Trouble> {
    let (mut after, now) = (None::<PlayId>, dates::now());
    loop {
        let plays = mine.queue.plays(&mine.account, filter.clone(), after, at_once, now).await?;
        plays.iter().for_each(&mut act);
        match plays.last() {
            Some(last) if plays.len() == at_once => after = Some(last.id),
            _ => return Ok(()),
        }
    }
}

/// How many plays are on their way.
pub(crate) async fn open_count(mine: &AccountQueue) -> Result<usize, Trouble> {
    let counts = mine.queue.counts(&mine.account, dates::now()).await?;
    Ok(usize::try_from(counts.open()).unwrap_or(usize::MAX))
}

/// Why nothing is sent, and when it is tried again.
pub(crate) fn hold_in_words(mine: &AccountQueue, hold: &Hold) -> String {
    let what = match hold.reason {
        HoldReason::Person => "everything is paused".to_owned(),
        HoldReason::DailyLimit => "Last.fm's daily limit is reached".to_owned(),
        HoldReason::Login => "Last.fm does not accept the login any more".to_owned(),
        HoldReason::App => format!("Last.fm does not accept this program: {}", hold.words),
        _ => show::complaint(&hold.words),
    };
    match hold.until {
        Some(until) => format!("{what}; trying again at {}", mine.shown(until)),
        None => what,
    }
}

async fn list(mine: &AccountQueue, said: &cli::List) -> Result<Exit, Trouble> {
    let now = dates::now();
    let (queue, account) = (&mine.queue, &mine.account);
    let counts = queue.counts(account, now).await?;
    let hold = mine.hold(now).await?;
    let exit = match &hold {
        Some(hold) if counts.open() > 0 && hold.reason == HoldReason::Login => Exit::NeedsPerson,
        Some(hold) if counts.open() > 0 && hold.reason == HoldReason::App => Exit::NeedsPerson,
        _ if counts.open() > 0 => Exit::NotNow,
        _ if counts.of(State::Refused) > 0 => Exit::Refused,
        _ => Exit::Complete,
    };
    let mut states: Vec<State> = [&State::OPEN[..], &[State::Refused]].concat();
    if said.all {
        states = State::ALL.to_vec();
    }
    let filter = |states: Vec<State>| {
        let filter = Filter::states(states);
        match said.job {
            Some(job) => filter.job(lastfm_core::scrobble::JobId(job)),
            None => filter,
        }
    };
    if mine.mode == Mode::Json {
        let print = |play: &QueuedPlay| json::print(&Line::Play(Play::new(play, now)));
        each(mine, filter(states), AT_ONCE, print).await?;
        for job in queue.jobs(account, now).await? {
            json::print(&Line::job(&job));
        }
        if let Some(hold) = &hold {
            json::print(&Line::held(hold));
        }
        let (user, exit_code) = (account.user.as_str(), exit.code());
        json::print(&Line::Queue { user, counts: (&counts).into(), exit_code });
        return Ok(exit);
    }
    if !mine.mode.is_for_people() {
        return Ok(exit);
    }
    if let Some(hold) = &hold {
        output::line(&format!("  ! {}", hold_in_words(mine, hold)));
    }
    let mut is_empty = true;
    for state in states {
        let of_state = filter(vec![state]);
        let plays = queue.plays(account, of_state.clone(), None, said.limit, now).await?;
        if plays.is_empty() {
            continue;
        }
        is_empty = false;
        let mut many = counts.of(state);
        if said.job.is_some() {
            many = 0;
            each(mine, of_state, AT_ONCE, |_| many += 1).await?;
        }
        output::line(&format!("  {} {}", show::number(many), words(state)));
        let moments: Vec<_> = plays.iter().map(|play| mine.shown(play.play.played_at)).collect();
        let widest = moments.iter().map(String::len).max().unwrap_or_default();
        for (play, at) in plays.iter().zip(&moments) {
            let what = line(mine, play, state);
            output::line(&format!("    {:>5}  {at:>widest$}  {what}", play.id.0));
        }
        let more = many.saturating_sub(plays.len() as u64);
        if more > 0 {
            output::line(&format!("          and {} more (--limit)", show::number(more)));
        }
        if state == State::Refused
            && let Some(first) = plays.first()
        {
            let (program, id) = (show::program(), first.id.0);
            output::line(&format!(
                "           to drop it: {program} queue cancel {id} · once more: … retry {id} · \
                 renamed: … edit {id}"
            ));
        }
    }
    for job in queue.jobs(account, now).await?.iter().filter(|_| said.job.is_none()) {
        let (open, refused) = (job.counts.open(), job.counts.of(State::Refused));
        if open == 0 && !said.all {
            continue;
        }
        is_empty = false;
        let done = show::number(job.counts.of(State::Accepted));
        let plays = show::count(job.counts.total(), "play");
        let refused = if refused > 0 { format!(" · {refused} refused") } else { String::new() };
        let title = &job.title;
        output::line(&format!("  job {}  {title}: {done} of {plays} accepted{refused}", job.id.0));
    }
    if is_empty {
        let done = counts.of(State::Accepted);
        let done =
            if done > 0 { format!(" · {} accepted", show::number(done)) } else { String::new() };
        output::line(&format!("  nothing waits{done}"));
    }
    Ok(exit)
}

pub(crate) fn words(state: State) -> &'static str {
    match state {
        State::Ready => "waiting",
        State::Scheduled => "for later",
        State::Paused => "paused",
        State::Sending => "on the way",
        State::Unknown => "perhaps there: looked for in the history before it is sent again",
        State::Accepted => "accepted",
        State::Refused => "refused",
        _ => "dropped",
    }
}

fn line(mine: &AccountQueue, play: &QueuedPlay, state: State) -> String {
    let more = match (&play.standing, state) {
        (Standing::Refused(refusal), _) => format!(": {}", refused(refusal)),
        (_, State::Scheduled) => format!(" · sent at {}", mine.shown(play.due_at)),
        (Standing::Accepted(receipt), _) if receipt.is_corrected() => " · corrected".to_owned(),
        _ => String::new(),
    };
    format!("{}{more}", title(&play.play))
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Ignored(ignored) => {
            let message = ignored.message.as_deref().filter(|words| !words.is_empty());
            let message = message.map(|words| format!(" ({words})")).unwrap_or_default();
            format!("Last.fm ignores it, {}{message}", ignored.reason)
        }
        other => other.to_string(),
    }
}

async fn history(mine: &AccountQueue, said: &cli::History) -> Result<Exit, Trouble> {
    let play = said.play.map(PlayId);
    let (mut steps, mut after) = (std::collections::VecDeque::new(), None::<StepId>);
    loop {
        let some = mine.queue.history(&mine.account, play, after, AT_ONCE).await?;
        let is_end = some.len() < AT_ONCE;
        after = some.last().map(|step| step.id);
        steps.extend(some);
        // The newest ones are shown.
        while steps.len() > said.limit {
            steps.pop_front();
        }
        if is_end {
            break;
        }
    }
    for step in &steps {
        if mine.mode == Mode::Json {
            json::print(&Line::step(step));
        } else if mine.mode.is_for_people() {
            let play = mine.queue.play(&mine.account, step.play).await?;
            let what = play.map(|play| title(&play.play)).unwrap_or_default();
            let why = step.reason.as_deref().map(show::shortened);
            let why = why.map(|why| format!(" · {why}")).unwrap_or_default();
            let at = moments::to_the_second(step.at, dates::now(), &mine.zone);
            let state = step.state;
            output::line(&format!("{at:>18}  {:>5}  {state:9}  {what}{why}", step.play.0));
        }
    }
    if steps.is_empty() && mine.mode.is_for_people() {
        output::line("nothing has happened yet");
    }
    Ok(Exit::Complete)
}
