//! What was asked of a fake Last.fm, when, and what came of it.

use serde::Serialize;

use super::Fault;
use crate::testing::SentRequest;

/// One request. Its keys are not kept, but whether they were the same as another request's is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LogEntry {
    /// When it arrived. Milliseconds after the start of the fake.
    pub at_ms: u64,
    /// The web-service method, as it was spelled; empty if none was.
    pub method: String,
    /// The other parameters, without keys, sessions, signatures and passwords.
    pub params: Vec<(String, String)>,
    /// A hash of what `params` leaves out; nothing can be read from it.
    pub secrets: u64,
    /// What went wrong with it.
    pub fault: Option<Fault>,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// The code of an error that the service reported.
    pub error: Option<u32>,
    /// How many plays the answer showed, the track that is playing not counted.
    pub plays: usize,
    /// A hash of which plays these were.
    pub digest: u64,
}

impl LogEntry {
    pub(super) fn new(at_ms: i64, request: &SentRequest) -> Self {
        const SECRETS: [&str; 6] = ["api_key", "api_sig", "authToken", "password", "sk", "token"];
        let (mut params, mut secrets) = (Vec::new(), Digest::new());
        for (name, value) in &request.params {
            if SECRETS.contains(&name.as_str()) {
                secrets.add(name.as_bytes());
                secrets.add(value.as_bytes());
            } else if name != "method" {
                params.push((name.clone(), value.clone()));
            }
        }
        Self {
            at_ms: u64::try_from(at_ms).unwrap_or(0),
            method: request.param("method").unwrap_or_default().to_owned(),
            params,
            secrets: secrets.value(),
            fault: None,
            status: None,
            error: None,
            plays: 0,
            digest: 0,
        }
    }

    /// A parameter, secrets excepted.
    pub fn param(&self, name: &str) -> Option<&str> {
        let mut params = self.params.iter();
        params.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A hash that stays the same from one version of the compiler to the next (FNV-1a).
#[derive(Debug, Clone, Copy)]
pub(super) struct Digest(u64);

impl Digest {
    pub(super) fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xFF]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    pub(super) fn value(self) -> u64 {
        self.0
    }
}
