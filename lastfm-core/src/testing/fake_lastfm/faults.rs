//! What can go wrong between a client and the service, and when it does.

use serde::{Deserialize, Serialize};

use super::lies::Lies;
use crate::testing::{Dice, SentRequest};

/// Which faults happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Faults {
    /// Faults by chance, at most one for each request. Default none.
    pub random: Vec<RandomFault>,
    /// Faults that every request of a time meets. Default none.
    pub outages: Vec<Outage>,
    /// When all faults end, those of the [poison](super::PoisonKnobs) included. Seconds after the
    /// start, default never.
    pub until: Option<u64>,
    /// How many random answers in a row may be wrong without showing it (an empty list, a page
    /// that is short, stale or another user's). Default 1: asking again helps.
    pub lies_in_a_row: u32,
    /// Whether a window of the recent tracks that was lied about is told truly the next time,
    /// however much later. Default false: between two such answers, any other one counts.
    pub truth_after_lies: bool,
}

/// A fault that happens to some requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomFault {
    /// The share of requests, 0 to 1.
    pub rate: f64,
    /// What happens to them.
    pub fault: Fault,
    /// The web-service methods that it happens to, in any case of letters. Default all.
    #[serde(default)]
    pub methods: Vec<String>,
}

impl RandomFault {
    /// A fault that happens to this share (0 to 1) of all requests.
    pub fn new(rate: f64, fault: Fault) -> Self {
        Self { rate, fault, methods: Vec::new() }
    }

    /// Only to requests of this web-service method, and of those said before. Default: to all.
    pub fn of(mut self, method: &str) -> Self {
        self.methods.push(method.to_owned());
        self
    }

    fn is_about(&self, method: &str) -> bool {
        let mut methods = self.methods.iter();
        self.methods.is_empty() || methods.any(|meant| meant.eq_ignore_ascii_case(method))
    }
}

/// A fault that every request of a time meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// Its start. Seconds after the start of the fake.
    pub from: u64,
    /// Its end, when it is over. Seconds after the start of the fake.
    pub to: u64,
    /// What happens.
    pub fault: Fault,
}

/// One thing that goes wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// The service reports an error.
    Error {
        /// Its code.
        code: u32,
        /// The HTTP status, whatever it has to do with the code.
        status: u16,
        /// What the body is.
        #[serde(default)]
        body: ErrorBody,
    },
    /// Error 6, "User not found", for a user that exists.
    UserNotFound,
    /// A status without a body.
    EmptyBody {
        /// The HTTP status.
        status: u16,
    },
    /// The body ends early, and the connection ends as if that were all.
    Truncated {
        /// How many bytes arrive; any number of them if not given.
        #[serde(default)]
        at: Option<usize>,
    },
    /// Text in Latin-1: what is not ASCII is not UTF-8.
    WrongCharset,
    /// Status 200, no plays, and a total of 0.
    EmptyList,
    /// Some plays of the page are missing.
    FewerPlays,
    /// A page of somebody else.
    OtherUser,
    /// The page as it was a while ago.
    StalePage {
        /// How long ago, seconds.
        seconds: u64,
    },
    /// Nothing ever comes.
    Timeout,
    /// The connection breaks before the service has the request.
    ResetBefore,
    /// The connection breaks after the service has done what was asked, before the answer is
    /// complete.
    ResetAfter,
    /// The service does what was asked, and then reports an error all the same.
    ErrorAfter {
        /// Its code.
        code: u32,
        /// The HTTP status, whatever it has to do with the code.
        status: u16,
        /// What the body is.
        #[serde(default)]
        body: ErrorBody,
    },
    /// Nothing ever comes, and the service does what was asked only later, also if faults have
    /// ended by then.
    LateAfter {
        /// How much later. Seconds after the request arrived: more than the client waits.
        seconds: u64,
    },
    /// The body is small on the wire and 512 MiB when it is unpacked.
    GzipBomb,
    /// The body comes one byte at a time, for ever.
    SlowDrip,
    /// A redirect to another host, which would see the keys.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: u16,
    },
}

/// What the body of an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // The names say all there is.
pub enum ErrorBody {
    #[default]
    Json,
    Xml,
    Html,
    Empty,
}

impl Fault {
    /// An error of the service.
    pub fn error(code: u32, status: u16, body: ErrorBody) -> Self {
        Self::Error { code, status, body }
    }

