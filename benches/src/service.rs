//! The service that everybody reads from: the fake's answers to a history that stands still, each
//! made and packed once and then served from memory, so that the service costs next to nothing.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use lastfm_core::Timestamp;
use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_core::transport::{Request, Response};
use tokio::net::TcpListener;

use crate::Trouble;

/// The moment at which time stands still.
const NOW: Timestamp = Timestamp::from_unix(1_780_000_000);
const SEED: u64 = 2005;

/// Whose history it is.
pub(crate) const USER: &str = "rj";

/// A listener of so many plays. Names are such as every program can read: the rivals stop at those
/// that only JSON can spell.
pub(crate) fn listener(plays: usize) -> FakeLastfm {
    let mut scenario = Scenario::still(plays);
    USER.clone_into(&mut scenario.user);
    scenario.history.hostile_names = 0.0;
    FakeLastfm::new(SEED, &scenario, NOW)
}

/// Serves a history of so many plays until the standard input ends: then whoever started it is
/// gone. Says where on the standard output.
pub(crate) async fn serve(plays: usize) -> Result<(), Trouble> {
    std::thread::spawn(|| {
        let ended = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(i32::from(ended.is_err()));
    });
    let memory = Mutex::new(Memory { fake: listener(plays), answers: HashMap::new() });
    let memory = Arc::new(memory);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("http://{}/2.0/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let memory = Arc::clone(&memory);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &memory));
            let http = hyper::server::conn::http1::Builder::new();
            // Who goes away without a word has what it wanted.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The history, and every answer that was given about it.
#[derive(Debug)]
struct Memory {
    fake: FakeLastfm,
    answers: HashMap<Asked, Answer>,
}

/// What an answer depends on, as long as nothing changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Asked {
    params: Bytes,
    packed: bool,
}

#[derive(Debug, Clone)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

async fn answer(
    request: hyper::Request<Incoming>,
    memory: &Mutex<Memory>,
) -> Result<hyper::Response<Full<Bytes>>, Trouble> {
    let (parts, body) = request.into_parts();
    let params = if parts.method == Method::POST {
        body.collect().await?.to_bytes()
    } else {
        Bytes::copy_from_slice(parts.uri.query().unwrap_or_default().as_bytes())
    };
    let accepted = parts.headers.get(ACCEPT_ENCODING);
    let packed = accepted.is_some_and(|names| names.as_bytes().windows(4).any(|s| s == b"gzip"));
    let asked = Asked { params, packed };
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = match memory.answers.get(&asked) {
        Some(known) => known.clone(),
        None => memory.make(asked)?,
    };
    let mut response = hyper::Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

impl Memory {
    fn make(&mut self, asked: Asked) -> Result<Answer, Trouble> {
        let request = Request::post("http://localhost/2.0/".parse()?, asked.params.clone());
        let mut response = self.fake.answer_after(&request, Duration::ZERO)?;
        if asked.packed {
            let mut packer = GzEncoder::new(Vec::new(), Compression::default());
            packer.write_all(&response.body)?;
            response.body = packer.finish()?.into();
            response.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let Response { status, headers, body, .. } = response;
        let answer = Answer { status, headers, body };
        self.answers.insert(asked, answer.clone());
        Ok(answer)
    }
}
