//! Names this process among all that share a file.

use std::time::{SystemTime, UNIX_EPOCH};

use lastfm_core::archive::WorkerId;

/// Host, process and start time: a process that has the number of a dead one is another worker.
pub(crate) fn this() -> WorkerId {
    let host = gethostname::gethostname().to_string_lossy().replace('/', "-");
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WorkerId(format!("{host}/{}/{}", std::process::id(), started.as_millis()))
}

/// `another archiver (process 4711 on nas)`
pub(crate) fn in_words(worker: &WorkerId) -> String {
    match worker.0.split('/').collect::<Vec<_>>()[..] {
        [host, process, _] => format!("another archiver (process {process} on {host})"),
        _ => format!("another program ({})", worker.0),
    }
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
}
