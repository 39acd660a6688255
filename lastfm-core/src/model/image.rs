//! Where pictures are.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{DecodeError, wire};

/// A picture in one of several sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image {
    /// The service's word for the size: `small`, `medium`, `large`, `extralarge`, `mega` or
    /// empty.
    pub size: String,
    /// Where it is. The host has changed often; the file's name stays.
    pub url: String,
}

impl Image {
    /// The pictures of an `image` list that are somewhere.
    pub(crate) fn list(value: Option<&RawValue>) -> Result<Vec<Self>, DecodeError> {
        #[derive(Deserialize)]
        struct Item<'a> {
            #[serde(borrow)]
            size: Option<&'a RawValue>,
            #[serde(borrow, rename = "#text")]
            url: Option<&'a RawValue>,
        }
        let mut images = Vec::new();
        for item in wire::list(value)? {
            let item: Item<'_> =
                serde_json::from_str(item.get()).map_err(|error| DecodeError::json(&error))?;
            let url = wire::text(item.url);
            if !url.is_empty() {
                let size = wire::text(item.size);
                images.push(Self { size, url });
            }
        }
        Ok(images)
    }
}
