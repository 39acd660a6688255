//! The README shows a scenario that is one.

use lastfm_core::testing::{Scenario, Ties};

#[test]
fn the_scenario_of_the_readme_is_read() {
    let readme = include_str!("../README.md");
    let (_, after) = readme.split_once("```json").unwrap();
    let (file, _) = after.split_once("```").unwrap();
    let scenario: Scenario = serde_json::from_str(file).unwrap();
    assert_eq!(scenario.service.ties, Ties::Random);
    assert_eq!(scenario.faults.random.len(), 4);
}
