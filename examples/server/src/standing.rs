//! How things stand with somebody who is archived: what is covered, and what their jobs do. Looked
//! up at most once a second for each of them, however many ask.

use std::sync::Arc;
use std::time::Duration;

use jobs::{Kind, Priority, State, Status};
use lastfm_core::archive::{ArchiveStatus, Revision, Span};
use lastfm_core::{Timestamp, Username};
use moka::future::Cache;
use terminal::dates;

use crate::app::App;
use crate::failure::Failure;

/// How old an answer may be.
const FRESH: Duration = Duration::from_secs(1);
/// People who are remembered at a time.
const PEOPLE: u64 = 10_000;

/// Somebody's archive.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) status: ArchiveStatus,
    /// Rises with every change of the plays.
    pub(crate) revision: Revision,
}

impl Standing {
    /// Whether all of a span is archived, but for what Last.fm refuses; of one that is not over, all
    /// up to the end of what is archived at all.
    pub(crate) fn covers(&self, span: Span) -> bool {
        let end = self.end().unwrap_or(Timestamp::MIN);
        let is_over = span.end <= dates::now();
        let reaches = if is_over { end >= span.end } else { end > span.start };
        reaches && self.status.missing.iter().all(|gap| !gap.overlaps(span))
    }

    /// Up to when plays are archived.
    pub(crate) fn end(&self) -> Option<Timestamp> {
        self.status.covered.last().map(|last| last.end)
    }
}

/// What becomes of a year of somebody's.
#[derive(Debug, Default)]
pub(crate) struct JobStates {
    /// The job that archives it: the one of this year, or else of everything.
    pub(crate) fetch: Option<State>,
    /// The job that finds out when albums were released.
    pub(crate) enrich: Option<State>,
}

impl JobStates {
    /// The job that archives it, if it goes on by itself.
    pub(crate) fn fetching(&self) -> Option<&State> {
        self.fetch.as_ref().filter(|state| state.status.is_live())
    }

    /// The job that finds years, if it goes on by itself.
    pub(crate) fn enriching(&self) -> Option<&State> {
        self.enrich.as_ref().filter(|state| state.status.is_live())
    }
}

/// What was looked up lately.
pub(crate) struct Standings {
    archives: Cache<String, Option<Arc<Standing>>>,
    job_states: Cache<(String, Option<i16>), Arc<JobStates>>,
}

impl Standings {
    pub(crate) fn new() -> Self {
        Self {
            archives: Cache::builder().max_capacity(PEOPLE).time_to_live(FRESH).build(),
            job_states: Cache::builder()
                .max_capacity(PEOPLE)
                .time_to_live(FRESH)
                .support_invalidation_closures()
                .build(),
        }
    }

    /// Something has changed.
    pub(crate) async fn forget(&self, user: &Username) {
        let user = user.folded();
        self.archives.invalidate(&user).await;
        // It refuses only without the support that it was built with.
        let _ = self.job_states.invalidate_entries_if(move |(of, _), _| *of == user);
    }
}

impl App {
    /// How somebody's archive stands; nothing if there is none.
    pub(crate) async fn standing(&self, user: &Username) -> Result<Option<Arc<Standing>>, Failure> {
        let store = &*self.db.store;
        let read = async {
            let Some(user) = store.user(user).await? else { return Ok(None) };
            // Before what it is the revision of.
            let revision = store.revision(user.id).await?;
            let status = ArchiveStatus::read(store, user).await?;
            Ok::<_, Failure>(Some(Arc::new(Standing { status, revision })))
        };
        let read = self.standings.archives.try_get_with(user.folded(), read).await;
        read.map_err(|failure| (*failure).clone())
    }

    /// What becomes of this year, or of everything.
    pub(crate) async fn job_states(
        &self,
        user: &Username,
        year: Option<i16>,
    ) -> Result<Arc<JobStates>, Failure> {
        let read = async {
            let of_year = match year {
                Some(_) => self.jobs.find(Kind::Sync, user, year).await?,
                None => None,
            };
            let is_at_it = |state: &State| state.status.is_live();
            let of_all = self.jobs.find(Kind::Sync, user, None).await?;
            // What is in line by the clock may stand there for long: nobody waits for that.
            let of_all = of_all.filter(|state| {
                let waits = is_at_it(state) && state.status != Status::Running;
                !waits || state.priority == Priority::Waiting
            });
            let fetch = match (of_year, of_all) {
                (Some(of_year), Some(of_all)) => {
                    let newer = of_all.updated_at > of_year.updated_at;
                    let of_all_tells = match (is_at_it(&of_year), is_at_it(&of_all)) {
                        (true, _) => false,
                        (false, true) => true,
                        (false, false) => newer,
                    };
                    Some(if of_all_tells { of_all } else { of_year })
                }
                (of_year, of_all) => of_year.or(of_all),
            };
            let enrich = self.jobs.find(Kind::Enrich, user, year).await?;
            Ok::<_, Failure>(Arc::new(JobStates { fetch, enrich }))
        };
        let read = self.standings.job_states.try_get_with((user.folded(), year), read).await;
        read.map_err(|failure| (*failure).clone())
    }
}

/// The year that it is now, UTC.
pub(crate) fn this_year() -> i16 {
    dates::now().year().unwrap_or(i16::MAX)
}
