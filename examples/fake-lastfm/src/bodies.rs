//! Bodies of answers: whole ones, and such as only a fault sends.

use std::io::{self, Write as _};
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use flate2::write::GzEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};
use futures_util::{StreamExt as _, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::StatusCode;
use hyper::body::Frame;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};

pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

pub(crate) fn plain(status: StatusCode, text: impl Into<Bytes>) -> hyper::Response<Body> {
    let mut response = hyper::Response::new(full(text));
    *response.status_mut() = status;
    response
}

/// The first half, then the connection breaks.
pub(crate) fn cut(bytes: &Bytes) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let parts = [Ok(Frame::data(half)), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    // The pause lets the first half leave before the connection goes.
    let parts = stream::iter(parts).then(|part| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        part
    });
    StreamBody::new(parts).boxed_unsync()
}

/// One byte at a time, and never the last one.
pub(crate) fn drip(bytes: &Bytes) -> Body {
    const PAUSE: Duration = Duration::from_millis(200);
    let bytes = bytes.clone();
    let drops = stream::unfold(0, move |place| {
        let next = bytes.get(place..=place).filter(|_| place + 1 < bytes.len());
        let next = next.map(Bytes::copy_from_slice);
        async move {
            tokio::time::sleep(PAUSE).await;
            match next {
                Some(next) => Some((Ok(Frame::data(next)), place + 1)),
                None => std::future::pending().await,
            }
        }
    });
    StreamBody::new(drops).boxed_unsync()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// 512 MiB of nothing in half a megabyte.
pub(crate) fn bomb() -> hyper::Response<Body> {
    static BOMB: OnceLock<Bytes> = OnceLock::new();
    let bomb = BOMB.get_or_init(|| compress_zeros(512).into());
    let mut response = hyper::Response::new(full(bomb.clone()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

/// A gzip of so many MiB of zeros, put together from the same compressed
/// mebibyte again and again: compressing them all takes a while.
fn compress_zeros(mebibytes: usize) -> Vec<u8> {
    const HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    const EMPTY_LAST_BLOCK: [u8; 2] = [3, 0];
    let zeros = vec![0; 1 << 20];
    let mut block = Vec::with_capacity(1 << 14);
    // A full flush ends the block on a whole byte and lets nothing refer back across it.
    let mut deflate = Compress::new(Compression::best(), false);
    let flushed = deflate.compress_vec(&zeros, &mut block, FlushCompress::Full);
    debug_assert!(flushed.is_ok(), "memory takes everything");

    let (mut one, mut checksum) = (Crc::new(), Crc::new());
    one.update(&zeros);
    (0..mebibytes).for_each(|_| checksum.combine(&one));
    let mut out = Vec::from(HEADER);
    out.extend(block.repeat(mebibytes));
    out.extend(EMPTY_LAST_BLOCK);
    out.extend(checksum.sum().to_le_bytes());
    out.extend(checksum.amount().to_le_bytes());
    out
}
