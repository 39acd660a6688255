//! One open file: a thread that writes to it, and a few that read.

use lastfm_core::archive::{StoreError, StoreErrorKind, StoreResult};
use rusqlite::{Connection, Transaction};

use crate::OpenError;
use crate::connection::Opener;
use crate::error::Failure;
use crate::heard::Heard;
use crate::threads::{Abandoned, Threads};
use crate::variants::Variants;
use crate::writer::{Reader, Writer};

/// The connections to one file, each on a thread of its own.
#[derive(Debug)]
pub(crate) struct OpenFile {
    // Closed before the writer, which is then the last one and tidies up the file.
    readers: Threads<Reader>,
    writer: Threads<Writer>,
}

impl OpenFile {
    /// Opens the file, and makes or migrates it if need be.
    pub(crate) async fn open(opener: Opener, reader_count: usize) -> Result<Self, OpenError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Sqlite {
            path: opener.path.clone(),
            kind: StoreErrorKind::Failed,
            source,
        };
        let of_writer = opener.clone();
        let writer =
            Threads::start("lastfm-sqlite writer", 1, move || Writer::new(of_writer.clone()))
                .map_err(|error| failed(error.into()))?;
        let ready = writer.run(Writer::open).await;
        ready.map_err(|error| failed(error.into()))??;
        let of_readers = opener.clone();
        let readers = Threads::start("lastfm-sqlite reader", reader_count, move || {
            Reader::new(of_readers.clone())
        })
        .map_err(|error| failed(error.into()))?;
        Ok(Self { readers, writer })
    }

    /// Does `act` in one transaction on the thread that writes.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&Transaction<'_>, &mut Variants) -> Result<T, Failure> + Send + 'static,
    ) -> StoreResult<T> {
        let job = move |writer: &mut Writer| writer.transact(operation, act);
        abandoned(operation, self.writer.run(job).await)
    }

    /// The same, and waits for the disk.
    pub(crate) async fn write_down<T: Send + 'static>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> StoreResult<T> {
        let job = move |writer: &mut Writer| writer.write_down(operation, act);
        abandoned(operation, self.writer.run(job).await)
    }

    /// Does `act` on one of the threads that read.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&Connection, &mut Heard) -> Result<T, Failure> + Send + 'static,
    ) -> StoreResult<T> {
        let job = move |reader: &mut Reader| reader.read(operation, act);
        abandoned(operation, self.readers.run(job).await)
    }

    /// Does `act` with the connection that writes, outside of any transaction.
    #[cfg(feature = "testing")]
    pub(crate) async fn on_writer<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Option<T> {
        let job = move |writer: &mut Writer| {
            writer.open().ok()?;
            writer.connection().map(act)
        };
        self.writer.run(job).await.ok().flatten()
    }
}

fn abandoned<T>(
    operation: &'static str,
    done: Result<StoreResult<T>, Abandoned>,
) -> StoreResult<T> {
    done.unwrap_or_else(|error| {
        Err(StoreError::with_source(operation, StoreErrorKind::Failed, error))
    })
}
