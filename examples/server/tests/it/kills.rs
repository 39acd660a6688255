//! The program itself, killed at any moment and started again.
//!
//! `SERVER_KILLS=20 cargo test -p server --test it -- kills --nocapture` kills it so often.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lastfm_core::testing::{Dice, FakeLastfm, Scenario};

use crate::scene::{CANARY, SECRET, now};

/// How often it is killed, if nothing else is said: whoever takes over from the dead waits for up to a
/// minute.
const KILLS: u32 = 2;

/// A server in a process of its own, killed when it is dropped.
struct Process {
    child: Child,
    http: reqwest::Client,
    address: String,
}

impl Process {
    async fn start(folder: &Path, lastfm: &str, port: u16) -> Self {
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(env!("CARGO_BIN_EXE_server"))
            .args(["--listen", &address])
            .current_dir(folder)
            .env("LASTFM_API_KEY", CANARY)
            .env("LASTFM_API_SECRET", SECRET)
            .env("LASTFM_API_URL", lastfm)
            .env("LASTFM_RATE", "20")
            .env_remove("DATABASE_URL")
            .env_remove("SCROBBLES_DB")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let process = Self { child, http: reqwest::Client::new(), address };
        for _ in 0..600 {
            if process.get("/readyz").await.is_some_and(|(status, _)| status == 200) {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not start");
    }

    async fn get(&self, path: &str) -> Option<(u16, String)> {
        let answer = self.http.get(format!("http://{}{path}", self.address)).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// How a year of rj's stands, once it stands so.
    async fn until_covered(&self, year: i16) -> serde_json::Value {
        let path = format!("/api/user/rj/{year}");
        let mut last = None;
        for _ in 0..2400 {
            if let Some((_, text)) = self.get(&path).await {
                let view: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                if view["covered"] == true {
                    return view;
                }
                last = Some(view);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{year} never comes to its end: {last:?}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL: nothing of it can prepare for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_server_that_is_killed_goes_on_with_every_job() {
    let kills = std::env::var("SERVER_KILLS").ok().and_then(|kills| kills.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    let fake = FakeLastfm::new(7, &Scenario::still(60_000), now());
    let fake = fake_lastfm::serve(fake, 0).await.unwrap();
    let truth = fake.lastfm().truth_of("rj").unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut dice = Dice::new(u64::from(std::process::id()));
    let years: Vec<i16> = (1..=4).map(|ago| now().year().unwrap() - ago).collect();
    let lastfm = fake.url().to_string();

    let server = Process::start(folder.path(), &lastfm, free).await;
    for year in &years {
        assert_eq!(server.get(&format!("/user/rj/{year}")).await.map(|got| got.0), Some(200));
    }
    let mut server = Some(server);
    for _ in 0..kills.unwrap_or(KILLS) {
        tokio::time::sleep(Duration::from_millis(dice.below(2_000))).await;
        server = None;
        server.get_or_insert(Process::start(folder.path(), &lastfm, free).await);
    }
    let server = server.unwrap_or(Process::start(folder.path(), &lastfm, free).await);
    for year in years {
        // Nobody orders it again: only a page does that.
        let view = server.until_covered(year).await;
        let is_of_year = |at: lastfm_core::Timestamp| at.year() == Some(year);
        let wanted = truth.iter().filter(|play| is_of_year(play.at)).count();
        assert_eq!(view["plays"], wanted, "{year}: {view}");
    }
}
