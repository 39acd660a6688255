//! The address of a database, with a password that must show nowhere.

use std::path::PathBuf;

use terminal::database::Place;

const CANARY: &str = "canary";

/// A password (byte 1 stands for what must not show) and, behind a line break, the rest of the
/// address. Nothing that a person is shown of it holds any of the password.
pub fn place(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (password, rest) = text.split_once('\n').unwrap_or((text, "host/plays"));
    // An address is read without its line breaks.
    if rest.replace(['\n', '\r', '\t'], "").contains(CANARY) || password.contains(CANARY) {
        return;
    }
    let mut password = password.replace('\u{1}', CANARY);
    if !password.contains(CANARY) {
        password.push_str(CANARY);
    }
    let said = format!("postgres://ann:{password}@{rest}");
    let place = Place::from(PathBuf::from(&said));
    assert!(matches!(place, Place::Postgres(_)), "{said}");
    let shown = format!("{place} {place:?} {} {}", place.option(), place.without_us());
    assert!(!shown.contains(CANARY), "{said} is shown as {shown}");
    // What stands before an unescaped sign is a part of it, too.
    let first = password.split(['/', '?', '#', '@']).next().unwrap_or_default();
    if first.len() > 2 && first.bytes().all(|byte| byte.is_ascii_digit()) {
        assert!(!shown.contains(&format!("ann:{first}")), "{said} is shown as {shown}");
    }
}
