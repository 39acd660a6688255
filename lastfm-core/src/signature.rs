//! How a call is signed: <https://www.last.fm/api/authspec#_8-signing-calls>.

use std::fmt::Write as _;

use md5::{Digest as _, Md5};

use crate::{Params, SharedSecret};

/// Parameters that are never part of what is signed.
const UNSIGNED: [&str; 3] = ["api_sig", "callback", "format"];

/// The value for `api_sig`: the MD5, in lower-case hexadecimal, of every name and value in the
/// byte order of the names, without anything between them, and the secret.
///
/// Byte order puts `artist[10]` before `artist[1]`, and `albumArtist[0]` before `album[0]`; any
/// other order fails with error 13 once a batch has more than ten items.
pub fn sign(params: &Params, secret: &SharedSecret) -> String {
    let mut md5 = Md5::new();
    for (name, value) in params.iter().filter(|(name, _)| !UNSIGNED.contains(name)) {
        md5.update(name);
        md5.update(value);
    }
    md5.update(secret.expose());
    let mut hex = String::with_capacity(32);
    for byte in md5.finalize() {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(pairs: &[(&str, &str)], secret: &str) -> String {
        let mut params = Params::default();
        for (name, value) in pairs {
            params.set((*name).to_owned(), value);
        }
        sign(&params, &SharedSecret::new(secret).unwrap())
    }

    #[test]
    fn the_published_examples_are_signed_as_published() {
        let session = [
            ("token", "YOUR_REQUESTED_TOKEN"),
            ("method", "auth.getSession"),
            ("api_key", "YOUR_API_KEY"),
            ("format", "json"),
        ];
        assert_eq!(signed(&session, "YOUR_SECRET"), "94539006de89b3c6b3c030bb1e52b9c4");
        let unicode = [
            ("api_key", "key"),
            ("method", "auth.getsession"),
            ("track", "Tony\u{2019}s Theme (Remastered)"),
        ];
        assert_eq!(signed(&unicode, "secret"), "15f5159046bf1e76774b9dd46a4ed993");
    }

    #[test]
    fn a_batch_is_signed_in_the_order_of_bytes_not_of_numbers() {
        let mut params = Params::default();
        for index in 0..12 {
            params.set(format!("artist[{index}]"), index);
            params.set(format!("album[{index}]"), index);
        }
        params.set("albumArtist[0]", "x");
        let names: Vec<&str> = params.iter().map(|(name, _)| name).collect();
        assert_eq!(names[..3], ["albumArtist[0]", "album[0]", "album[10]"]);
        let artists = ["artist[0]", "artist[10]", "artist[11]", "artist[1]"];
        assert_eq!(names[13..17], artists);
        // Worked out apart from this code, from the text that the rule gives.
        let batch: Vec<(String, String)> =
            (0..11).map(|index| (format!("artist[{index}]"), format!("a{index}"))).collect();
        let batch: Vec<(&str, &str)> = batch.iter().map(|(n, v)| (&**n, &**v)).collect();
        let expected = "669b17f9a6869ebc3d5b34c2a6f21fd6";
        assert_eq!(signed(&batch, "secret"), expected);
    }

    /// The examples of several libraries, kept outside this repository.
    #[test]
    fn every_known_example_is_signed_as_published() {
        let Ok(folder) = std::env::var("LASTFM_RECORDED") else {
            eprintln!("SKIPPED: LASTFM_RECORDED does not name the folder of recorded answers");
            return;
        };
        let text = std::fs::read_to_string(format!("{folder}/signing_vectors.json")).unwrap();
        let vectors: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert!(vectors.len() >= 20);
        for vector in vectors {
            let pairs = vector["params"].as_object().unwrap();
            let pairs: Vec<(&str, &str)> =
                pairs.iter().map(|(name, value)| (&**name, value.as_str().unwrap())).collect();
            let signature = signed(&pairs, vector["secret"].as_str().unwrap());
            let expected = vector["md5"].as_str().unwrap().to_lowercase();
            assert_eq!(signature, expected, "{}", vector["desc"]);
        }
    }
}
