//! Real histories, kept outside this repository: `LASTFM_RECORDED` names their folder.

use std::path::PathBuf;

use lastfm_core::testing::{FakeLastfm, Scenario};

use crate::support::{START, World};

#[test]
fn three_recorded_histories_arrive_play_for_play() {
    let Ok(folder) = std::env::var("LASTFM_RECORDED") else {
        eprintln!("SKIPPED: LASTFM_RECORDED does not name the folder of recorded histories");
        return;
    };
    let folder = PathBuf::from(folder).join("histories");
    for name in ["old-player-syncs", "repeats-within-a-second", "undated-and-modern"] {
        let csv = std::fs::read_to_string(folder.join(format!("{name}.csv"))).unwrap();
        for page_size in [200, 1_000] {
            let fake = FakeLastfm::from_csv(1, &Scenario::still(0), START, &csv).unwrap();
            let world = World::of(fake).with_page_size(page_size);
            let report = world.sync();
            let plays = world.archived().len();
            println!("{name}, {page_size} a page: {plays} plays, {}", report.request_count);
            assert_eq!(report.holes, [], "{name}");
            assert!(world.is_equal(), "{name}, {page_size} a page");
        }
    }
}
