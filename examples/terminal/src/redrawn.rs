//! Some quiet lines that are redrawn at a terminal while something is done.

use std::cell::RefCell;

use console::Term;

use crate::columns;

/// Takes its lines away when it is dropped.
///
/// The cursor waits below them, in a line of its own: what a terminal shows for Ctrl-C stands there,
/// and goes with it.
#[derive(Debug)]
pub struct Redrawn {
    term: Term,
    lines: RefCell<Vec<String>>,
}

impl Default for Redrawn {
    fn default() -> Self {
        Self { term: Term::stderr(), lines: RefCell::default() }
    }
}

impl Redrawn {
    /// The columns that a line can have.
    pub fn width(&self) -> usize {
        usize::from(self.term.size().1).saturating_sub(1)
    }

    /// Shows these lines instead of those that are there, cut to the width.
    pub fn show(&self, lines: &[String]) {
        let width = self.width();
        let lines: Vec<String> = lines.iter().map(|line| columns::fit(line, width)).collect();
        if *self.lines.borrow() != lines {
            self.clear();
            let text = lines.iter().flat_map(|line| [line, "\n"]).collect::<String>();
            // Whether it can be seen is no reason to end.
            let _ = self.term.write_str(&text);
            self.lines.replace(lines);
        }
    }

    fn clear(&self) {
        let _ = self.term.clear_line();
        let _ = self.term.clear_last_lines(self.lines.take().len());
    }
}

impl Drop for Redrawn {
    fn drop(&mut self) {
        self.clear();
    }
}
