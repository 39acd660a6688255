//! Sources of release years, as they are named on the command line, and what is said of them.

use std::time::Duration;

use lastfm_core::archive::ArchivedUser;
use mb_enrich::Effort;
use terminal::database::Database;
use terminal::exit::{Exit, Trouble};
use terminal::file::chain;
use terminal::musicbrainz::MusicBrainz;
use terminal::settings::Environment;
use terminal::show;

use crate::cli::music::{Asking, SourceName};
use crate::made_up;

/// What was said on the command line, or else in the environment.
pub(crate) async fn open(said: &Asking, environment: &Environment) -> Result<MusicBrainz, Trouble> {
    let (contact, url) = (said.contact.as_deref(), said.musicbrainz_url.as_ref());
    match said.source() {
        SourceName::Web => MusicBrainz::web(contact, url, environment),
        #[cfg(feature = "mirror")]
        SourceName::Mirror => MusicBrainz::mirror(said.mirror.as_deref(), environment).await,
        #[cfg(feature = "offline")]
        SourceName::Offline => MusicBrainz::offline(said.index.as_deref(), environment),
    }
}

/// One that knows most of what this user has played, all of it made up.
pub(crate) async fn demo(db: &Database, user: &ArchivedUser) -> Result<MusicBrainz, Trouble> {
    let source = made_up::source(&*db.albums, user.id).await?;
    Ok(MusicBrainz::new(source, None))
}

/// How long so many albums take, about: a history of ten thousand that was made up for the tests of
/// `mb-enrich` needs a request for one album in six when names are asked for. When only identifiers
/// are, a hundred share one; that as many again are needed for those that were merged is a guess.
pub(crate) fn length(spacing: Duration, albums: u64, effort: Effort) -> Duration {
    let requests = match effort {
        Effort::Identifiers => albums.div_ceil(100) * 2,
        _ => albums.div_ceil(6),
    };
    spacing.saturating_mul(u32::try_from(requests).unwrap_or(u32::MAX))
}

/// Why a source could not answer, and when it may.
pub(crate) fn outage(what: &str, source: &mb_enrich::SourceError) -> Trouble {
    let exit = if source.is_retryable { Exit::NotNow } else { Exit::NeedsPerson };
    let code = if source.is_retryable { "not_now" } else { "refused" };
    let trouble = Trouble::new(exit, code, format!("{what}: {}", chain(source)));
    match source.retry_after {
        Some(wait) => trouble.advice(format!("It may answer in {}.", show::time(wait))),
        None => trouble,
    }
}
