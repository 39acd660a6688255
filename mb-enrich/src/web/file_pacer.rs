//! A request rate that all programs of a machine share: one small file, one slot after the other.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use lastfm_core::Clock;
use lastfm_core::transport::{Pacer, Pause, Slot, TransportError, TransportErrorKind, escalate};

/// Who holds the file for longer is stopped or broken.
const LONGEST_LOCK: Duration = Duration::from_secs(10);

/// Looking again whether the file is free.
const GLANCE: Duration = Duration::from_millis(5);

/// Spaces the requests of every program on this machine that has the same file, and pauses them
/// all.
///
/// A slot is taken when it is there, not before: nothing that holds a program up brings two
/// requests together. What is kept outlives the programs, so that one that is started again and
/// again is no faster.
///
/// # Cancel safety
///
/// Dropping a future may lose a slot, which delays the next request and does nothing else.
#[derive(Debug)]
pub struct FilePacer {
    path: PathBuf,
    spacing: Duration,
    clock: Arc<dyn Clock>,
}

impl FilePacer {
    /// At least `spacing` (in whole milliseconds, rounded up) between any two requests of those who
    /// name this file. It is made when it is needed, and may be removed at any time; a link, or a file
    /// that says anything but times, is left as it is, and nothing is sent. Waits by this clock; the
    /// time of day is the machine's.
    pub fn new(path: impl Into<PathBuf>, spacing: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { path: path.into(), spacing, clock }
    }

    /// The file for a server that all users of this machine share, in its folder of temporary files.
    pub fn path_for(server: &str) -> PathBuf {
        let name: String = server
            .chars()
            .map(
                |letter| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '_' },
            )
            .collect();
        std::env::temp_dir().join(format!("mb-enrich-{name}.slot"))
    }

    /// Changes the rate while nobody else does.
    async fn change<T: Send>(
        &self,
        act: impl FnOnce(&mut Rate, Duration) -> T + Send,
    ) -> Result<T, TransportError> {
        let file = self.lock().await?;
        let change = || -> io::Result<T> {
            let mut rate = read(&file)?;
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let answer = act(&mut rate, now);
            write(&file, rate)?;
            Ok(answer)
        };
        change().map_err(|error| failed(error, TransportErrorKind::PacerFailed))
    }

    /// The file, which nobody else has until it is closed.
    async fn lock(&self) -> Result<File, TransportError> {
        let file = self.open().map_err(|error| failed(error, TransportErrorKind::PacerFailed))?;
        let began = self.clock.elapsed();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(std::fs::TryLockError::WouldBlock) => {
                    if self.clock.elapsed().saturating_sub(began) > LONGEST_LOCK {
                        return Err(TransportError::new(TransportErrorKind::Pacer));
                    }
                    self.clock.sleep(GLANCE).await;
                }
                Err(std::fs::TryLockError::Error(error)) => {
                    return Err(failed(error, TransportErrorKind::PacerFailed));
                }
            }
        }
    }

    /// Opens the file, or makes one that everybody on the machine may write.
    fn open(&self) -> io::Result<File> {
        loop {
            // Its name can be guessed, and where it lies anybody may put a link to another file.
            if std::fs::symlink_metadata(&self.path).is_ok_and(|found| !found.is_file()) {
                return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file of its own"));
            }
            // Systems refuse to "open or make" another user's file in a folder of everybody's.
            match OpenOptions::new().read(true).write(true).open(&self.path) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                opened => return opened,
            }
            match OpenOptions::new().read(true).write(true).create_new(true).open(&self.path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => {
                    for_everybody(&file)?;
                    return Ok(file);
                }
            }
        }
    }
}

#[async_trait]
impl Pacer for FilePacer {
    /// Waits for the slot here, and takes it when it is there.
    async fn take(&self) -> Result<Slot, TransportError> {
        loop {
            match self.change(|rate, now| rate.take(now, self.spacing)).await? {
                Slot::In(wait) if !wait.is_zero() => self.clock.sleep(wait).await,
                slot => return Ok(slot),
            }
        }
    }

    async fn pause(&self, retry_after: Option<Duration>) -> Result<Duration, TransportError> {
        self.change(|rate, now| rate.pause(now, retry_after)).await
    }
}

