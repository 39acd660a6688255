//! Everything that is told of somebody, from the archive and, where it comes in time, from Last.fm.

use std::sync::Arc;

use lastfm_core::{Play, Track, Username};

use crate::address::ClientAddress;
use crate::app::App;
use crate::failure::Failure;
use crate::listening::Profile;
use crate::people::Person;
use crate::standing::{JobStates, Standing};
use crate::tops::Tops;

/// What is told of somebody.
pub(crate) struct UserOverview {
    pub(crate) person: Person,
    /// How the archive stands; nothing if there is none.
    pub(crate) standing: Option<Arc<Standing>>,
    /// What becomes of everything.
    pub(crate) job_states: Arc<JobStates>,
    pub(crate) profile: Option<Arc<Profile>>,
    /// The last plays, newest first.
    pub(crate) plays: Vec<Play>,
    /// What plays right now.
    pub(crate) playing: Option<Track>,
    /// What was played most in the last twelve months.
    pub(crate) tops: Option<Tops>,
}

impl App {
    /// Gathers it. Orders nothing.
    pub(crate) async fn gather(
        self: &Arc<Self>,
        name: &Username,
        client: ClientAddress,
    ) -> Result<UserOverview, Failure> {
        let mut person = self.person(name, client).await?;
        if person.play_count.is_none() {
            person.play_count = self.play_count(&person.name).await;
        }
        let standing = self.standing(&person.name).await?;
        let job_states = self.job_states(&person.name, None).await?;
        let profile = match &standing {
            Some(standing) => Some(self.profile_of(standing).await?),
            None => None,
        };
        let latest = self.latest(&person.name, standing.is_none()).await;
        if let (Some(Err(hidden @ Failure::Hidden(_))), None) = (&latest, &standing) {
            return Err(hidden.clone());
        }
        let latest = latest.and_then(Result::ok);
        let plays = match (&latest, &standing) {
            (Some(page), _) => page.plays.clone(),
            (None, Some(standing)) => self.last_archived(standing).await?,
            (None, None) => Vec::new(),
        };
        let playing = latest.as_ref().and_then(|page| page.now_playing.as_ref());
        let playing = playing.map(|playing| playing.track.clone());
        let tops = match profile.as_ref().and_then(|profile| profile.tops.clone()) {
            Some(tops) => Some(tops),
            None => self.tops_at_lastfm(&person.name).await,
        };
        Ok(UserOverview { person, standing, job_states, profile, plays, playing, tops })
    }
}
