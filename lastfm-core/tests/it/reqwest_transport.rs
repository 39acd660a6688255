//! The transport over a real network, that of this machine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use lastfm_core::methods::user::GetInfo;
use lastfm_core::transport::{
    Request, ReqwestTransport, ReqwestTransportBuilder, Transport, TransportError,
    TransportErrorKind,
};
use lastfm_core::{ApiKey, Client, Credentials, TokioClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn serving(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(template).mount(&server).await;
    server
}

fn transport() -> ReqwestTransport {
    ReqwestTransport::new().unwrap()
}

fn request(address: &str) -> Request {
    Request::post(address.parse().unwrap(), "sk=secret")
}

/// Says these bytes to whoever asks, then waits, then hangs up.
async fn saying(bytes: Vec<u8>, then: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            let _ = socket.read(&mut asked).await;
            let _ = socket.write_all(&bytes).await;
            tokio::time::sleep(then).await;
        }
    });
    address
}

async fn failing(transport: &ReqwestTransport, address: &str) -> TransportErrorKind {
    let error: TransportError = transport.send(request(address)).await.unwrap_err();
    error.kind
}

#[tokio::test]
async fn a_status_is_a_response() {
    for status in [200, 204, 400, 403, 404, 429, 500, 503] {
        let template = ResponseTemplate::new(status).insert_header("retry-after", "7");
        let server = serving(template.set_body_string("{}")).await;
        let response = transport().send(request(&server.uri())).await.unwrap();
        assert_eq!(response.status, StatusCode::from_u16(status).unwrap());
        assert_eq!(response.headers["retry-after"], "7");
    }
}

#[tokio::test]
async fn a_call_puts_everything_into_the_body() {
    let body = r#"{"user":{"name":"RJ","playcount":"3"}}"#;
    let server = serving(ResponseTemplate::new(200).set_body_string(body)).await;
    let credentials = Credentials::read_only(ApiKey::new("canary").unwrap());
    let clock = Arc::new(TokioClock::default());
    let client = Client::builder(credentials, Arc::new(transport()), clock);
    let client = client.service(server.uri().parse::<url::Url>().unwrap()).build();
    let reply = client.call_once(&GetInfo::new("RJ".parse().unwrap())).await;
    let reply = reply.unwrap();
    assert_eq!(reply.value.play_count, 3);
    assert!(reply.at.is_some());
    let sent = &server.received_requests().await.unwrap()[0];
    assert_eq!(sent.method, http::Method::POST);
    assert_eq!(sent.url.query(), None);
    let form = "api_key=canary&format=json&method=user.getInfo&user=RJ";
    assert_eq!(String::from_utf8_lossy(&sent.body), form);
    assert_eq!(sent.headers["content-type"], "application/x-www-form-urlencoded");
    let agent = sent.headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("lastfm-core/"), "{agent}");
    assert!(!sent.headers.contains_key("referer"));
    assert!(sent.headers.iter().all(|(_, value)| !value.as_bytes().starts_with(b"canary")));
}

#[tokio::test]
async fn an_app_names_itself() {
    let server = serving(ResponseTemplate::new(200)).await;
    let app = ReqwestTransport::builder().user_agent("app/1").build().unwrap();
    app.send(request(&server.uri())).await.unwrap();
    let sent = &server.received_requests().await.unwrap()[0];
    assert_eq!(sent.headers["user-agent"], "app/1");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let other = serving(ResponseTemplate::new(200)).await;
    for status in [301, 302, 303, 307, 308] {
        let template = ResponseTemplate::new(status).insert_header("location", other.uri());
        let server = serving(template).await;
        let get = Request::get(server.uri().parse().unwrap());
        for request in [request(&server.uri()), get] {
            let response = transport().send(request).await.unwrap();
            assert_eq!(response.status.as_u16(), status);
        }
    }
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn plain_http_to_another_machine_is_refused() {
    for address in ["http://example.org/", "http://192.0.2.1/", "ftp://127.0.0.1/"] {
        assert_eq!(failing(&transport(), address).await, TransportErrorKind::Insecure);
    }
}

/// This many MiB of zeros, compressed as far as deflate can. The sum at the end is that of one.
fn bomb(megabytes: usize) -> Vec<u8> {
    const MEGABYTE: usize = 1024 * 1024;
    let zeros = megabytes * MEGABYTE - 1;
    let mut bits = Bits::default();
    bits.push(0b011, 3); // The last block, with the fixed codes.
    bits.push(0b0000_1100, 8); // Literal 0: code 00110000, written from its first bit.
    for _ in 0..zeros / 258 {
        bits.push(0b1010_0011, 8); // Length 258: code 11000101.
        bits.push(0, 5); // Distance 1.
    }
    for _ in 0..zeros % 258 {
        bits.push(0b0000_1100, 8);
    }
    bits.push(0, 7); // The end of the block.
    let mut gzip = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    gzip.extend(bits.bytes);
    gzip.extend(crc32_of_zeros(MEGABYTE).to_le_bytes());
    gzip.extend(u32::try_from(megabytes * MEGABYTE).unwrap().to_le_bytes());
    gzip
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn push(&mut self, bits: u32, count: usize) {
        for bit in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let set = u8::from(bits >> bit & 1 == 1) << (self.used % 8);
            *self.bytes.last_mut().unwrap() |= set;
            self.used += 1;
        }
    }
}

