//! A process that lets requests go whenever it may, until it is killed. It is this test program
//! itself, with one test wanted.

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use lastfm_core::transport::{Pacer as _, Slot};
use lastfm_postgres::testing::Database;
use lastfm_postgres::{PostgresPacer, PostgresStore};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::SPACING;
use crate::service::Service;

/// One at work; dropping it kills it.
#[derive(Debug)]
pub(super) struct Caller(Child);

impl Caller {
    /// With a caller for each of these names.
    pub(super) fn start<'a>(
        database: &Database,
        service: &Service,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let names: Vec<_> = names.into_iter().collect();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "pacer::child::lets_go_until_it_is_killed"]);
        command.args(["--ignored", "--nocapture"]);
        command.env("PACER_DATABASE", database.url()).env("PACER_NAMES", names.join(","));
        command.env("PACER_PORT", service.port().to_string());
        Self(command.stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Caller {
    pub(super) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub(super) fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        nix::sys::signal::kill(id, signal).unwrap();
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test]
#[ignore = "is started by other tests"]
async fn lets_go_until_it_is_killed() {
    let Ok(url) = std::env::var("PACER_DATABASE") else { return };
    let port: u16 = std::env::var("PACER_PORT").unwrap().parse().unwrap();
    let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    socket.connect(("127.0.0.1", port)).unwrap();
    let socket = Arc::new(socket);
    let store = PostgresStore::open(url).await.unwrap();
    let pacer = PostgresPacer::new(&store, "service", SPACING);
    let names = std::env::var("PACER_NAMES").unwrap();
    let callers = names.split(',').map(|name| {
        let (name, pacer, socket) = (name.to_owned(), pacer.share(name), Arc::clone(&socket));
        tokio::spawn(async move {
            loop {
                match pacer.take().await.unwrap() {
                    Slot::In(wait) => {
                        tokio::time::sleep(wait).await;
                        let _ = socket.send(name.as_bytes());
                    }
                    Slot::Paused(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        })
    });
    // None of them ends.
    futures_util::future::join_all(callers.collect::<Vec<_>>()).await;
}
