//! Where PostgreSQL's programs are on this machine, and what to install where there are none.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names a folder with PostgreSQL's programs, or by its address a server to share.
const VARIABLE: &str = "LASTFM_POSTGRES";

/// The address in the variable, if it holds one.
pub(super) fn address_of_a_server() -> Option<String> {
    let value = env::var(VARIABLE).ok()?;
    let is_address = value.starts_with("postgres://") || value.starts_with("postgresql://");
    is_address.then_some(value)
}

/// The folder of `initdb` and `postgres`.
pub(super) fn of_the_server() -> PathBuf {
    if let Some(folder) = env::var_os(VARIABLE).filter(|_| address_of_a_server().is_none()) {
        let folder = PathBuf::from(folder);
        assert!(has_server(&folder), "{VARIABLE} names a folder without initdb and postgres");
        return folder;
    }
    let in_path = search_path().find(|folder| has_server(folder));
    in_path.or_else(as_pg_config_says).or_else(in_usual_places).unwrap_or_else(|| {
        panic!(
            "PostgreSQL is missing: `apt-get install postgresql`, `brew install postgresql`, or \
             set {VARIABLE} to the folder of initdb and postgres"
        )
    })
}

/// The program `pgbouncer`.
pub(super) fn pgbouncer() -> PathBuf {
    // A user's PATH leaves out the folder that Debian puts it into.
    let folders = search_path().chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file()).unwrap_or_else(
        || panic!("PgBouncer is missing: `apt-get install pgbouncer` or `brew install pgbouncer`"),
    )
}

fn search_path() -> impl Iterator<Item = PathBuf> {
    let path: OsString = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

fn has_server(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("postgres").is_file()
}

fn as_pg_config_says() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    has_server(&folder).then_some(folder)
}

/// The newest of those that packages leave outside of PATH.
fn in_usual_places() -> Option<PathBuf> {
    [
        "/usr/lib/postgresql",
        "/opt/homebrew/opt",
        "/usr/local/opt",
        "/Applications/Postgres.app/Contents/Versions",
        "/usr",
    ]
    .iter()
    .find_map(|place| {
        let folders = Path::new(place).read_dir().ok()?.flatten().map(|entry| entry.path());
        let with_server = folders.map(|folder| folder.join("bin")).filter(|bin| has_server(bin));
        with_server.max_by_key(|bin| version(bin))
    })
}

/// 16 of `/usr/lib/postgresql/16/bin` and of `/opt/homebrew/opt/postgresql@16/bin`.
fn version(bin: &Path) -> Option<u32> {
    let name = bin.parent()?.file_name()?.to_str()?;
    name.rsplit(['@', '-']).next()?.parse().ok()
}
