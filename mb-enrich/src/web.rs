//! MusicBrainz' web service: release groups by a hundred identifiers or twenty names at a time.

mod exchange;
mod file_pacer;
mod query;
mod search;
mod user_agent;
mod wire;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::transport::{Pacer, Transport};
use lastfm_core::{Clock, Mbid};
use url::Url;

use self::exchange::Exchange;
pub use self::file_pacer::FilePacer;
pub use self::user_agent::{NoContact, UserAgent};
use crate::ReleaseGroup;
use crate::source::{Answers, Names, Source, Tracks, Works};

/// The web service of MusicBrainz, or of a server that has a copy of it.
///
/// Never more than a request every 1.1 s from this machine, over all programs that use this crate:
/// a [`FilePacer`] sees to that. A question is asked up to five times; what still has no answer is
/// left for later.
///
/// See <https://musicbrainz.org/doc/MusicBrainz_API>.
///
/// # Cancel safety
///
/// Dropping a future loses its answers and at most one slot.
#[derive(Debug, Clone)]
pub struct WebSource(Arc<Exchange>);

impl WebSource {
    /// The time between two requests: MusicBrainz takes one a second from an address, and the way
    /// there is not always as long.
    pub const SPACING: Duration = Duration::from_millis(1_100);

    /// MusicBrainz over the network. The calls want a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Setup`](lastfm_core::transport::TransportErrorKind::Setup) if
    /// encryption cannot be set up, as on a machine without root certificates.
    #[cfg(feature = "reqwest")]
    pub fn new(user_agent: UserAgent) -> Result<Self, lastfm_core::transport::TransportError> {
        let clock = Arc::new(lastfm_core::TokioClock::default());
        let network = lastfm_core::transport::ReqwestTransport::builder()
            // A hundred groups with all their releases are long.
            .longest_body(16 * 1024 * 1024)
            .total_timeout(Duration::from_secs(60))
            .build()?;
        let path = FilePacer::path_for("musicbrainz.org");
        let pacer = FilePacer::new(path, Self::SPACING, clock.clone());
        Ok(Self::builder(user_agent, Arc::new(network), Arc::new(pacer), clock).build())
    }

    /// Asks through this transport whenever the pacer says so.
    ///
    /// The pacer has to be the one of everybody on this machine who asks the same server, and as
    /// slow as [`SPACING`](Self::SPACING): MusicBrainz shuts out an address that asks more than once
    /// a second.
    pub fn builder(
        user_agent: UserAgent,
        transport: Arc<dyn Transport>,
        pacer: Arc<dyn Pacer>,
        clock: Arc<dyn Clock>,
    ) -> WebSourceBuilder {
        WebSourceBuilder { user_agent, transport, pacer, clock, server: None }
    }

    /// How many requests it has sent, with its clones.
    pub fn request_count(&self) -> u32 {
        self.0.count.load(Ordering::Relaxed)
    }
}

/// Sets up a [`WebSource`].
#[derive(Debug)]
#[must_use]
pub struct WebSourceBuilder {
    user_agent: UserAgent,
    transport: Arc<dyn Transport>,
    pacer: Arc<dyn Pacer>,
    clock: Arc<dyn Clock>,
    server: Option<Url>,
}

impl WebSourceBuilder {
    /// The address of the web service, as in `http://127.0.0.1:5000/ws/2/`, which ends in a slash.
    /// Default: that of MusicBrainz.
    pub fn server(self, server: Url) -> Self {
        Self { server: Some(server), ..self }
    }

    /// Builds it.
    #[allow(clippy::missing_panics_doc, reason = "the literal is an address")]
    pub fn build(self) -> WebSource {
        let Self { user_agent, transport, pacer, clock, server } = self;
        let here = || Url::parse("https://musicbrainz.org/ws/2/").expect("it is an address");
        let server = server.unwrap_or_else(here);
        let count = AtomicU32::new(0);
        WebSource(Arc::new(Exchange { transport, pacer, clock, user_agent, server, count }))
    }
}

#[async_trait]
impl Source for WebSource {
    /// A hundred at a time as those of releases, the rest as those of groups, and what is left one
    /// by one: only so does the service follow what was merged.
    async fn by_ids(&self, ids: &[Mbid]) -> Answers<Option<ReleaseGroup>> {
        let mut known: HashMap<Mbid, Option<ReleaseGroup>> = HashMap::new();
        let trouble = search::identify(&self.0, ids, &mut known).await.err();
        let answers = ids.iter().map(|id| known.get(id).cloned()).collect();
        Answers { answers, trouble }
    }

    async fn by_names(&self, questions: &[Names]) -> Answers<Vec<ReleaseGroup>> {
        let mut answers = vec![None; questions.len()];
        let trouble = search::named(&self.0, questions, &mut answers).await.err();
        Answers { answers, trouble }
    }

    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>> {
        let mut answers = vec![None; questions.len()];
        let trouble = search::works(&self.0, questions, &mut answers).await.err();
        Answers { answers, trouble }
    }

    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>> {
        let mut answers = Vec::with_capacity(questions.len());
        let mut trouble = None;
        for question in questions {
            match search::holding(&self.0, question).await {
                Ok(answer) => answers.push(Some(answer)),
                Err(error) => {
                    trouble = Some(error);
                    break;
                }
            }
        }
        answers.resize_with(questions.len(), || None);
        Answers { answers, trouble }
    }
}