#[cfg(unix)]
fn for_everybody(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    file.set_permissions(std::fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn for_everybody(_: &File) -> io::Result<()> {
    Ok(())
}

fn failed(error: io::Error, kind: TransportErrorKind) -> TransportError {
    TransportError::with_source(kind, error)
}

/// The state of a rate; times since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Rate {
    next_slot: Duration,
    pause: Option<Pause>,
}

impl Rate {
    /// The slot is taken if it is there; otherwise nothing is, and the wait until it is returned.
    fn take(&mut self, now: Duration, spacing: Duration) -> Slot {
        let rest = self.pause.map_or(Duration::ZERO, |pause| pause.rest(now));
        if !rest.is_zero() {
            return Slot::Paused(rest);
        }
        // No slot lies further off, unless the clock was set back.
        let wait = self.next_slot.saturating_sub(now).min(spacing);
        if wait.is_zero() {
            self.next_slot = now + spacing;
        } else {
            self.next_slot = now + wait;
        }
        Slot::In(wait)
    }

    fn pause(&mut self, now: Duration, retry_after: Option<Duration>) -> Duration {
        let pause = escalate(self.pause, now, retry_after);
        self.pause = Some(pause);
        pause.rest(now)
    }
}

/// Three times in milliseconds. Other numbers are nobody's; nothing, or the NULs that a power cut
/// leaves, is a new file; and anything else is somebody's.
fn read(mut file: &File) -> io::Result<Rate> {
    let mut text = String::new();
    file.rewind()?;
    file.take(200).read_to_string(&mut text)?;
    if text.contains(|letter: char| !letter.is_ascii_digit() && !" \n\0".contains(letter)) {
        return Err(io::Error::new(ErrorKind::InvalidData, "it is not about a rate"));
    }
    let times: Option<Vec<u64>> = text.split_whitespace().map(|time| time.parse().ok()).collect();
    let time = Duration::from_millis;
    Ok(match times.as_deref() {
        Some([next]) => Rate { next_slot: time(*next), pause: None },
        Some([next, start, length]) => Rate {
            next_slot: time(*next),
            pause: Some(Pause { start: time(*start), length: time(*length) }),
        },
        _ => Rate::default(),
    })
}

fn write(mut file: &File, rate: Rate) -> io::Result<()> {
    // Upwards: a slot in the middle of a millisecond is not there at its beginning.
    let ms = |time: Duration| time.as_nanos().div_ceil(1_000_000);
    let pause = rate.pause.map(|pause| format!(" {} {}", ms(pause.start), ms(pause.length)));
    let text = format!("{}{}\n", ms(rate.next_slot), pause.unwrap_or_default());
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use futures_executor::block_on;
    use lastfm_core::Timestamp;

    use super::*;

    const SPACING: Duration = Duration::from_millis(200);

    fn at(ms: u64) -> Duration {
        Duration::from_millis(1_000_000_000 + ms)
    }

    fn wait(rate: &mut Rate, ms: u64) -> Option<u128> {
        match rate.take(at(ms), SPACING) {
            Slot::In(wait) => Some(wait.as_millis()),
            Slot::Paused(_) => None,
        }
    }

    #[test]
    fn a_slot_is_there_once_and_none_is_saved_up() {
        let mut rate = Rate::default();
        assert_eq!(wait(&mut rate, 0), Some(0));
        assert_eq!(wait(&mut rate, 50), Some(150));
        assert_eq!(wait(&mut rate, 50), Some(150));
        assert_eq!(wait(&mut rate, 200), Some(0));
        assert_eq!(wait(&mut rate, 9_000), Some(0));
        assert_eq!(wait(&mut rate, 9_000), Some(200));
    }

    #[test]
    fn a_pause_holds_for_all_and_ends() {
        let mut rate = Rate::default();
        assert_eq!(rate.pause(at(0), None).as_secs(), 60);
        assert_eq!(wait(&mut rate, 59_000), None);
        assert_eq!(wait(&mut rate, 60_000), Some(0));
        assert_eq!(rate.pause(at(61_000), Some(Duration::from_secs(500))).as_secs(), 500);
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nobody() {
        let mut rate = Rate::default();
        wait(&mut rate, 86_400_000);
        rate.pause(at(86_400_000), None);
        assert_eq!(wait(&mut rate, 0), Some(200));
        assert_eq!(wait(&mut rate, 200), Some(0));
    }

    /// Waits as threads do.
    #[derive(Debug)]
    struct Real(std::time::Instant);

    #[async_trait]
    impl Clock for Real {
        fn elapsed(&self) -> Duration {
            self.0.elapsed()
        }

        fn wall(&self) -> Timestamp {
            Timestamp::MIN
        }

        async fn sleep(&self, duration: Duration) {
            std::thread::sleep(duration);
        }
    }

    fn pacer(path: &std::path::Path, spacing: u64) -> FilePacer {
        let clock = Arc::new(Real(std::time::Instant::now()));
        FilePacer::new(path, Duration::from_millis(spacing), clock)
    }

    #[test]
    fn what_the_file_says_outlives_the_program_and_nonsense_stops_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slot");
        block_on(async {
            assert_eq!(pacer(&path, 1).take().await.unwrap(), Slot::In(Duration::ZERO));
            pacer(&path, 1).pause(None).await.unwrap();
            assert!(matches!(pacer(&path, 1).take().await.unwrap(), Slot::Paused(_)));
            let for_ever = format!("0 0 {}", u64::MAX);
            for nonsense in ["", "1 2", "\0\0\0\0", "99999999999999999999999", &for_ever] {
                std::fs::write(&path, nonsense).unwrap();
                assert_eq!(pacer(&path, 1).take().await.unwrap(), Slot::In(Duration::ZERO));
            }
        });
    }

    #[test]
    fn what_is_somebody_elses_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slot");
        let refused = |path: &std::path::Path| {
            let error = block_on(pacer(path, 1).take()).unwrap_err();
            assert_eq!(error.kind, TransportErrorKind::PacerFailed);
        };
        for letter in [&b"Dear Ann, on the 5th"[..], b"\xff\xfe", "\u{fffd}".as_bytes()] {
            std::fs::write(&path, letter).unwrap();
            refused(&path);
            assert_eq!(std::fs::read(&path).unwrap(), letter);
        }
        refused(folder.path());
        #[cfg(unix)]
        {
            let (numbers, link) = (folder.path().join("numbers"), folder.path().join("link"));
            std::fs::write(&numbers, "1 2 3 4 5").unwrap();
            std::os::unix::fs::symlink(&numbers, &link).unwrap();
            refused(&link);
            assert_eq!(std::fs::read(&numbers).unwrap(), b"1 2 3 4 5");
        }
    }

    const CHILD: &str = "MB_ENRICH_SLOT_FILE";
    const SLOTS: usize = 40;

    /// Takes slots in a process of its own, and writes down when: under the lock, so that nothing
    /// lies between the slot and the time.
    #[test]
    fn child_that_takes_slots() {
        let Some(path) = std::env::var_os(CHILD) else { return };
        let path = PathBuf::from(path);
        let pacer = pacer(&path, 10);
        block_on(async {
            for _ in 0..SLOTS {
                let taken = loop {
                    let taken = pacer.change(|rate, now| (rate.take(now, pacer.spacing), now));
                    match taken.await.unwrap() {
                        (Slot::In(wait), now) if wait.is_zero() => break now,
                        (Slot::In(wait), _) => pacer.clock.sleep(wait).await,
                        (Slot::Paused(_), _) => panic!("nobody pauses"),
                    }
                };
                println!("slot {}", taken.as_micros());
            }
        });
    }

    #[test]
    fn processes_never_share_a_slot() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slot");
        let this = std::env::current_exe().unwrap();
        let start = || {
            Command::new(&this)
                .args(["--exact", "web::file_pacer::tests::child_that_takes_slots", "--nocapture"])
                .env(CHILD, &path)
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let children = [start(), start(), start()];
        let mut slots = Vec::new();
        for child in children {
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let taken = text.lines().filter_map(|line| line.split_once("slot ")?.1.parse().ok());
            slots.extend(taken.collect::<Vec<u64>>());
        }
        slots.sort_unstable();
        assert_eq!(slots.len(), 3 * SLOTS);
        for pair in slots.windows(2) {
            assert!(pair[1] - pair[0] >= 10_000, "{pair:?}");
        }
    }
}
