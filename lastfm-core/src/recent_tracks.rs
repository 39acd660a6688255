//! A history read from the service while its owner goes on listening.

mod asker;
mod descent;
mod page;

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::methods::user::{GetInfo, GetRecentTracks};
use crate::{Client, Error, Method as _, Play, Span, Timestamp, Username};
use asker::Asker;
pub(crate) use descent::{Source, Step, dense_span, read_dense, step};
pub(crate) use page::{Belief, LARGEST_PAGE, Page, Verdict, Weighed, Window};

/// The plays of a user in a window, newest first, each of them once.
///
/// It walks by time, never by page number: what arrives or vanishes meanwhile shifts nothing.
/// Repeats within a second are kept, what is playing now is left out, and answers that cannot be
/// are asked for again. An item whose date cannot be read is left out, too.
///
/// As a stream it gives single plays and ends after its first error.
/// [`next_page`](Self::next_page) gives whole stretches, and after an error goes on where it was.
///
/// # Cancel safety
///
/// Dropping the future of `next_page`, or of the stream's next item, loses nothing: the next one
/// goes on with the same request.
///
/// # Example
///
/// ```
/// # use std::sync::Arc;
/// # use lastfm_core::transport::{Request, Response, Transport, TransportError};
/// # #[derive(Debug)] struct Canned;
/// # #[async_trait::async_trait]
/// # impl Transport for Canned {
/// #     async fn send(&self, _: Request) -> Result<Response, TransportError> {
/// #         Ok(Response::new(http::StatusCode::OK, r##"{"recenttracks":{"track":[
/// #             {"artist":{"#text":"Low"},"name":"Words","date":{"uts":"922320000"}}],
/// #             "@attr":{"user":"RJ","page":"1","perPage":"1000","total":"1"}}}"##))
/// #     }
/// # }
/// # #[cfg(feature = "reqwest")]
/// # futures_executor::block_on(async {
/// # let client = lastfm_core::Client::builder(
/// #     lastfm_core::Credentials::read_only(lastfm_core::ApiKey::new("k")?),
/// #     Arc::new(Canned), Arc::new(lastfm_core::TokioClock::default())).build();
/// use futures_util::TryStreamExt as _;
///
/// let mut plays = client.recent_tracks("RJ".parse()?);
/// while let Some(play) = plays.try_next().await? {
///     println!("{} {}", play.played_at(), play.track().name);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[must_use = "nothing is asked before the first item is"]
pub struct RecentTracks {
    walk: Walk,
    /// The walk to the next stretch, while it is on its way.
    step: Option<NextStep>,
    /// Plays of the last stretch that the stream has not given yet.
    ready: VecDeque<Play>,
    failed: bool,
}

type NextStep = Pin<Box<dyn Future<Output = (Walk, Result<Option<Stretch>, Error>)> + Send>>;

/// What is known after a page: a span, and all plays in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stretch {
    /// The seconds. It ends where the one before began; the last one reaches down to the start of
    /// the window.
    ///
    /// The first one of a window without an end ends after the service's `Date` or its newest
    /// play, whichever is later.
    pub span: Span,
    /// All plays in it, newest first.
    pub plays: Vec<Play>,
}

impl RecentTracks {
    /// The whole history of a user.
    pub fn new(client: Client, user: Username) -> Self {
        let walk = Walk { asker: Asker::new(client, user), rest: Span::EVER, over: false };
        Self { walk, step: None, ready: VecDeque::new(), failed: false }
    }

    /// Only the plays in this window. To be called before anything is read.
    pub fn within(mut self, window: Span) -> Self {
        self.walk.rest = window;
        self
    }

    /// Reads on: the next stretch, older than the one before; `None` after the last one.
    ///
    /// It belongs to whoever reads by stretches: plays that the stream holds ready are not in it.
    ///
    /// # Errors
    ///
    /// What a call can fail with, after several attempts, and [`Error::Contradiction`] if the
    /// answers stay impossible. The position stays: called again, it asks for the same again.
    pub async fn next_page(&mut self) -> Result<Option<Stretch>, Error> {
        std::future::poll_fn(|cx| self.poll_page(cx)).await
    }

    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Stretch>, Error>> {
        let step = self.step.get_or_insert_with(|| {
            let mut walk = self.walk.clone();
            Box::pin(async move {
                let stretch = walk.next().await;
                (walk, stretch)
            })
        });
        let (walk, stretch) = ready!(step.as_mut().poll(cx));
        self.walk = walk;
        self.step = None;
        Poll::Ready(stretch)
    }
}

impl Stream for RecentTracks {
    type Item = Result<Play, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(play) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(play)));
            }
            if self.failed {
                return Poll::Ready(None);
            }
            match ready!(self.poll_page(cx)) {
                Ok(Some(stretch)) => self.ready = stretch.plays.into(),
                Ok(None) => return Poll::Ready(None),
                Err(error) => {
                    self.failed = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl fmt::Debug for RecentTracks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentTracks")
            .field("walk", &self.walk)
            .field("under_way", &self.step.is_some())
            .finish_non_exhaustive()
    }
}

/// Where in a window the reading has come to.
#[derive(Debug, Clone)]
struct Walk {
    asker: Asker,
    /// What is still to be read: its end falls with every step.
    rest: Span,
    over: bool,
}

impl Walk {
    /// Reads the next stretch. Without one, nothing has moved.
    async fn next(&mut self) -> Result<Option<Stretch>, Error> {
        if self.over || self.rest.is_empty() {
            return Ok(None);
        }
        let is_first = self.rest.end == Timestamp::MAX;
        let (start, plays, at) = match step(&mut self.asker, self.rest).await? {
            Step::Read { start, plays, at } => (start, plays, at),
            Step::Dense { at } => {
                let seconds = dense_span(at, self.rest);
                let plays = read_dense(&mut self.asker, seconds).await?;
                let plays = plays.ok_or(Error::Contradiction {
                    method: GetRecentTracks::NAME,
                    what: "a second longer than a page cannot be read",
                    second: Some(at),
                })?;
                (seconds.start, plays, None)
            }
            Step::Stuck => return Err(Asker::contradiction("it answers with the same plays")),
        };
        if is_first && start == Timestamp::MIN && plays.is_empty() {
            self.believe_empty().await?;
        }
        let end = if is_first {
            let after_newest = plays.first().map(|newest| newest.played_at().plus(1));
            at.max(after_newest).unwrap_or(start).max(start)
        } else {
            self.rest.end
        };
        self.over = start <= self.rest.start;
        self.rest.end = start;
        Ok(Some(Stretch { span: Span::new(start, end), plays }))
    }

    /// A whole history is believed empty only if the profile counts no play.
    async fn believe_empty(&self) -> Result<(), Error> {
        let Asker { client, user, .. } = &self.asker;
        if client.call(&GetInfo::new(user.clone())).await?.play_count > 0 {
            let what = "a history is empty, but the profile counts plays";
            return Err(Asker::contradiction(what));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
