//! A folder or a database, a fake Last.fm, and the program between them.

#[cfg(all(unix, feature = "postgres"))]
use std::cell::Cell;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fake_lastfm::Server;
use lastfm_core::Timestamp;
use lastfm_core::testing::{FakeLastfm, Scenario, TruePlay};
#[cfg(all(unix, feature = "postgres"))]
use lastfm_postgres::testing::{Database, PrivateServer};
use serde_json::Value;
use serde_json::value::RawValue;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::Url;

/// What must never be seen anywhere.
pub(crate) const KEY: &str = "canary-key-4d2f";
pub(crate) const SECRET: &str = "canary-secret-91c0";
pub(crate) const SESSION: &str = "canary-session-7be3";

/// The passwords of the databases, which must not be seen either.
static PASSWORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[cfg(all(unix, feature = "postgres"))]
thread_local! {
    /// Whether the stages of this test keep their archives in PostgreSQL.
    static IN_A_DATABASE: Cell<bool> = const { Cell::new(false) };
}

/// Runs a test with its archives in PostgreSQL, each stage with a database of its own.
#[cfg(all(unix, feature = "postgres"))]
pub(crate) fn in_a_database(test: fn()) {
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            IN_A_DATABASE.set(false);
        }
    }
    IN_A_DATABASE.set(true);
    let _back = Back;
    test();
}

pub(crate) struct Stage {
    /// Where archives are, if not in the folder.
    #[cfg(all(unix, feature = "postgres"))]
    pub(crate) database: Option<Database>,
    pub(crate) folder: TempDir,
    /// Where the person who runs the program keeps settings.
    pub(crate) home: TempDir,
    pub(crate) server: Server,
    /// Serves; last, so that it outlives the server.
    _runtime: Runtime,
}

