//! Why nothing is sent, and until when.

use crate::Timestamp;

/// Why nothing of an account is sent, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What has to happen before it ends.
    pub reason: HoldReason,
    /// When to try again; nothing if somebody has to do something first.
    pub until: Option<Timestamp>,
    /// Since when.
    pub since: Timestamp,
    /// What happened, in words for a person.
    pub words: String,
}

impl Hold {
    /// Whether nothing may be sent at this moment.
    ///
    /// One that ends by itself and began more than a minute from now is not in force: the clock was
    /// set back, and nobody knows how long it was meant to be.
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until && self.since <= at.plus(60))
    }

    /// Whether it stays, though another one comes.
    pub fn outlasts(&self, newcomer: &Self) -> bool {
        self.is_in_force(newcomer.since) && self.reason.outranks(newcomer.reason)
    }
}

/// Why nothing of an account is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HoldReason {
    /// The service does not answer, or not with an answer.
    Outage,
    /// There were too many calls.
    RateLimit,
    /// The user has sent as many plays as the service takes for now.
    DailyLimit,
    /// The user has to log in again. [`Sender::logged_in`](super::Sender::logged_in) ends it.
    Login,
    /// The service refuses the app: its key, or the call as such. An app that was mended
    /// [tries it](super::Sender::try_now).
    App,
    /// A person has paused everything.
    Person,
}

impl HoldReason {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Outage, Self::RateLimit, Self::DailyLimit, Self::Login, Self::App, Self::Person];

    /// Its name in a database or in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::RateLimit => "rate_limit",
            Self::DailyLimit => "daily_limit",
            Self::Login => "login",
            Self::App => "app",
            Self::Person => "person",
        }
    }

    /// The reason of this [name](Self::name), if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Whether it stays where it stands, though another one comes: what a person has to end is not
    /// replaced by what time ends, and what a person has done by nothing.
    pub fn outranks(self, newcomer: Self) -> bool {
        let rank = |reason| match reason {
            Self::Outage | Self::RateLimit | Self::DailyLimit => 0,
            Self::Login => 1,
            Self::App => 2,
            Self::Person => 3,
        };
        rank(self) > rank(newcomer)
    }
}
