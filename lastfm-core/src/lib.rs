//! draft
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod archive;
mod clock;
mod model;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transport;
mod wire;

pub use clock::Clock;
#[cfg(feature = "reqwest")]
pub use clock::TokioClock;
pub use model::*;
