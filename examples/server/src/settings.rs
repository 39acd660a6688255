//! What can be said on the command line, or in the environment.

use std::net::{IpAddr, SocketAddr};

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use terminal::database::Place;
use url::Url;

/// Shows listening histories of Last.fm in a browser, with the years their music is from.
///
/// Keys come from the environment or a file .env: `LASTFM_API_KEY`, and `LASTFM_API_SECRET` for
/// logins. So does the database: `DATABASE_URL=postgres://…`.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Settings {
    /// Works on jobs, answers nobody.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where to answer.
    #[arg(long, env = "SERVER_LISTEN", default_value = "127.0.0.1:8080", global = true)]
    pub listen: SocketAddr,
    /// Where archives are kept: a file, or `postgres://…`. Default: `$DATABASE_URL`, then
    /// `$SCROBBLES_DB`, then scrobbles.db.
    #[arg(long, value_name = "FILE|postgres://…", global = true, value_parser = place())]
    pub db: Option<Place>,
    /// Shows itself with made-up listeners and music: needs no key, asks nobody, keeps nothing.
    #[arg(long)]
    pub demo: bool,
    /// Answers, and leaves the jobs to other processes with this database.
    #[arg(long, env = "SERVER_NO_WORKER")]
    pub no_worker: bool,
    /// The address by which browsers know this server, if not by the one above.
    #[arg(long, env = "SERVER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<Url>,
    /// Proxies in front of this server, whose X-Forwarded-For is believed.
    #[arg(long, env = "SERVER_TRUSTED_PROXIES", value_name = "ADDRESS", value_delimiter = ',')]
    pub trusted_proxy: Vec<IpAddr>,
    /// Origins whose pages may use the API in a browser, beside this server's own.
    #[arg(long, env = "SERVER_ALLOW_ORIGINS", value_name = "URL", value_delimiter = ',')]
    pub allow_origin: Vec<Url>,
    /// Where changes of jobs are told, signed with `SERVER_WEBHOOK_SECRET`.
    #[arg(long, env = "SERVER_WEBHOOK", value_name = "URL")]
    pub webhook: Option<Url>,
    /// How lines of the log look.
    #[arg(long, env = "SERVER_LOG_FORMAT", value_enum, default_value_t = LogFormat::Plain, global = true)]
    pub log_format: LogFormat,
    /// Requests to Last.fm a second, of all processes with this database. Default: `$LASTFM_RATE`,
    /// then 1.
    #[arg(long, value_name = "NUMBER", global = true)]
    pub rate: Option<f64>,
    /// How much anybody may ask for.
    #[command(flatten)]
    pub caps: Caps,
}

/// What a process does instead of answering.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Command {
    /// Works on jobs, answers nobody.
    Worker,
}

/// How much anybody may ask for. A client is an address (of IPv6: the first 64 bits).
#[derive(Debug, Clone, Args)]
pub struct Caps {
    /// Requests a second of one client, over a while; three times as many at once.
    #[arg(long, env = "SERVER_REQUESTS", value_name = "NUMBER", default_value_t = 20)]
    pub requests: u32,
    /// Names that one client may have looked up at Last.fm, a minute.
    #[arg(long, env = "SERVER_LOOKUPS", value_name = "NUMBER", default_value_t = 20)]
    pub lookups: u32,
    /// Jobs that one client may order, a minute.
    #[arg(long, env = "SERVER_ORDERS", value_name = "NUMBER", default_value_t = 12)]
    pub orders: u32,
    /// Logins that one client may begin, a minute.
    #[arg(long, env = "SERVER_LOGINS", value_name = "NUMBER", default_value_t = 10)]
    pub logins: u32,
    /// Jobs that may be in line before no more are taken.
    #[arg(long, env = "SERVER_LINE", value_name = "NUMBER", default_value_t = 1000)]
    pub line: usize,
    /// Streams of live changes that one client may have open.
    #[arg(long, env = "SERVER_STREAMS_EACH", value_name = "NUMBER", default_value_t = 4)]
    pub streams_each: usize,
    /// Streams of live changes that may be open in all.
    #[arg(long, env = "SERVER_STREAMS", value_name = "NUMBER", default_value_t = 2000)]
    pub streams: usize,
    /// Jobs of one client that may be in line before it can order no more.
    #[arg(long, env = "SERVER_LINE_EACH", value_name = "NUMBER", default_value_t = 60)]
    pub line_each: usize,
    /// Connections that one client may have open; a proxy of `--trusted-proxy` as many as it likes.
    #[arg(long, env = "SERVER_CONNECTIONS_EACH", value_name = "NUMBER", default_value_t = 128)]
    pub connections_each: usize,
    /// Connections that may be open in all; more wait.
    #[arg(long, env = "SERVER_CONNECTIONS", value_name = "NUMBER", default_value_t = 4096)]
    pub connections: usize,
    /// Seconds that a client may read nothing of an answer before its connection is cut.
    #[arg(long, env = "SERVER_PATIENCE", value_name = "SECONDS", default_value_t = 30)]
    pub patience: u64,
    /// MiB that kept pages may take, about.
    #[arg(long, env = "SERVER_CACHE", value_name = "MIB", default_value_t = 64)]
    pub cache: u64,
}

/// A place is a file or a database.
fn place() -> impl TypedValueParser<Value = Place> {
    PathBufValueParser::new().map(Place::from)
}

impl Default for Caps {
    fn default() -> Self {
        Settings::parse_from(["server"]).caps
    }
}

/// How lines of the log look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Plain,
    /// One object of JSON a line.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Settings::command().debug_assert();
        assert_eq!(Caps::default().streams, 2000);
    }
}
