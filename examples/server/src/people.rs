//! Who somebody is: as the archive knows them, or else as Last.fm does.

use std::sync::Arc;
use std::time::Duration;

use lastfm_core::methods::user::{GetInfo, GetRecentTracks, RecentTracksPage, User};
use lastfm_core::{Timestamp, Username};
use moka::future::Cache;

use crate::address::ClientAddress;
use crate::app::App;
use crate::failure::Failure;

/// For how long nobody's name costs another look-up.
const KNOWN: Duration = Duration::from_hours(24);
/// For how long what somebody plays right now is shown without asking again.
const RIGHT_NOW: Duration = Duration::from_secs(30);
/// How long a page waits for what it cannot do without.
const NEEDED: Duration = Duration::from_secs(8);
/// How long it waits for what would be nice to have.
const WELCOME: Duration = Duration::from_millis(400);
/// How long an answer may take that nobody waits for any more.
const LATE: Duration = Duration::from_mins(1);
/// Plays that are shown.
pub(crate) const LATEST: u32 = 10;

/// Somebody who has an account at Last.fm.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// The name, as Last.fm spells it.
    pub(crate) name: Username,
    pub(crate) registered_at: Option<Timestamp>,
    /// All plays that Last.fm counts, if it was asked who this is.
    pub(crate) play_count: Option<u64>,
}

/// What somebody listened to last, or that it is hidden.
pub(crate) type Latest = Result<Arc<RecentTracksPage>, Failure>;

/// What was asked lately.
pub(crate) struct People {
    /// Names that were looked up, found or not: they cost a client nothing.
    known: Cache<String, ()>,
    latest: Cache<String, Latest>,
}

impl People {
    pub(crate) fn new() -> Self {
        Self {
            known: Cache::builder().max_capacity(100_000).time_to_live(KNOWN).build(),
            latest: Cache::builder().max_capacity(10_000).time_to_live(RIGHT_NOW).build(),
        }
    }
}

impl App {
    /// Who has this name. Whoever is not archived is looked up at Last.fm, once a day at most.
    pub(crate) async fn person(
        self: &Arc<Self>,
        name: &Username,
        client: ClientAddress,
    ) -> Result<Person, Failure> {
        if let Some(standing) = self.standing(name).await? {
            let user = &standing.status.user;
            return Ok(Person {
                name: user.name.clone(),
                registered_at: user.registered_at,
                play_count: None,
            });
        }
        if !self.people.known.contains_key(&name.folded()) {
            self.limits.lookup(client)?;
        }
        let profile = self.profile(name, NEEDED).await?;
        Ok(Person {
            name: profile.name,
            registered_at: profile.registered_at,
            play_count: Some(profile.play_count),
        })
    }

    /// All plays that Last.fm counts of somebody, if it says so in no time.
    pub(crate) async fn play_count(self: &Arc<Self>, name: &Username) -> Option<u64> {
        Some(self.profile(name, WELCOME).await.ok()?.play_count)
    }

    /// What Last.fm says of somebody. It goes on being asked when nobody waits any more.
    async fn profile(
        self: &Arc<Self>,
        name: &Username,
        patience: Duration,
    ) -> Result<User, Failure> {
        let (app, name) = (Arc::clone(self), name.clone());
        let asked = tokio::spawn(async move {
            let method = GetInfo::new(name.clone());
            let answer = match tokio::time::timeout(LATE, app.lastfm.call(&method)).await {
                Ok(answer) => answer.map_err(|error| Failure::of_call(&error, &name)),
                Err(_) => Err(Failure::Outage { retry_after: LATE }),
            };
            if matches!(answer, Ok(_) | Err(Failure::UnknownUser(_))) {
                app.people.known.insert(name.folded(), ()).await;
            }
            answer
        });
        match tokio::time::timeout(patience, asked).await {
            Ok(answered) => answered.map_err(Failure::inside)?,
            Err(_) => Err(Failure::Outage { retry_after: Duration::from_secs(20) }),
        }
    }

    /// What somebody plays right now and played last, as Last.fm tells, asked every 30 s at most;
    /// nothing if it takes too long to wait for.
    pub(crate) async fn latest(
        self: &Arc<Self>,
        name: &Username,
        is_needed: bool,
    ) -> Option<Latest> {
        let (app, name) = (Arc::clone(self), name.clone());
        let asked = tokio::spawn(async move {
            let ask = async {
                let method = GetRecentTracks::new(name.clone()).limit(LATEST);
                match tokio::time::timeout(LATE, app.lastfm.call(&method)).await {
                    Ok(Ok(page)) => Ok(Arc::new(page)),
                    Ok(Err(error)) => Err(Failure::of_call(&error, &name)),
                    Err(_) => Err(Failure::Outage { retry_after: LATE }),
                }
            };
            app.people.latest.get_with(name.folded(), ask).await
        });
        let patience = if is_needed { NEEDED } else { WELCOME };
        tokio::time::timeout(patience, asked).await.ok()?.ok()
    }
}