    /// One or more faults of every kind that a reader can meet and that asking again can help
    /// against. To a reader, [`ErrorAfter`](Self::ErrorAfter) is an error and
    /// [`LateAfter`](Self::LateAfter) silence.
    pub fn every_kind() -> Vec<Self> {
        vec![
            Self::error(8, 500, ErrorBody::Json),
            Self::error(8, 200, ErrorBody::Json),
            Self::error(8, 400, ErrorBody::Xml),
            Self::error(11, 503, ErrorBody::Json),
            Self::error(16, 503, ErrorBody::Xml),
            Self::error(29, 429, ErrorBody::Json),
            Self::error(8, 502, ErrorBody::Html),
            Self::error(8, 503, ErrorBody::Empty),
            Self::EmptyBody { status: 200 },
            Self::UserNotFound,
            Self::Truncated { at: None },
            Self::WrongCharset,
            Self::EmptyList,
            Self::FewerPlays,
            Self::OtherUser,
            Self::StalePage { seconds: 3_600 },
            Self::Timeout,
            Self::ResetBefore,
            Self::ResetAfter,
            Self::GzipBomb,
            Self::SlowDrip,
            Self::Redirect { status: 302 },
            Self::Redirect { status: 307 },
        ]
    }

    /// Whether the answer looks right and is not.
    pub fn is_lie(&self) -> bool {
        match self {
            Self::EmptyList | Self::FewerPlays | Self::OtherUser | Self::StalePage { .. } => true,
            Self::Error { .. }
            | Self::UserNotFound
            | Self::EmptyBody { .. }
            | Self::Truncated { .. }
            | Self::WrongCharset
            | Self::Timeout
            | Self::ResetBefore
            | Self::ResetAfter
            | Self::ErrorAfter { .. }
            | Self::LateAfter { .. }
            | Self::GzipBomb
            | Self::SlowDrip
            | Self::Redirect { .. } => false,
        }
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            random: Vec::new(),
            outages: Vec::new(),
            until: None,
            lies_in_a_row: 1,
            truth_after_lies: false,
        }
    }
}

/// Decides for each request whether something happens to it.
#[derive(Debug)]
pub(super) struct FaultSource {
    faults: Faults,
    dice: Dice,
    next: Vec<Fault>,
    lies: u32,
    lied: Lies,
    off: bool,
}

impl FaultSource {
    pub(super) fn new(faults: Faults, dice: Dice) -> Self {
        Self { faults, dice, next: Vec::new(), lies: 0, lied: Lies::default(), off: false }
    }

    /// Whether anything can still go wrong.
    pub(super) fn is_on(&self, now_ms: i64) -> bool {
        let until = self.faults.until.unwrap_or(u64::MAX);
        !self.off && now_ms < super::milliseconds(until)
    }

    pub(super) fn switch_off(&mut self) {
        self.off = true;
        self.next.clear();
    }

    /// What happens to one of the next requests, after those said before.
    pub(super) fn then(&mut self, fault: Fault) {
        self.next.push(fault);
    }

    /// What happens to this request at this time.
    pub(super) fn draw(&mut self, now_ms: i64, sent: &SentRequest) -> Option<Fault> {
        let method = sent.param("method").unwrap_or_default();
        let fault = self.draw_any(now_ms, method);
        let is_told = method.eq_ignore_ascii_case("user.getRecentTracks");
        if !(self.faults.truth_after_lies && is_told) {
            return fault;
        }
        match fault {
            Some(lie) if lie.is_lie() && self.lied.is_first(sent) => {
                self.lied.lied(sent);
                Some(lie)
            }
            Some(error) if !error.is_lie() => Some(error),
            _ => {
                self.lied.told(sent);
                None
            }
        }
    }

    fn draw_any(&mut self, now_ms: i64, method: &str) -> Option<Fault> {
        if !self.next.is_empty() {
            return Some(self.next.remove(0));
        }
        // Drawn in any case: that a fault is off must not change what happens later.
        let mut draw = self.dice.fraction();
        if !self.is_on(now_ms) {
            return None;
        }
        let second = u64::try_from(now_ms / 1_000).unwrap_or(0);
        let mut outages = self.faults.outages.iter();
        if let Some(outage) = outages.find(|outage| (outage.from..outage.to).contains(&second)) {
            return Some(outage.fault.clone());
        }
        let mut random = self.faults.random.iter().filter(|random| random.is_about(method));
        let random = random.find(|random| {
            draw -= random.rate;
            draw < 0.0
        });
        let fault = random.map(|random| random.fault.clone());
        if !fault.as_ref().is_some_and(Fault::is_lie) {
            self.lies = 0;
            return fault;
        }
        self.lies += 1;
        if self.lies > self.faults.lies_in_a_row {
            self.lies = 0;
            return None;
        }
        fault
    }
}
