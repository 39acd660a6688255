//! A Last.fm on this machine, from the command line.
#![allow(clippy::print_stdout)] // What a person reads who started it.

use std::error::Error;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use lastfm_core::Timestamp;
use lastfm_core::testing::{FakeLastfm, Scenario};

/// Serves a fake Last.fm on this machine, until it is interrupted.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// How many plays the history has. Default: as the scenario says, 5000 without one.
    #[arg(long)]
    plays: Option<usize>,
    /// Which listener: another number, another history.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The account's name; each further one is another account, with plays of its own. Default:
    /// as the scenario says, rj without one.
    #[arg(long)]
    user: Vec<String>,
    /// The key and the secret of an app, with which its calls are checked. Without one, any key and
    /// any signature will do.
    #[arg(long, value_name = "KEY:SECRET", value_parser = app)]
    app: Vec<(String, String)>,
    /// A JSON file with what kind of listener, what happens and what goes wrong.
    #[arg(long, value_name = "FILE", conflicts_with = "nasty")]
    scenario: Option<PathBuf>,
    /// A scenario that the seed chooses: odd histories, changes, faults of every kind.
    #[arg(long)]
    nasty: bool,
    /// A CSV file with columns uts, artist, album, track, newest first, in place of an invented
    /// history.
    #[arg(long, value_name = "HISTORY.csv", conflicts_with = "plays")]
    replay: Option<PathBuf>,
}

impl Arguments {
    fn scenario(&self) -> Result<Scenario, Box<dyn Error>> {
        let mut scenario = match &self.scenario {
            Some(file) => serde_json::from_str(&std::fs::read_to_string(file)?)
                .map_err(|error| format!("{}: {error}", file.display()))?,
            None if self.nasty => Scenario::random(self.seed),
            None => Scenario::calm(),
        };
        if let Some(plays) = self.plays {
            scenario.history.plays = plays;
        }
        if let Some(user) = self.user.first() {
            scenario.user.clone_from(user);
        }
        Ok(scenario)
    }

    fn lastfm(&self) -> Result<FakeLastfm, Box<dyn Error>> {
        let mut scenario = self.scenario()?;
        let mut fake = self.listener(&scenario)?;
        for user in self.user.iter().skip(1) {
            scenario.user.clone_from(user);
            fake.add_account(&scenario);
        }
        for (api_key, secret) in &self.app {
            fake.know_app(api_key, secret);
        }
        Ok(fake)
    }

    fn listener(&self, scenario: &Scenario) -> Result<FakeLastfm, Box<dyn Error>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let now = Timestamp::from_unix(i64::try_from(now.as_secs())?);
        let Some(file) = &self.replay else {
            return Ok(FakeLastfm::new(self.seed, scenario, now));
        };
        let history = std::fs::read_to_string(file)?;
        let fake = FakeLastfm::from_csv(self.seed, scenario, now, &history);
        fake.map_err(|error| format!("{}: {error}", file.display()).into())
    }
}

fn app(text: &str) -> Result<(String, String), String> {
    let (api_key, secret) = text.split_once(':').ok_or("a key and a secret: KEY:SECRET")?;
    Ok((api_key.to_owned(), secret.to_owned()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let server = fake_lastfm::serve(arguments.lastfm()?, arguments.port).await?;
    {
        let lastfm = server.lastfm();
        for user in lastfm.users() {
            let plays = lastfm.truth_of(user).map_or(0, |truth| truth.len());
            println!("{user} with {plays} plays");
        }
    }
    println!("{}", server.url());
    println!("people log in at {}", server.login_url());
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
