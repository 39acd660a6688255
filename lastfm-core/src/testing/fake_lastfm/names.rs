//! Names of artists, albums and tracks: ordinary ones, foreign ones, and such as break code.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::log::Digest;
use crate::testing::Dice;
use crate::wire;

/// What the service takes for the same name, whatever its letters' case: the artist, and the track
/// or album if it is about one.
pub(super) type Key = (String, String);

pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}

/// Numbers that belong to these names and never change.
pub(super) fn lot(names: &[&str]) -> Dice {
    let mut digest = Digest::new();
    for name in names {
        digest.add(name.as_bytes());
    }
    Dice::new(digest.value())
}

/// A name, as a reader sees it and as the service writes it.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) shown: Arc<str>,
    /// The JSON string, quotes included.
    pub(super) json: Arc<str>,
}

impl Name {
    pub(super) fn new(text: &str) -> Self {
        // A string always has a JSON spelling.
        let json = serde_json::to_string(text).unwrap_or_default();
        Self { shown: text.into(), json: json.replace('/', "\\/").into() }
    }

    pub(super) fn key(&self) -> String {
        key(&self.shown)
    }

    /// The same name with everything but ASCII spelled `\uXXXX`, which means the same.
    pub(super) fn escaped(text: &str) -> Self {
        use std::fmt::Write as _;
        let plain = Self::new(text);
        let mut json = String::new();
        for letter in plain.json.chars() {
            if letter.is_ascii() {
                json.push(letter);
                continue;
            }
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(json, "\\u{unit:04x}");
            }
        }
        Self { json: json.into(), ..plain }
    }

    /// A name that JSON can spell, whether or not text can hold it.
    fn spelled(json: &str) -> Self {
        let value: Option<&RawValue> = serde_json::from_str(json).ok();
        Self { shown: wire::text(value).into(), json: json.into() }
    }
}

#[rustfmt::skip]
const FIRST: [&str; 40] = [
    "Paper", "Silver", "Northern", "Velvet", "Broken", "Second", "Golden", "Hollow", "Electric",
    "Winter", "Quiet", "Distant", "Burning", "Crystal", "Midnight", "Wooden", "Neon", "Copper",
    "Slow", "Falling", "Little", "Blue", "Sunday", "Empty", "Wild", "Ancient", "Concrete",
    "Glass", "Lonely", "Secret", "Satellite", "Marble", "Orchid", "Radio", "Saint", "Thin",
    "Violet", "Western", "Young", "Zero",
];
#[rustfmt::skip]
const SECOND: [&str; 40] = [
    "Harbour", "Machines", "Letters", "Wolves", "Gardens", "Signals", "Rivers", "Ghosts",
    "Houses", "Mirrors", "Engines", "Birds", "Cities", "Flowers", "Kings", "Lights", "Maps",
    "Oceans", "Parade", "Rooms", "Shadows", "Stones", "Stories", "Thunder", "Trains", "Windows",
    "Animals", "Bridges", "Choir", "Daughters", "Echoes", "Fields", "Giants", "Horses", "Islands",
    "Jackets", "Lanterns", "Mountains", "Needles", "Roads",
];
#[rustfmt::skip]
const FOREIGN: [&str; 24] = [
    "Sigur Rós", "Björk Guðmundsdóttir", "Мумий Тролль", "坂本龍一", "久石譲", "방탄소년단", "فيروز",
    "אביתר בנאי", "Motörhead", "Beyoncé", "Ólafur Arnalds", "Τζίμης Πανούσης", "Дахабраха", "王菲",
    "Çilekeş", "Édith Piaf", "สาวมาด เมกะแดนซ์", "Antônio Carlos Jobim", "ゆらゆら帝国",
    "Đặng Thái Sơn", "Señor Coconut", "Mø", "Żywiołak", "हरिप्रसाद चौरसिया",
];
#[rustfmt::skip]
const PUNCTUATED: [&str; 16] = [
    "AC/DC", "Guns N' Roses", "!!!", "(Live at the Paramount)", "Sly & The Family Stone",
    "What's Up?", "Mr. Kite!", "P!nk", "Tyler, The Creator", "+44", "$uicideboy$", "#1 Crush",
    "100% Yes", "Love > Fear", "[untitled]", "Uncle Albert / Admiral Halsey - Remastered 2012",
];
#[rustfmt::skip]
/// Text that breaks careless code.
const HOSTILE: [&str; 22] = [
    "<script>alert(1)</script>", "'; DROP TABLE plays; --", "\\", "\"quoted\"", "null",
    "undefined", " leading and trailing ", "tab\tand\nnewline\r\n", "\u{202e}right to left",
    "👩‍👩‍👧‍👦🎸", "Z̷̢̛a̶l̸g̵o̴", "e\u{301} is not é", "é is not e\u{301}", "\u{feff}mark",
    "a\u{200b}b", "{uts}", "{text}",
    "\",\"date\":{\"uts\":\"1\",\"#text\":\"01 Jan 1970, 00:00\"}", "=1+1", "%00%2F%252B",
    "Various Artists", "\u{7f}\u{1}\u{1f}",
];
/// What only JSON can spell.
const UNSPEAKABLE: [&str; 4] =
    [r#""a\u0000b""#, r#""half \ud83d pair""#, r#""\udc00\ud800""#, r#""\u0000""#];

/// A new name; `number` keeps it apart from others.
pub(super) fn name(dice: &mut Dice, number: usize, hostile: f64) -> Name {
    if dice.chance(hostile) {
        return match dice.below(12) {
            0 => Name::spelled(UNSPEAKABLE[dice.index(UNSPEAKABLE.len())]),
            1 => Name::new(&"long ".repeat(100)),
            _ => Name::new(HOSTILE[dice.index(HOSTILE.len())]),
        };
    }
    let text = match dice.below(20) {
        0..2 => (*dice.pick(&FOREIGN)).to_owned(),
        2 => (*dice.pick(&PUNCTUATED)).to_owned(),
        3..6 => format!("{} {}", dice.pick(&SECOND), number),
        6..8 => format!("The {} {}", dice.pick(&FIRST), dice.pick(&SECOND)),
        8 => format!("{} ({} Remix)", dice.pick(&SECOND), dice.pick(&FOREIGN)),
        _ => format!("{} {}", dice.pick(&FIRST), dice.pick(&SECOND)),
    };
    if dice.chance(0.05) {
        return Name::escaped(&text);
    }
    Name::new(&text)
}
