//! What is logged, and how it looks. No line holds a query, a header, a body or a key.

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::LogFormat;

/// Writes lines to standard error from now on: what `$RUST_LOG` says, or else every answer, and
/// whatever is wrong elsewhere.
pub fn begin(format: LogFormat) {
    let said = std::env::var("RUST_LOG").ok().and_then(|said| said.parse::<Targets>().ok());
    let which = said.unwrap_or_else(|| {
        let usual = Targets::new().with_default(tracing::Level::WARN);
        usual.with_target("server", tracing::Level::INFO)
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Plain => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // A process that logs already goes on as it does.
    let _ = tracing_subscriber::registry().with(lines.with_filter(which)).try_init();
}
