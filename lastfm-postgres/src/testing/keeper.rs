//! Keeps a server program and its folder for as long as this process lives, and not a moment longer.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::database::random;

/// A shell that does what it reads, and at the end of its input, which a killed process gives it
/// too, ends the program and removes the folder. It has a process group of its own, so that what
/// ends the tests at a terminal leaves it to its work.
const SHELL: &str = r#"
trap '' HUP INT TERM PIPE
place=${TMPDIR:-/tmp}
if [ -z "$TMPDIR$WAITS_FOR_THE_DISK" ]; then
    room=$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')
    [ "${room:-0}" -lt 2000000 ] || place=/dev/shm
fi
folder=$(mktemp -d "$place/lastfm-postgres.XXXXXX") && cd "$folder" || exit 1
echo "$folder"
while read -r verb words; do
    case $verb in
        run) eval "$words" </dev/null >>log 2>&1 ;;
        start) eval "exec $words" </dev/null >>log 2>&1 & program=$! ;;
        alive) sleep 0.01; kill -0 "$program" || { program=; false; } ;;
        stop) kill "-$words" "$program"; wait "$program"; program= ;;
    esac 2>/dev/null
    echo "$?"
done
[ -z "$program" ] || { kill "-$AT_THE_END" "$program"; wait "$program"; }
cd / && rm -rf "$folder"
"#;

/// The shell. Dropping it ends the program and removes the folder before it returns.
#[derive(Debug)]
pub(super) struct Keeper {
    shell: Mutex<Shell>,
    folder: PathBuf,
}

#[derive(Debug)]
struct Shell {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Keeper {
    /// A keeper with an empty folder. `programs` is what `$PROGRAMS` says in its orders, and the
    /// signal is what ends the program at the end. A folder that need not be on a disk is in
    /// memory, where Linux has 2 GB to spare and TMPDIR names no other: files are made there ten
    /// times as fast.
    pub(super) fn new(programs: &Path, at_the_end: &str, waits_for_the_disk: bool) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", SHELL]).current_dir("/").process_group(0);
        command.env("PROGRAMS", programs).env("AT_THE_END", at_the_end).env("LC_ALL", "C");
        command.env("WAITS_FOR_THE_DISK", if waits_for_the_disk { "yes" } else { "" });
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // These servers refuse to run as root.
        if let Some((user, group)) = someone_else_than_root() {
            command.uid(user).gid(group);
        }
        let mut process = command.spawn().expect("there is a shell");
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("it was asked for"));
        let mut shell = Shell { process, orders, answers };
        let folder = PathBuf::from(shell.answer());
        assert!(folder.is_dir(), "no temporary folder could be made: is TMPDIR open to all users?");
        Self { shell: Mutex::new(shell), folder }
    }

    /// Writes a file into the folder, which is closed to others, so that the program can read it.
    pub(super) fn write(&self, name: &str, text: &str) {
        let file = self.folder.join(name);
        fs::write(&file, text).expect("the folder can be written");
        fs::set_permissions(file, Permissions::from_mode(0o644)).expect("the file is ours");
    }

    /// Runs a line of shell in the folder, to its end.
    pub(super) fn run(&self, line: &str) {
        let ok = self.order(&format!("run {line}"));
        assert!(ok, "a server for tests could not be made:\n{}", self.log());
    }

    /// Starts the program that is kept, and waits until `is_ready` says so. Whether it became
    /// ready; if not, it has ended by itself.
    pub(super) fn start(&self, line: &str, is_ready: impl Fn() -> bool) -> bool {
        self.order(&format!("start {line}"));
        while !is_ready() {
            if !self.order("alive") {
                return false;
            }
        }
        // Somebody else on the same port would seem ready, too.
        self.order("alive")
    }

    /// Sends the program a signal, and waits for its end.
    pub(super) fn stop(&self, signal: &str) {
        self.order(&format!("stop {signal}"));
    }

    /// What the program has logged.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn order(&self, line: &str) -> bool {
        let mut shell = self.shell();
        let orders = shell.orders.as_mut().expect("it is closed at the end only");
        writeln!(orders, "{line}").expect("the shell reads until its input ends");
        shell.answer() == "0"
    }

    fn shell(&self) -> MutexGuard<'_, Shell> {
        // A test that panicked has left nothing half done.
        self.shell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shell {
    fn answer(&mut self) -> String {
        let mut line = String::new();
        // No answer is the answer of a shell that could not even begin.
        let _ = self.answers.read_line(&mut line);
        line.trim_end().to_owned()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let mut shell = self.shell();
        shell.orders = None;
        let _ = shell.process.wait();
    }
}

/// A port of loopback that nobody uses, below those that the system gives to clients: one that is
/// free for a moment, while a server restarts, must not become somebody's.
pub(super) fn free_port() -> u16 {
    loop {
        let port = 10_000 + u16::try_from(random() % 22_000).expect("it is below 22,000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// User and group for servers, where this process runs as root.
fn someone_else_than_root() -> Option<(u32, u32)> {
    if id(&["-u"])? != 0 {
        return None;
    }
    let of = |name| Some((id(&["-u", name])?, id(&["-g", name])?));
    of("postgres").or_else(|| of("nobody"))
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
