//! What the README promises.

#[test]
fn every_command_and_every_exit_code_is_explained() {
    let readme = include_str!("../../README.md");
    for words in [
        "`play ",
        "`album ",
        "`collection ",
        "`import ",
        "`watch",
        "`queue list",
        "`queue edit",
        "`run`",
        "`loved ",
        "`counts ",
        "`login`",
        "| 0 |",
        "| 1 |",
        "| 3 |",
        "| 4 |",
        "| 5 |",
    ] {
        assert!(readme.contains(words), "{words}");
    }
}