fn crc32_of_zeros(count: usize) -> u32 {
    let mut crc = u32::MAX;
    for _ in 0..count * 8 {
        crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    }
    !crc
}

#[cfg(target_os = "linux")]
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn a_compressed_answer_is_read_up_to_a_limit() {
    let gzip = |megabytes| {
        let template = ResponseTemplate::new(200).insert_header("content-encoding", "gzip");
        template.set_body_bytes(bomb(megabytes))
    };
    let small = serving(gzip(1)).await;
    let response = transport().send(request(&small.uri())).await.unwrap();
    assert_eq!(response.body.len(), 1024 * 1024);
    assert!(response.body.iter().all(|byte| *byte == 0));
    let bomb = serving(gzip(512)).await;
    #[cfg(target_os = "linux")]
    let before = peak_memory();
    assert_eq!(failing(&transport(), &bomb.uri()).await, TransportErrorKind::TooLarge);
    #[cfg(target_os = "linux")]
    {
        let grown = peak_memory() - before;
        assert!(grown < 64 * 1024 * 1024, "{grown} bytes");
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_no_answer() {
    let small = ReqwestTransport::builder().longest_body(10).build().unwrap();
    let server = serving(ResponseTemplate::new(200).set_body_string("0123456789")).await;
    assert!(small.send(request(&server.uri())).await.is_ok());
    let server = serving(ResponseTemplate::new(200).set_body_string("0123456789!")).await;
    assert_eq!(failing(&small, &server.uri()).await, TransportErrorKind::TooLarge);
}

#[tokio::test]
async fn a_body_cut_short_is_no_answer() {
    let mut gzip = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n".to_vec();
    gzip.extend(&bomb(1)[..600]);
    for said in [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}".to_vec(),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\ncontent-le".to_vec(),
        Vec::new(),
        gzip,
    ] {
        let shown = String::from_utf8_lossy(&said).into_owned();
        let address = saying(said, Duration::ZERO).await;
        let kind = failing(&transport(), &address).await;
        assert_eq!(kind, TransportErrorKind::Interrupted, "{shown}");
    }
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let short = Duration::from_millis(200);
    let long = Duration::from_secs(60);
    let silent = saying(Vec::new(), long).await;
    let stalled = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec();
    let stalled = saying(stalled, long).await;
    for builder in [
        ReqwestTransport::builder().read_timeout(short),
        ReqwestTransport::builder().total_timeout(short),
    ] {
        let transport = builder.build().unwrap();
        for address in [&silent, &stalled] {
            let started = Instant::now();
            let kind = failing(&transport, address).await;
            assert_eq!(kind, TransportErrorKind::Timeout);
            assert!(started.elapsed() < Duration::from_secs(5));
        }
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(failing(&transport(), &address).await, TransportErrorKind::Connect);
}

/// An address of this machine that does not say so.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn another_name_is_reached_in_plain_http_only_where_an_app_says_so() {
    let server = serving(ResponseTemplate::new(200).set_body_string("{}")).await;
    let here = server.uri();
    assert!(here.contains("127.0.0.1"), "{here}");
    let elsewhere = here.replace("127.0.0.1", "0.0.0.0");
    let allowing = |hosts: &[&str]| {
        let builder = ReqwestTransport::builder();
        let named = hosts.iter().fold(builder, ReqwestTransportBuilder::plain_http_to);
        named.build().unwrap()
    };
    for hosts in [&[][..], &["0.0.0.1"], &["nas.local", "10.0.0.2"]] {
        let transport = allowing(hosts);
        assert!(transport.send(request(&here)).await.is_ok());
        let error = transport.send(request(&elsewhere)).await.unwrap_err();
        assert_eq!(error.kind, TransportErrorKind::Insecure);
        assert!(!format!("{error} {error:?}").contains("0.0.0.0"));
    }
    let sent = server.received_requests().await.unwrap().len();
    let named = allowing(&["nas.local", "0.0.0.0"]);
    assert!(named.send(request(&elsewhere)).await.is_ok());
    assert!(named.send(request(&here)).await.is_ok());
    assert_eq!((sent, server.received_requests().await.unwrap().len()), (3, 5));
}
