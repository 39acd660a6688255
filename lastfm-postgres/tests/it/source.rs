//! The statements that stand in the source, for tests that hold all of them against something.

use std::path::{Path, PathBuf};

/// A statement.
#[derive(Debug)]
pub(crate) struct Statement {
    /// The file it stands in, `statements/plays.rs`.
    pub(crate) file: String,
    /// Its name there; that of the list, if it is in one.
    pub(crate) name: String,
    pub(crate) sql: String,
}

impl Statement {
    /// Whether it reads or writes this table.
    pub(crate) fn names(&self, table: &str) -> bool {
        let words: Vec<_> = self.sql.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        words.windows(2).any(|pair| {
            ["FROM", "JOIN", "INTO", "UPDATE", "USING"].contains(&pair[0]) && pair[1] == table
        })
    }
}

/// All statements of the crate, but those of its private servers for tests.
pub(crate) fn statements() -> Vec<Statement> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&source, &mut files);
    let mut statements = Vec::new();
    for path in files {
        let file = path.strip_prefix(&source).unwrap().to_string_lossy().into_owned();
        if file.starts_with("testing") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let mut name = String::new();
        // No statement holds a quotation mark.
        for (number, part) in text.split('"').enumerate() {
            if number % 2 == 0 {
                if let Some((_, rest)) = part.rsplit_once("const ") {
                    rest.split(':').next().unwrap_or_default().clone_into(&mut name);
                }
                continue;
            }
            let verb = part.split_whitespace().next().unwrap_or_default();
            if ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&verb) {
                let (file, name) = (file.clone(), name.clone());
                statements.push(Statement { file, name, sql: part.to_owned() });
            }
        }
    }
    assert!(statements.len() > 40, "{statements:#?}");
    statements
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
    files.sort();
}
