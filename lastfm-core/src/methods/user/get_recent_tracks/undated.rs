//! Items of a history that name no moment.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire;

/// What an item is that names no moment.
pub(in crate::methods::user) enum Undated {
    Playing,
    Unreadable,
    NoHistory,
}

impl Undated {
    pub(in crate::methods::user) fn read(item: &str) -> Self {
        #[derive(Deserialize)]
        struct Item<'a> {
            #[serde(borrow)]
            date: Option<&'a RawValue>,
            #[serde(borrow, rename = "@attr")]
            attributes: Option<Attributes<'a>>,
        }
        #[derive(Deserialize)]
        struct Attributes<'a> {
            #[serde(borrow)]
            nowplaying: Option<&'a RawValue>,
        }
        match serde_json::from_str::<Item<'_>>(item) {
            Ok(Item { attributes: Some(attributes), .. })
                if matches!(&*wire::text(attributes.nowplaying), "true" | "1") =>
            {
                Self::Playing
            }
            Ok(Item { date: None, .. }) => Self::NoHistory,
            Ok(_) | Err(_) => Self::Unreadable,
        }
    }
}
