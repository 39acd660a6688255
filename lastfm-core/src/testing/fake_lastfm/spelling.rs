//! How the service spells what stands in many answers: images, addresses, dates.

use std::fmt::Write as _;

use crate::Timestamp;

/// The image that stands for none.
pub(super) const STAR: &str = "2a96cbd8b46e442fc41c2b86b821562f";

/// What a track that is playing has in place of a date.
pub(super) const NOW_PLAYING: &str = r#","@attr":{"nowplaying":"true"}"#;

pub(super) fn write_date(at: i64, out: &mut String) {
    let text = Timestamp::from_unix(at).service_text().unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = write!(out, r##","date":{{"uts":"{at}","#text":"{text}"}}"##);
}

/// The first so many sizes of an image: 3, 4, 5 or 6, as the method has them.
pub(super) fn images(hash: &str, sizes: usize) -> String {
    const SIZES: [(&str, &str); 6] = [
        ("small", "34s"),
        ("medium", "64s"),
        ("large", "174s"),
        ("extralarge", "300x300"),
        ("mega", "300x300"),
        ("", "300x300"),
    ];
    let mut out = String::from("[");
    for (number, (size, folder)) in SIZES.into_iter().take(sizes).enumerate() {
        if number > 0 {
            out.push(',');
        }
        let _ = write!(out, r##"{{"size":"{size}","#text":""##);
        if !hash.is_empty() {
            let _ = write!(out, r"https:\/\/lastfm.freetls.fastly.net\/i\/u\/{folder}\/{hash}.jpg");
        }
        out.push_str("\"}");
    }
    out.push(']');
    out
}

/// A page about music on the site, as JSON text.
pub(super) fn address(parts: &[&str]) -> String {
    page("music", parts)
}

/// Tags, each with its page.
pub(super) fn tags(names: &[&str]) -> String {
    let tag = |name: &&str| format!(r#"{{"name":"{name}","url":"{}"}}"#, page("tag", &[name]));
    format!(r#"{{"tag":[{}]}}"#, names.iter().map(tag).collect::<Vec<_>>().join(","))
}

fn page(folder: &str, parts: &[&str]) -> String {
    let mut out = format!(r"https:\/\/www.last.fm\/{folder}");
    for part in parts {
        out.push_str(r"\/");
        for byte in part.bytes() {
            match byte {
                b' ' => out.push('+'),
                b'+' => out.push_str("%252B"),
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
                b'-' | b'_' | b'.' | b'!' | b'(' | b')' | b',' | b':' | b'&' | b'*' | b'@' => {
                    out.push(char::from(byte));
                }
                _ => {
                    let _ = write!(out, "%{byte:02X}");
                }
            }
        }
    }
    out
}
