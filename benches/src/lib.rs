//! What the programs and tests here share: a table for people, and the schema of a mirror.
#![allow(clippy::print_stdout, reason = "it prints")]

/// Prints lines of cells, each column as wide as its widest cell.
pub fn print_lines<const CELLS: usize>(lines: &[[String; CELLS]]) {
    let mut widths = [0; CELLS];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.len().max(*width);
        }
    }
    for line in lines {
        let cells: Vec<String> =
            line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        println!("{}", cells.join("  ").trim_end());
    }
}

/// Makes the tables of a mirror of MusicBrainz.
pub const MIRROR_TABLES: &str = include_str!("mirror.sql");

/// Makes the indexes that every mirror has.
pub const MIRROR_INDEXES: &str = include_str!("mirror_indexes.sql");
