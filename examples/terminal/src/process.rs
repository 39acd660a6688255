//! Names this process among all that share an archive, and tells whether another one still lives.

use std::time::{SystemTime, UNIX_EPOCH};

use lastfm_core::archive::WorkerId;

use crate::program::program;

/// Host, process, start time, and among which processes its number counts: a process that has the
/// number of a dead one is another worker.
pub fn this() -> WorkerId {
    let host = gethostname::gethostname().to_string_lossy().replace('/', "-");
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let process = std::process::id();
    WorkerId(format!("{host}/{process}/{}/{}", started.as_millis(), realm()))
}

/// The same for one of the things that this process does at a time.
pub fn part(what: &str) -> WorkerId {
    let process = this().0;
    let named = process.rsplit_once('/');
    WorkerId(named.map_or(process.clone(), |(process, realm)| format!("{process}-{what}/{realm}")))
}

/// `nas/4711`: this process, for people.
pub fn name() -> String {
    this().0.split('/').take(2).collect::<Vec<_>>().join("/")
}

/// Whether that worker, a process on this machine as it runs now, is gone for certain. Of any
/// other nothing can be known: its place is free when its lease has passed.
pub fn is_dead(worker: &WorkerId) -> bool {
    let here = this();
    let (Some(one), Some(other)) = (Parts::of(worker), Parts::of(&here)) else { return false };
    let is_among_ours = one.host == other.host && one.realm == other.realm;
    !one.realm.is_empty()
        && is_among_ours
        && one.process.parse().is_ok_and(|process| process > 0 && is_gone(process))
}

/// `another archiver (process 4711 on nas)`
pub fn in_words(worker: &WorkerId) -> String {
    match Parts::of(worker) {
        Some(Parts { host, process, .. }) => {
            format!("another {} (process {process} on {host})", program().name)
        }
        None => format!("another program ({})", worker.0),
    }
}

/// What the name of a worker says.
struct Parts<'a> {
    host: &'a str,
    process: &'a str,
    realm: &'a str,
}

impl<'a> Parts<'a> {
    fn of(worker: &'a WorkerId) -> Option<Self> {
        match worker.0.split('/').collect::<Vec<_>>()[..] {
            [host, process, _started, realm] => Some(Self { host, process, realm }),
            _ => None,
        }
    }
}

/// Names the processes that this one sees. Containers of one name may share a file and yet not
/// see each other, and machines of one name a database: each start of a system has a name of its
/// own. Where neither can be read, nobody knows.
#[cfg(target_os = "linux")]
fn realm() -> String {
    let name = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let processes: String = name.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    let system = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    match (&*processes, system.trim()) {
        ("", _) | (_, "") => String::new(),
        (processes, system) => format!("{processes}@{system}"),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn realm() -> String {
    "all".to_owned()
}

/// Elsewhere nobody knows.
#[cfg(not(unix))]
fn realm() -> String {
    String::new()
}

#[cfg(unix)]
fn is_gone(process: i32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    // A process of somebody else answers with a refusal, and lives.
    Pid::from_raw(process).is_some_and(|process| test_kill_process(process) == Err(Errno::SRCH))
}

#[cfg(not(unix))]
fn is_gone(_process: i32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_a_process_on_a_host() {
        let here = this();
        assert!(in_words(&here).contains(&std::process::id().to_string()), "{here:?}");
        assert_eq!(in_words(&WorkerId("web".to_owned())), "another program (web)");
    }

    #[cfg(unix)]
    #[test]
    fn only_a_process_of_this_machine_that_is_gone_is_dead() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let gone = child.id().to_string();
        child.wait().unwrap();
        let here = this();
        let Parts { host, realm, .. } = Parts::of(&here).unwrap();
        let worker = |host: &str, process: &str, realm: &str| {
            WorkerId(format!("{host}/{process}/1700000000000/{realm}"))
        };
        assert!(is_dead(&worker(host, &gone, realm)));
        assert!(!is_dead(&here));
        // The first process is somebody else's.
        assert!(!is_dead(&worker(host, "1", realm)));
        assert!(!is_dead(&worker("another-host", &gone, realm)));
        assert!(!is_dead(&worker(host, &gone, "another")));
        assert!(!is_dead(&worker(host, "0", realm)) && !is_dead(&worker(host, "-1", realm)));
        assert!(!is_dead(&WorkerId("web".to_owned())));
    }
}
