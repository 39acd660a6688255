//! Release years beside `sync --every`: after each round, what identifiers tell of new albums.

use std::cell::Cell;
use std::time::Duration;

use lastfm_core::Username;
use lastfm_core::archive::Span;
use mb_enrich::Effort;
use terminal::exit::Trouble;
use terminal::musicbrainz::MusicBrainz;
use terminal::output::Mode;
use terminal::show;

use crate::enrich::Lookup;
use crate::job::Job;
use crate::looking::View;

/// Looks albums up, and remembers what was told.
pub(crate) struct Years<'a> {
    job: &'a Job,
    source: MusicBrainz,
    /// Whether it was told that there are no answers.
    is_told: Cell<bool>,
}

impl<'a> Years<'a> {
    pub(crate) fn new(job: &'a Job, source: MusicBrainz) -> Self {
        Self { job, source, is_told: Cell::new(false) }
    }

    /// Looks up the albums of these users, or of everyone; a line, if there is anything to tell.
    /// That there are no answers is told once, until there are some again.
    pub(crate) async fn look_up(&self, named: &[Username]) -> Option<String> {
        match self.asked(named).await {
            Ok(0) => None,
            Ok(albums) => {
                self.is_told.set(false);
                let albums = show::count(albums, "album");
                Some(format!("release years: {albums} looked up by identifiers"))
            }
            Err(_) if self.is_told.replace(true) => None,
            Err(trouble) => Some(format!("! no release years for now: {}", trouble.what)),
        }
    }

    /// How many albums were looked up.
    async fn asked(&self, named: &[Username]) -> Result<u64, Trouble> {
        let Job { db, stop, .. } = self.job;
        let mut asked = 0;
        for name in self.job.users(named).await? {
            let Some(user) = db.store.user(&name).await? else { continue };
            // Nothing of it is seen, and nobody waits for it.
            let (mode, patience) = (Mode::Quiet, Duration::ZERO);
            let (effort, source) = (Effort::Identifiers, self.source.clone());
            let mut view = View::new(mode, name.as_str(), source.spacing, effort);
            let lookup = Lookup { db, source, effort, span: Span::EVER, mode, stop, patience };
            let progress = lookup.look_up(&user, &mut view).await?.progress;
            asked += progress.asked;
            if let Some(trouble) = progress.trouble {
                return Err(Trouble::new(terminal::exit::Exit::NotNow, "not_now", trouble));
            }
        }
        Ok(asked)
    }
}
