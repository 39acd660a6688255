//! A service that writes down when something was sent to it, and by whom.

use std::io::IoSliceMut;
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use nix::sys::time::{TimeVal, TimeValLike as _};

/// Takes a datagram for a request. The system notes when each arrives, so that nothing depends on
/// when this process has its turn.
#[derive(Debug)]
pub(crate) struct Service {
    socket: UdpSocket,
    pub(crate) seen: Vec<Request>,
}

/// What arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Since 1970.
    pub(crate) at: Duration,
    pub(crate) from: String,
}

impl Service {
    pub(crate) fn start() -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        setsockopt(&socket, sockopt::ReceiveTimestamp, &true).unwrap();
        Self { socket, seen: Vec::new() }
    }

    pub(crate) fn port(&self) -> u16 {
        self.socket.local_addr().unwrap().port()
    }

    /// Receives for so long.
    pub(crate) fn hear(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(rest) = end.checked_duration_since(Instant::now()).filter(|r| !r.is_zero()) {
            self.socket.set_read_timeout(Some(rest)).unwrap();
            self.receive();
        }
    }

    /// Receives until there are so many.
    pub(crate) fn hear_until(&mut self, count: usize) {
        self.socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        while self.seen.len() < count {
            assert!(self.receive(), "nothing was sent for a minute");
        }
    }

    /// Whether something came in time.
    fn receive(&mut self) -> bool {
        let mut bytes = [0; 64];
        let mut noted = nix::cmsg_space!(TimeVal);
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let socket = self.socket.as_raw_fd();
        let got = recvmsg::<()>(socket, &mut parts, Some(&mut noted), MsgFlags::empty());
        let Ok(got) = got else { return false };
        let at = got.cmsgs().unwrap().find_map(|message| match message {
            ControlMessageOwned::ScmTimestamp(at) => u64::try_from(at.num_microseconds()).ok(),
            _ => None,
        });
        let length = got.bytes;
        self.seen.push(Request {
            at: Duration::from_micros(at.unwrap()),
            from: String::from_utf8(bytes[..length].to_vec()).unwrap(),
        });
        true
    }

    /// How many arrived in the fullest second.
    pub(crate) fn most_in_a_second(&self) -> usize {
        let mut at: Vec<_> = self.seen.iter().map(|request| request.at).collect();
        at.sort_unstable();
        let second = Duration::from_secs(1);
        let until = |first: Duration| at.partition_point(|at| *at < first + second);
        at.iter().enumerate().map(|(before, first)| until(*first) - before).max().unwrap_or(0)
    }

    pub(crate) fn count(&self, from: &str) -> usize {
        self.seen.iter().filter(|request| request.from == from).count()
    }
}
