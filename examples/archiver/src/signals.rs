//! Ctrl-C and SIGTERM: the first one asks for a stop, the second one ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lastfm_core::archive::Archiver;
use tokio::task::JoinHandle;

use crate::exit::Exit;

/// Listens until it is dropped.
pub(crate) struct Stop {
    asked: Arc<AtomicBool>,
    listening: JoinHandle<()>,
}

impl Stop {
    pub(crate) fn listen(archiver: Archiver) -> Self {
        let asked = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&asked);
        let listening = tokio::spawn(async move {
            signal().await;
            told.store(true, Ordering::Relaxed);
            archiver.stop();
            signal().await;
            // What is archived is safe whenever this happens: that is what coverage is for.
            std::process::exit(i32::from(Exit::NotNow.code()));
        });
        Self { asked, listening }
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

#[cfg(unix)]
async fn signal() {
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
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
