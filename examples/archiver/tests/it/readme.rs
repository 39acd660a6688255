//! What the READMEs promise.

#[test]
fn the_example_in_the_readme_is_the_one_that_compiles() {
    let readme = include_str!("../../../../README.md");
    let example = include_str!("../../examples/first_archive.rs");
    let (_, code) = example.split_once("\n\n").unwrap();
    assert!(readme.contains(&format!("```rust\n{code}```")), "they differ");
}

#[test]
fn every_exit_code_is_explained() {
    let readme = include_str!("../../README.md");
    for code in ["| 0 |", "| 1 |", "| 3 |", "| 4 |", "| 5 |"] {
        assert!(readme.contains(code), "{code}");
    }
}
