//! A folder, a fake Last.fm, somebody who has logged in, and the program between them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fake_lastfm::Server;
use lastfm_core::Timestamp;
use lastfm_core::testing::{FakeLastfm, Fault, Scenario};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What must never be seen anywhere.
pub(crate) const KEY: &str = "canary-key-4d2f";
pub(crate) const SECRET: &str = "canary-secret-91c0";
pub(crate) const SESSION: &str = "canary-session-7be3";

pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    home: TempDir,
    pub(crate) server: Server,
    /// When it began: plays of tests are younger than this.
    pub(crate) now: i64,
    /// What the service had before.
    before: usize,
    /// Serves; last, so that it outlives the server.
    _runtime: Runtime,
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

impl Stage {
    /// A listener with some plays, who has logged in.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Scenario)) -> Self {
        let mut scenario = Scenario::still(400);
        scenario.service.shared_secret = Some(SECRET.to_owned());
        scenario.service.session_key = Some(SESSION.to_owned());
        change(&mut scenario);
        let runtime = Runtime::new().unwrap();
        // So that no play of the history lies beside those of a test.
        let fake = FakeLastfm::new(11, &scenario, Timestamp::from_unix(now()));
        let before = fake.truth().len();
        let server = runtime.block_on(fake_lastfm::serve(fake, 0)).unwrap();
        let [folder, home] = [(); 2].map(|()| TempDir::new().unwrap());
        let stage = Self { folder, home, server, now: now(), before, _runtime: runtime };
        stage.log_in("rj", SESSION, 1_780_000_000);
        stage
    }

    /// Keeps this session, as if its user had logged in at this moment.
    pub(crate) fn log_in(&self, user: &str, key: &str, since: i64) {
        let url = self.server.url();
        let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let session = serde_json::json!({ "user": user, "key": key, "since": since });
        let sessions = serde_json::json!({ host: { user: session } });
        let folder = self.home.path().join("scrobbler");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).unwrap();
        let mut file = fs::OpenOptions::new();
        let file = file.create(true).truncate(true).write(true).mode(0o600);
        let mut file = file.open(folder.join("sessions.json")).unwrap();
        file.write_all(sessions.to_string().as_bytes()).unwrap();
    }

    /// Where logins are kept.
    pub(crate) fn sessions(&self) -> std::path::PathBuf {
        self.home.path().join("scrobbler").join("sessions.json")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scrobbler"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let is_ours = ["SCROBBLES_DB", "SCROBBLER_SESSIONS", "CARGO"].contains(&&*name);
            if name.starts_with("LASTFM_") || is_ours {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LASTFM_API_KEY", KEY)
            .env("LASTFM_API_SECRET", SECRET)
            .env("LASTFM_API_URL", self.server.url().as_str())
            .env("LASTFM_RATE", "500")
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path())
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        end(self.command(arguments).spawn().unwrap())
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// The tracks that were scrobbled here, in the order of their plays.
    pub(crate) fn scrobbled(&self) -> Vec<String> {
        let truth = self.server.lastfm().truth();
        let mut plays: Vec<_> = truth.iter().collect();
        plays.sort_by_key(|play| play.id);
        let mut new = plays.split_off(self.before);
        new.sort_by_key(|play| play.at);
        new.iter().map(|play| play.track.to_string()).collect()
    }

    /// From now on, no request reaches the service.
    pub(crate) fn go_offline(&self) {
        for _ in 0..200 {
            self.server.lastfm().fail_next(Fault::ResetBefore);
        }
    }

    pub(crate) fn go_online(&self) {
        self.server.lastfm().heal_all();
    }

    /// The plays of the queue, whatever became of them.
    pub(crate) fn queue(&self) -> Vec<Value> {
        let ended = self.run(&["queue", "list", "--all", "--json"]);
        ended.json().into_iter().filter(|line| line["event"] == "play").collect()
    }

    /// Waits until all plays of the queue have come to an end.
    pub(crate) fn wait_until_nothing_waits(&self) {
        let began = Instant::now();
        while self.run(&["queue", "list", "--quiet"]).code != Some(0) {
            assert!(began.elapsed() < Duration::from_secs(60), "{:?}", self.queue());
        }
    }

    /// An album of several tracks that the service knows, with its artist.
    pub(crate) fn album(&self) -> (String, String) {
        let truth = self.server.lastfm().truth();
        let mut albums: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for play in &truth {
            if let Some(album) = &play.album {
                let tracks = albums.entry((play.artist.to_string(), album.to_string()));
                tracks.or_default().insert(&play.track);
            }
        }
        albums.into_iter().max_by_key(|(_, tracks)| tracks.len()).unwrap().0
    }

    /// Waits until the service has seen a call of this method.
    pub(crate) fn wait_for(&self, method: &str, many: usize) {
        let began = Instant::now();
        let seen = || {
            let fake = self.server.lastfm();
            fake.log().iter().filter(|call| call.method.eq_ignore_ascii_case(method)).count()
        };
        while seen() < many {
            assert!(began.elapsed() < Duration::from_secs(30), "only {} of {method}", seen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Waits for the end. No run of any test may show a key.
pub(crate) fn end(child: Child) -> Ended {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let [out, err] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    for secret in [KEY, SECRET, SESSION] {
        assert!(!out.contains(secret) && !err.contains(secret), "{secret} in {out}\n{err}");
    }
    assert!(!err.contains("panicked"), "{err}");
    Ended { code: status.code(), out, err }
}

impl Ended {
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.with(0)
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        let said = format!("{}{}", self.out, self.err);
        assert!(said.contains(words), "not said: {words}\n{said}");
        self
    }

    /// The lines of `--json`.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        assert_eq!(self.err, "", "beside the JSON");
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

pub(crate) fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}
