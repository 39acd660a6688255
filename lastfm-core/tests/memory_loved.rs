//! Loved tracks in memory keep every promise.

lastfm_core::loved_store_conformance!(async { (lastfm_core::loved::MemoryLoved::new(), ()) });
