//! Tells another program how jobs stand, each time that changes, in requests that it can verify: as
//! <https://www.standardwebhooks.com> describes them.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Weak;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jobs::{Filter, Kind, State};
use serde::Serialize;
use sha2::Sha256;
use terminal::dates;
use tokio::sync::watch;
use url::Url;

use crate::app::App;

/// How long the other program may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two messages of jobs that go on: what changes meanwhile comes as one.
const SPACING: Duration = Duration::from_millis(200);
/// After a first failure; twice as long after each later one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// Jobs with news that are kept while nobody takes them; the oldest are dropped.
const KEPT: usize = 10_000;
/// What a secret is made known by, as others write it.
const PREFIX: &str = "whsec_";

/// Where changes of jobs are told, and the secret that both sides know.
#[derive(Clone)]
pub struct Webhook {
    url: Url,
    secret: Vec<u8>,
    http: reqwest::Client,
}

/// Why there can be no such webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The secret is neither `whsec_` and base64, nor at least 24 bytes of anything else.
    #[error("the secret must be whsec_ and base64, or at least 24 letters of anything else")]
    Secret,
    /// The address is none of http or https.
    #[error("the address must begin with https:// or http://")]
    Address,
    /// There is no TLS here.
    #[error("no connection can be encrypted here")]
    Tls,
}

impl Webhook {
    /// Tells this address, and signs with this secret: `whsec_` and base64, or any letters.
    ///
    /// # Errors
    ///
    /// If the secret could be guessed, or the address is none that can be asked.
    pub fn new(url: Url, secret: &str) -> Result<Self, WebhookError> {
        let secret = match secret.strip_prefix(PREFIX) {
            Some(coded) => BASE64_STANDARD.decode(coded).map_err(|_| WebhookError::Secret)?,
            None => secret.as_bytes().to_vec(),
        };
        if secret.len() < 24 {
            return Err(WebhookError::Secret);
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(WebhookError::Address);
        }
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .user_agent(concat!("lastfm-server/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| WebhookError::Tls)?;
        Ok(Self { url, secret, http })
    }

    /// What proves that a message comes from whoever knows the secret.
    pub(crate) fn signature(&self, id: &str, at: i64, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret);
        let mac = mac.expect("a key of any length will do");
        let mac = mac.chain_update(format!("{id}.{at}.")).chain_update(body);
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// Whether the message was taken.
    async fn tell(&self, state: &State) -> Result<(), String> {
        // The same from every server: who is told twice knows it by this.
        let year = state.year.unwrap_or_default();
        // Pausing raises no number of changes.
        let (job, status) = (state.job, state.status.as_str());
        let paused = if state.paused { "_paused" } else { "" };
        let id = format!("job_{job}_{}_{year}_{}_{status}{paused}", state.kind, state.change);
        let message = Message { kind: "job.changed", timestamp: state.updated_at.as_unix(), state };
        let body = serde_json::to_vec(&message).map_err(|error| error.to_string())?;
        let at = dates::now().as_unix();
        let request = self
            .http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", self.signature(&id, at, &body))
            .body(body);
        // Without the address: it may hold a secret of the other side.
        let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(format!("HTTP {}", answer.status().as_u16()))
        }
    }
}

/// What is told.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// When it came to stand so, seconds since 1970.
    timestamp: i64,
    #[serde(rename = "data")]
    state: &'a State,
}

type Key = (Kind, String, Option<i16>);

fn key(state: &State) -> Key {
    (state.kind, state.user.folded(), state.year)
}

/// What is still to be told: of each job how it stands now, whoever has waited longest first.
#[derive(Default)]
struct News {
    order: VecDeque<Key>,
    states: HashMap<Key, State>,
}

impl News {
    fn add(&mut self, state: State) {
        let key = key(&state);
        if self.states.insert(key.clone(), state).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > KEPT
            && let Some(dropped) = self.order.pop_front()
        {
            self.states.remove(&dropped);
            tracing::warn!("the webhook takes nothing: news of a job was dropped");
        }
    }

    fn next(&mut self) -> Option<State> {
        let key = self.order.pop_front()?;
        self.states.remove(&key)
    }
}

/// Tells the webhook of every change, until the app is gone or the server stops.
///
/// What is told was told at least once, and of each job the last state comes last. Changes that
/// follow each other quickly come as one. What happens while no server runs, or is about to end, is
/// not told.
pub(crate) async fn tell_all(app: Weak<App>, webhook: Webhook) {
    let Some(strong) = app.upgrade() else { return };
    let mut stopping = strong.stopping.subscribe();
    drop(strong);
    while !*stopping.borrow() {
        let Some(strong) = app.upgrade() else { return };
        let changes = strong.jobs.watch(Filter { live: true, ..Filter::default() });
        drop(strong);
        follow(changes, &webhook, &mut stopping).await;
    }
}

async fn follow(mut changes: jobs::Watch, webhook: &Webhook, stopping: &mut watch::Receiver<bool>) {
    let mut news = News::default();
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(state) = news.next() else {
            tokio::select! {
                change = changes.next() => match change {
                    Some(Ok(state)) => news.add(state),
                    // The next reading tells more.
                    Some(Err(_)) => {}
                    None => return,
                },
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
            continue;
        };
        let is_live = state.status.is_live();
        let wait = match webhook.tell(&state).await {
            Ok(()) => {
                pause = FIRST_PAUSE;
                // The end of a job is no reason to let others wait.
                if is_live { SPACING } else { Duration::ZERO }
            }
            Err(why) => {
                tracing::warn!(why, "the webhook did not take it; trying again");
                // After the others: one that is never taken keeps nobody waiting.
                news.add(state);
                let wait = pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
                wait
            }
        };
        // What changes meanwhile takes the place of what is told of the same job.
        let until = tokio::time::sleep(wait);
        tokio::pin!(until);
        loop {
            tokio::select! {
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => return,
                change = changes.next() => match change {
                    Some(Ok(state)) => news.add(state),
                    Some(Err(_)) => {}
                    None => return,
                },
                () = &mut until => break,
            }
        }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(secret: &str) -> Result<Webhook, WebhookError> {
        Webhook::new("https://app.example/hook?key=hidden".parse().unwrap(), secret)
    }

    /// The example of the specification's reference libraries.
    #[test]
    fn a_signature_is_the_one_that_others_compute() {
        let webhook = of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = webhook.signature(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_refused_and_none_is_shown() {
        assert_eq!(of("short").err(), Some(WebhookError::Secret));
        assert_eq!(of("whsec_not base64").err(), Some(WebhookError::Secret));
        let shown = format!("{:?}", of("a secret of many letters").unwrap());
        assert!(!shown.contains("letters") && !shown.contains("hidden"), "{shown}");
        let mail = Webhook::new("mailto:a@b.example".parse().unwrap(), "a secret of many letters");
        assert_eq!(mail.err(), Some(WebhookError::Address));
    }
}