/// A line of an export, all columns and no others.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // That they are there is what counts.
pub(crate) struct Row {
    pub(crate) username: String,
    pub(crate) played_at: i64,
    pub(crate) artist: String,
    pub(crate) track: String,
    pub(crate) album: Option<String>,
    pub(crate) artist_mbid: Option<String>,
    pub(crate) album_mbid: Option<String>,
    pub(crate) track_mbid: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) release_year: Option<i32>,
    pub(crate) raw: Box<RawValue>,
    pub(crate) augmentation_status: Option<String>,
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Stage {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self::with(FakeLastfm::new(11, scenario, now()))
    }

    /// With this history: `uts,artist,album,track`, newest first.
    pub(crate) fn replaying(history: &str) -> Self {
        let scenario = Scenario::still(0);
        Self::with(FakeLastfm::from_csv(11, &scenario, now(), history).unwrap())
    }

    fn with(fake: FakeLastfm) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(fake_lastfm::serve(fake, 0)).unwrap();
        let [folder, home] = [(); 2].map(|()| TempDir::new().unwrap());
        let stage = Self {
            #[cfg(all(unix, feature = "postgres"))]
            database: None,
            folder,
            home,
            server,
            _runtime: runtime,
        };
        #[cfg(all(unix, feature = "postgres"))]
        if IN_A_DATABASE.get() {
            return stage.on(PrivateServer::shared());
        }
        stage
    }

    /// The same with its archives in a new database on this server.
    #[cfg(all(unix, feature = "postgres"))]
    pub(crate) fn on(self, server: &PrivateServer) -> Self {
        let database = server.database();
        keep_secret(database.url());
        Self { database: Some(database), ..self }
    }

    /// What `--db` says for the place where archives are.
    pub(crate) fn db(&self) -> String {
        #[cfg(all(unix, feature = "postgres"))]
        if let Some(database) = &self.database {
            return database.url().to_owned();
        }
        "scrobbles.db".to_owned()
    }

    /// What a person is told of that place.
    pub(crate) fn place(&self) -> String {
        shown(&self.db())
    }

    pub(crate) fn still(plays: usize) -> Self {
        Self::new(&Scenario::still(plays))
    }

    /// The program with these arguments, in the folder, with a key, and in no hurry to wait.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_archiver"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let is_ours = ["SCROBBLES_DB", "ARCHIVER_SESSIONS", "CARGO"].contains(&&*name);
            if name.starts_with("LASTFM_") || name.starts_with("MUSICBRAINZ_") || is_ours {
                command.env_remove(name);
            }
        }
        if self.is_in_a_database() {
            command.env("SCROBBLES_DB", self.db());
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LASTFM_API_KEY", KEY)
            .env("LASTFM_API_URL", self.server.url().as_str())
            .env("LASTFM_RATE", "500")
            .env("HOME", self.home.path())
            .env("APPDATA", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path())
            // What programs of one machine share is each test's own.
            .env("TMPDIR", self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn is_in_a_database(&self) -> bool {
        self.db().starts_with("postgres://")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        end(self.command(arguments).spawn().unwrap())
    }

    /// The same with the secret of the key.
    pub(crate) fn run_signed(&self, arguments: &[&str]) -> Ended {
        end(self.command(arguments).env("LASTFM_API_SECRET", SECRET).spawn().unwrap())
    }

    /// Where sessions are kept.
    pub(crate) fn sessions(&self) -> PathBuf {
        self.home.path().join("archiver").join("sessions.json")
    }

    /// What the service holds, oldest first.
    pub(crate) fn truth(&self) -> Vec<TruePlay> {
        self.server.lastfm().truth()
    }

    pub(crate) fn requests(&self) -> usize {
        self.server.lastfm().log().len()
    }

    /// Waits until the service has seen so many requests.
    pub(crate) fn wait_for_requests(&self, many: usize) {
        let began = Instant::now();
        while self.requests() < many {
            assert!(began.elapsed() < Duration::from_secs(30), "only {} requests", self.requests());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The archive as `export` shows it.
    pub(crate) fn archive(&self) -> Vec<Row> {
        let ended = self.run(&["export", "rj", "--format", "jsonl"]).ok();
        let read = |line| {
            // Every program can read it, and has all that it says.
            serde_json::from_str::<Value>(line).unwrap();
            serde_json::from_str(line).unwrap()
        };
        ended.out.lines().map(read).collect()
    }

    /// Asserts that the archive holds what the service holds, play for play.
    pub(crate) fn assert_complete(&self) {
        let mut expected: Vec<_> = self
            .truth()
            .iter()
            .map(|play| (play.at.as_unix(), play.artist.to_string(), play.track.to_string()))
            .collect();
        let mut found: Vec<_> =
            self.archive().into_iter().map(|row| (row.played_at, row.artist, row.track)).collect();
        expected.sort();
        found.sort();
        assert_eq!(found.len(), expected.len());
        assert!(found == expected, "other plays than those of the service");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Asserts that no file in the folder holds a key.
    pub(crate) fn assert_no_secret_on_disk(&self) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            for secret in [KEY, SECRET, SESSION] {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} is in {}", path.display());
            }
        }
    }
}

fn now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_unix(i64::try_from(now.as_secs()).unwrap())
}

/// Notes the password of a database as something that no run may show.
#[cfg(all(unix, feature = "postgres"))]
pub(crate) fn keep_secret(database: &str) {
    let password = database.parse::<Url>().ok().and_then(|url| url.password().map(str::to_owned));
    let mut passwords = PASSWORDS.lock().unwrap();
    passwords.extend(password.filter(|password| password.len() > 12));
}

/// What a person is told of what `--db` says.
pub(crate) fn shown(db: &str) -> String {
    match db.parse::<Url>() {
        Ok(url) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("postgres://{}{port}{}", url.host_str().unwrap(), url.path())
        }
        Err(_) => db.to_owned(),
    }
}

/// Waits for the end. No run of any test may show a key.
pub(crate) fn end(child: Child) -> Ended {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let [out, err] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    let ended = Ended { code: status.code(), out, err };
    ended.assert_shows_none_of(&[KEY, SECRET, SESSION]);
    let passwords = PASSWORDS.lock().unwrap().clone();
    ended.assert_shows_none_of(&passwords.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!ended.err.contains("panicked"), "{ended:?}");
    ended
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

    #[track_caller]
    pub(crate) fn assert_shows_none_of(&self, secrets: &[&str]) {
        for secret in secrets {
            let is_shown = self.out.contains(secret) || self.err.contains(secret);
            assert!(!is_shown, "{secret} in {self:?}");
        }
    }

    /// The lines of `--json`.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        assert_eq!(self.err, "", "beside the JSON");
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[cfg(unix)]
pub(crate) fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}
