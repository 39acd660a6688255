//! What is counted, as Prometheus reads it. No label names a person.

use std::fmt;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

type Labels<const N: usize> = [(&'static str, String); N];

/// From a millisecond to what is cut off.
const TIMES: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 15.0];

#[derive(Debug)]
pub(crate) struct Figures {
    registry: Registry,
    requests: Family<Labels<3>, Counter>,
    seconds: Family<Labels<1>, Histogram>,
    pub(crate) streams: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) refused_streams: Counter,
    pub(crate) made_pages: Counter,
}

impl Figures {
    pub(crate) fn new() -> Self {
        let mut figures = Self {
            registry: Registry::with_prefix("http"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(TIMES)),
            streams: Gauge::default(),
            connections: Gauge::default(),
            refused_streams: Counter::default(),
            made_pages: Counter::default(),
        };
        figures.register();
        figures
    }

    fn register(&mut self) {
        let Self { registry, requests, seconds, streams, .. } = self;
        registry.register("requests", "Requests that were answered", requests.clone());
        let help = "How long answers took to begin";
        registry.register_with_unit("answer", help, Unit::Seconds, seconds.clone());
        registry.register("streams", "Open streams of live changes", streams.clone());
        registry.register(
            "connections",
            "Open connections, without those of proxies",
            self.connections.clone(),
        );
        let refused = self.refused_streams.clone();
        registry.register("refused_streams", "Streams for which there was no room", refused);
        let made = self.made_pages.clone();
        registry.register("made_pages", "What pages show, made anew from the archive", made);
    }

    pub(crate) fn answered(&self, method: &Method, route: &str, status: u16, took: Duration) {
        // Methods are as many as anybody can think of.
        let method = match *method {
            Method::GET | Method::HEAD | Method::POST | Method::DELETE => method.as_str(),
            _ => "other",
        };
        let route = route.to_owned();
        let labels = [
            ("method", method.to_owned()),
            ("route", route.clone()),
            ("status", status.to_string()),
        ];
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&[("route", route)]).observe(took.as_secs_f64());
    }

    /// All of it, without the line that ends such a text.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        text.truncate(text.trim_end_matches("# EOF\n").len());
        Ok(text)
    }
}
