//! Ctrl-C and SIGTERM: the first one asks for a stop, the second one ends at once.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::transport::{Request, Response, Transport, TransportError, TransportErrorKind};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::exit::Exit;

/// How long the page in flight may still take. A request that waits for its slot, or that nobody
/// answers, must not keep a person waiting.
const LAST_PAGE: Duration = Duration::from_millis(1500);

/// Listens until it is dropped.
#[derive(Debug, Default)]
pub struct Stop {
    asked: watch::Sender<bool>,
    listening: Option<JoinHandle<()>>,
}

impl Stop {
    /// Nobody listens yet.
    pub fn new() -> Self {
        Self { asked: watch::Sender::new(false), listening: None }
    }

    /// Does this at the first signal; the second one ends the process like this.
    pub fn listen(&mut self, at_first: impl FnOnce() + Send + 'static, at_once: Exit) {
        let asked = self.asked.clone();
        self.listening = Some(tokio::spawn(async move {
            signal().await;
            at_first();
            asked.send_replace(true);
            signal().await;
            // What is written down is safe whenever this happens.
            std::process::exit(i32::from(at_once.code()));
        }));
    }

    /// Asks for a stop, as the first signal does.
    pub fn ask(&self) {
        self.asked.send_replace(true);
    }

    /// Whether a stop was asked for.
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }

    /// Returns when a stop is asked for.
    pub async fn asked(&self) {
        wait_for(self.asked.subscribe()).await;
    }

    /// The same transport, which lets go of a request soon after a stop is asked for.
    pub fn over(&self, inner: Arc<dyn Transport>) -> Arc<dyn Transport> {
        Arc::new(Interruptible { inner, asked: self.asked.subscribe() })
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

#[derive(Debug)]
struct Interruptible {
    inner: Arc<dyn Transport>,
    asked: watch::Receiver<bool>,
}

#[async_trait]
impl Transport for Interruptible {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let asked = wait_for(self.asked.clone());
        tokio::select! {
            response = self.inner.send(request) => response,
            () = async { asked.await; tokio::time::sleep(LAST_PAGE).await } => {
                // The run sees that it is to stop before it asks again.
                Err(TransportError::new(TransportErrorKind::Interrupted))
            }
        }
    }
}

async fn wait_for(mut asked: watch::Receiver<bool>) {
    // The other end lives as long as there is anything to stop.
    if asked.wait_for(|asked| *asked).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Returns when a person, or whoever started this, wants it to end.
#[cfg(unix)]
pub async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Then at least Ctrl-C.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
pub async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
