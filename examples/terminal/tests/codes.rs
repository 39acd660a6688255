//! What machines read: each `code` of an error stands in the README of the program that says it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

#[test]
fn every_error_code_is_listed() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let program = |name: &str| {
        let readme = fs::read_to_string(examples.join(name).join("README.md")).unwrap();
        (codes(&examples.join(name).join("src")), readme)
    };
    let (archiver, scrobbler) = (program("archiver"), program("scrobbler"));
    let mut missing = Vec::new();
    for (said, readme) in [&archiver, &scrobbler] {
        assert!(!said.is_empty());
        missing.extend(said.iter().filter(|code| !readme.contains(&format!("`{code}`"))));
    }
    // What both share is said by one at least.
    let shared = codes(&examples.join("terminal/src"));
    let is_listed = |code: &&String| {
        let listed = format!("`{code}`");
        archiver.1.contains(&listed) || scrobbler.1.contains(&listed)
    };
    missing.extend(shared.iter().filter(|code| !is_listed(code)));
    assert!(missing.is_empty(), "{missing:?}");
}

/// The second argument of each `Trouble::new` that is written out.
fn codes(folder: &Path) -> BTreeSet<String> {
    let sources = sources(folder).unwrap();
    let calls = sources.iter().flat_map(|source| source.split("Trouble::new(").skip(1));
    let seconds = calls.filter_map(|call| call.split_once(',')?.1.trim_start().strip_prefix('"'));
    seconds.filter_map(|code| Some(code.split_once('"')?.0.to_owned())).collect()
}

fn sources(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else {
            found.push(fs::read_to_string(path)?);
        }
    }
    Ok(found)
}
