//! How a connection is made: the address, encryption, and what notices a dead network.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use lastfm_core::transport::is_this_machine;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::form_urlencoded;

use crate::OpenError;

/// How long to wait for a connection, and for a sign of life of one.
const CONNECT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(15);

/// What the driver says of an address may show parts of it: of a password, if it was not escaped.
const NOT_UNDERSTOOD: &str = "it is none, holds a setting that is not known, or a character in it \
    (of the password, say) is to be written as %XX";

/// Where the database is, how to get there, and what to call it.
pub(crate) struct Address {
    pub(crate) config: tokio_postgres::Config,
    pub(crate) tls: MakeRustlsConnect,
    /// `postgres://host:port/database`
    pub(crate) name: String,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        let said = Said::read(url)?;
        let mut config: tokio_postgres::Config = said
            .rest
            .parse()
            .map_err(|_: tokio_postgres::Error| bad_url(NOT_UNDERSTOOD.to_owned()))?;
        let stays_here = config.get_hosts().iter().all(is_here)
            && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
        config.ssl_mode(match said.ssl_mode.as_deref() {
            Some("disable") => SslMode::Disable,
            None if stays_here => SslMode::Disable,
            None | Some("allow" | "prefer" | "require" | "verify-ca" | "verify-full") => {
                SslMode::Require
            }
            Some(_) => {
                return Err(bad_url("sslmode is none of disable, require, verify-full".to_owned()));
            }
        });
        if !said.names_target {
            // A server that is not, or not yet again, the one to write to.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        config.keepalives_idle(SILENCE).keepalives_interval(CONNECT).keepalives_retries(2);
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("lastfm");
        }
        let name = name(&config);
        let tls = tls(said.root_file.as_deref(), &name)?;
        Ok(Self { config, tls, name })
    }
}

/// What an address says, apart from what the driver does not know.
struct Said {
    rest: String,
    ssl_mode: Option<String>,
    root_file: Option<String>,
    names_target: bool,
}

impl Said {
    fn read(url: &str) -> Result<Self, OpenError> {
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(bad_url("it does not begin with postgres://".to_owned()));
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        // The driver takes what stands behind the first for the host, and hosts are shown.
        if base.matches('@').count() > 1 {
            return Err(bad_url(NOT_UNDERSTOOD.to_owned()));
        }
        let (mut ssl_mode, mut root_file, mut names_target) = (None, None, false);
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "sslmode" => ssl_mode = Some(value.into_owned()),
                "sslrootcert" => root_file = Some(value.into_owned()),
                _ => {
                    names_target |= key == "target_session_attrs";
                    rest.append_pair(&key, &value);
                }
            }
        }
        // The driver reads a plus sign as one.
        let rest = rest.finish().replace('+', "%20");
        let rest = if rest.is_empty() { base.to_owned() } else { format!("{base}?{rest}") };
        Ok(Self { rest, ssl_mode, root_file, names_target })
    }
}

/// Whether what is sent there stays on this machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => is_this_machine(name),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn name(config: &tokio_postgres::Config) -> String {
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(_) => "localhost".to_owned(),
    });
    let hosts: Vec<_> = hosts.collect();
    let port = match config.get_ports() {
        [] | [5432] => String::new(),
        [port, ..] => format!(":{port}"),
    };
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("postgres://{}{port}/{database}", hosts.join(","))
}

fn tls(root_file: Option<&str>, database: &str) -> Result<MakeRustlsConnect, OpenError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Postgres {
        database: database.to_owned(),
        kind: lastfm_core::archive::StoreErrorKind::Failed,
        source,
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let roots = match root_file {
        Some(path) => {
            let file = File::open(path).map_err(|error| failed(error.into()))?;
            let roots: Result<Vec<_>, _> = CertificateDer::pem_reader_iter(file).collect();
            roots.map_err(|error| failed(error.into()))?
        }
        None => Vec::new(),
    };
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider))
        .map_err(|error| failed(error.into()))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.into()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn bad_url(reason: String) -> OpenError {
    OpenError::BadUrl { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted_unless_somebody_says_otherwise() {
        for (url, mode) in [
            ("postgres://localhost/plays", SslMode::Disable),
            ("postgres://localhost/plays?hostaddr=127.0.0.1", SslMode::Disable),
            ("postgres://localhost/plays?hostaddr=10.0.0.5", SslMode::Require),
            ("postgres://127.0.0.1:5433/plays", SslMode::Disable),
            ("postgres://%2Frun%2Fpostgresql/plays", SslMode::Disable),
            ("postgresql:///plays?host=/run/postgresql", SslMode::Disable),
            ("postgres://db.example.org/plays", SslMode::Require),
            ("postgres://localhost,db.example.org/plays", SslMode::Require),
            ("postgres://localhost/plays?sslmode=verify-full", SslMode::Require),
            ("postgres://db.example.org/plays?sslmode=disable", SslMode::Disable),
        ] {
            assert_eq!(address(url).config.get_ssl_mode(), mode, "{url}");
        }
    }

    #[test]
    fn no_password_is_ever_shown() {
        let address = address("postgres://rj:s3cret@db.example.org:6432/plays?connect_timeout=3");
        assert_eq!(address.name, "postgres://db.example.org:6432/plays");
        assert!(!format!("{:?}", address.config).contains("s3cret"));
        for url in [
            "postgres://rj:s3cret@db.example.org:port/plays",
            "postgres://rj:s3cret@db.example.org/plays?sslmode=s3cret",
            "postgres://rj:s3cret@db.example.org/plays?s3cret=1",
            "mysql://rj:s3cret@db.example.org/plays",
            "postgres://rj:s3cret@db.example.org/plays?connect_timeout=s3cret",
            "postgres://rj:p@s3cret@db.example.org/plays",
            "postgres://rj:p@s3cret/x@db.example.org/plays",
        ] {
            let Err(refused) = Address::parse(url) else { panic!("{url} is no address") };
            assert!(!format!("{refused} {refused:?}").contains("s3cret"), "{url}: {refused}");
        }
    }

    #[test]
    fn a_server_that_cannot_be_written_to_is_not_taken_unless_somebody_says_so() {
        for (url, target) in [
            ("postgres://a,b/plays", TargetSessionAttrs::ReadWrite),
            ("postgres://a/plays?target_session_attrs=any", TargetSessionAttrs::Any),
        ] {
            assert_eq!(address(url).config.get_target_session_attrs(), target, "{url}");
        }
    }

    #[test]
    fn the_drivers_own_settings_pass() {
        let url = "postgres://h/d?application_name=my%20app&connect_timeout=3&sslmode=require";
        let config = address(url).config;
        assert_eq!(config.get_application_name(), Some("my app"));
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(3)));
    }
}
