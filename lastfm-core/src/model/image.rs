//! Where pictures are.

use crate::DecodeError;
use crate::wire::{Entry, Object};

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

/// The file that stands for "there is no picture": a grey star.
const PLACEHOLDER: &str = "2a96cbd8b46e442fc41c2b86b821562f";

impl Image {
    /// Whether it is the grey star that the service shows for want of a picture, as it does for
    /// artists.
    pub fn is_placeholder(&self) -> bool {
        self.url.contains(PLACEHOLDER)
    }

    /// The largest real picture among these: no [placeholder](Self::is_placeholder).
    pub fn largest(images: &[Self]) -> Option<&Self> {
        images.iter().filter(|image| !image.is_placeholder()).max_by_key(|image| image.rank())
    }

    /// The place of its size among the sizes, the smallest first.
    fn rank(&self) -> Option<usize> {
        ["", "small", "medium", "large", "extralarge", "mega"]
            .iter()
            .position(|size| *size == self.size)
    }
}

impl Entry for Image {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let item = Object::read(item)?;
        let text = |name| item.text(name).unwrap_or_default();
        Ok(Self { size: text("size"), url: text("#text") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_picture_is_a_real_one() {
        let image = |size: &str, file: &str| Image {
            size: size.to_owned(),
            url: format!("https://i.example.org/{file}.png"),
        };
        let images = [image("small", "a"), image("large", "b"), image("mega", PLACEHOLDER)];
        assert_eq!(Image::largest(&images).unwrap().url, "https://i.example.org/b.png");
        assert_eq!(Image::largest(&images[2..]), None);
    }
}
