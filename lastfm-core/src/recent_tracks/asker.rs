//! Asking for pages with the client's own patience: several attempts, then an error.

use super::descent::Source;
use super::page::{Belief, LARGEST_PAGE, Page, Verdict, Weighed, Window};
use crate::client::LONGEST_WAIT;
use crate::methods::user::GetRecentTracks;
use crate::{Client, Error, ErrorClass, Method as _, Span, Username, retry};

/// How often a page is asked for before it is given up.
const ATTEMPTS: u32 = 8;

/// Reads pages of one user for a stream.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    pub(super) client: Client,
    pub(super) user: Username,
    /// Plays asked for at once; fewer while long pages fail.
    limit: u32,
}

impl Asker {
    pub(super) fn new(client: Client, user: Username) -> Self {
        Self { client, user, limit: LARGEST_PAGE }
    }

    /// The answers to this call do not fit together.
    pub(super) fn contradiction(what: &'static str) -> Error {
        Error::Contradiction { method: GetRecentTracks::NAME, what, second: None }
    }
}

impl Source for Asker {
    type Error = Error;

    fn page_size(&self) -> u32 {
        self.limit
    }

    /// A second wider on both sides, so that it does not matter how the service counts edges;
    /// without a start where that could read as unset.
    async fn window(&mut self, span: Span) -> Result<Window, Error> {
        Ok(Window {
            from: (span.start.as_unix() > 1).then(|| span.start.plus(-1)),
            to: (span.end != crate::Timestamp::MAX).then_some(span.end),
            ..Window::NEWEST
        })
    }

    async fn page(&mut self, window: Window) -> Result<Page, Error> {
        let mut belief = Belief::about(window);
        for attempt in 1.. {
            let limit = self.limit;
            let wait = match self.client.call_once(&window.request(&self.user, limit)).await {
                Ok(reply) => {
                    let verdict = Verdict::new(reply.value, reply.at, &self.user, window, limit);
                    match belief.weigh(verdict, self.client.clock().elapsed()) {
                        Weighed::Believe(page) => {
                            self.limit = (self.limit * 2).min(LARGEST_PAGE);
                            return Ok(page);
                        }
                        Weighed::Confirm(wait) => wait,
                        Weighed::Doubt(what) if attempt >= ATTEMPTS => {
                            return Err(Self::contradiction(what));
                        }
                        Weighed::Doubt(_) => retry::backoff(1, self.client.jitter()),
                    }
                }
                Err(error) => match retry::decide(&error, attempt, self.client.jitter()) {
                    Some(wait) if attempt < ATTEMPTS && wait <= LONGEST_WAIT => {
                        // Long pages fail more often. Too many calls have nothing to do with it.
                        if attempt >= 2 && error.class() == ErrorClass::Transient {
                            self.limit = (self.limit / 2).max(1);
                        }
                        wait
                    }
                    _ => return Err(error),
                },
            };
            self.client.clock().sleep(wait).await;
        }
        // The last attempt returned.
        Err(Self::contradiction("it was asked too often"))
    }

    fn is_refusal(error: &Error) -> bool {
        error.is_retryable()
    }
}
