//! The right sender that misreads what the service says, or asks at the wrong time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::testing::SentRequest;
use lastfm_core::testing::scrobble_oracle::Planted;
use lastfm_core::transport::{Request, Response, Transport, TransportError};
use lastfm_core::{Clock, Timestamp};
use serde_json::Value;

use super::caught;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Misreading {
    /// Every play of an answer counts as accepted.
    NobodyIsIgnored,
    /// The first verdict is about the first play.
    InOrder,
    /// A second reading of the history brings the first one again.
    OneReading,
}

#[derive(Debug)]
struct Misread {
    inner: Arc<dyn Transport>,
    misreading: Misreading,
    kept: Mutex<HashMap<String, Response>>,
}

#[async_trait]
impl Transport for Misread {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let sent = SentRequest::new(&request);
        let method = sent.param("method").unwrap_or_default().to_owned();
        let question = format!("{:?}", sent.params);
        if self.misreading == Misreading::OneReading && method == "user.getRecentTracks" {
            if let Some(kept) = self.kept.lock().unwrap().remove(&question) {
                return Ok(kept);
            }
            let response = self.inner.send(request).await?;
            if response.status.is_success() {
                self.kept.lock().unwrap().insert(question, response.clone());
            }
            return Ok(response);
        }
        let mut response = self.inner.send(request).await?;
        if method == "track.scrobble"
            && let Ok(mut body) = serde_json::from_slice::<Value>(&response.body)
            && body.get("scrobbles").is_some()
        {
            self.misread(&sent, &mut body["scrobbles"]);
            response.body = body.to_string().into();
        }
        Ok(response)
    }
}

impl Misread {
    fn misread(&self, sent: &SentRequest, scrobbles: &mut Value) {
        let items: Vec<&mut Value> = match &mut scrobbles["scrobble"] {
            Value::Array(items) => items.iter_mut().collect(),
            item => vec![item],
        };
        let count = items.len();
        for (number, item) in items.into_iter().enumerate() {
            match self.misreading {
                Misreading::NobodyIsIgnored => item["ignoredMessage"]["code"] = "0".into(),
                Misreading::InOrder if count > 1 => {
                    let given = |name: &str| sent.param(&format!("{name}[{number}]")).unwrap();
                    item["timestamp"] = given("timestamp").into();
                    item["artist"]["#text"] = given("artist").into();
                    item["track"]["#text"] = given("track").into();
                }
                Misreading::InOrder | Misreading::OneReading => {}
            }
        }
        if self.misreading == Misreading::NobodyIsIgnored {
            scrobbles["@attr"] = serde_json::json!({"accepted": count, "ignored": 0});
        }
    }
}

fn with(misreading: Misreading) -> Planted {
    let around = move |inner| {
        Arc::new(Misread { inner, misreading, kept: Mutex::default() }) as Arc<dyn Transport>
    };
    Planted { transport: Some(Arc::new(around)), ..Planted::default() }
}

/// A stopwatch that is ten times too fast.
#[derive(Debug)]
struct Hasty(Arc<dyn Clock>);

#[async_trait]
impl Clock for Hasty {
    fn elapsed(&self) -> Duration {
        self.0.elapsed() * 10
    }

    fn wall(&self) -> Timestamp {
        self.0.wall()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration / 10).await;
    }
}

#[test]
fn a_play_that_was_ignored_and_counts_as_accepted_is_caught() {
    caught("ignored taken for accepted", &with(Misreading::NobodyIsIgnored));
}

#[test]
fn verdicts_that_are_taken_in_order_are_caught() {
    caught("settled by order", &with(Misreading::InOrder));
}

#[test]
fn one_reading_that_is_believed_is_caught() {
    caught("one reading believed", &with(Misreading::OneReading));
}

#[test]
fn a_history_that_is_read_too_early_is_caught() {
    let around = |inner| Arc::new(Hasty(inner)) as Arc<dyn Clock>;
    let planted = Planted { clock: Some(Arc::new(around)), ..Planted::default() };
    caught("read back too early", &planted);
}
