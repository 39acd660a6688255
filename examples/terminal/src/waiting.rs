//! One quiet line that is redrawn at a terminal while something is waited for.

use std::cell::RefCell;

use console::Term;

use crate::output::{self, Mode};

/// Takes its line away when it is dropped.
///
/// No progress bar: one fills the line to its end, and what a terminal shows for Ctrl-C would
/// begin another one, so that the bar is left behind.
#[derive(Debug)]
pub struct Waiting(Option<Line>);

#[derive(Debug)]
struct Line {
    term: Term,
    text: RefCell<String>,
}

impl Waiting {
    /// Nothing is seen unless a person looks at a terminal.
    pub fn new(mode: Mode) -> Self {
        let line = || Line { term: Term::stderr(), text: RefCell::default() };
        Self((mode == Mode::Terminal).then(line))
    }

    /// Shows what is waited for now.
    pub fn say(&self, what: impl Into<String>) {
        let what = output::printable(&what.into()).into_owned();
        if let Some(line) = self.0.as_ref().filter(|line| *line.text.borrow() != what) {
            line.clear();
            line.text.replace(what);
            line.draw();
        }
    }

    /// A line of the result, above the one that is redrawn.
    pub fn line(&self, text: &str) {
        self.above(|| output::line(text));
    }

    /// A line on the side, above the one that is redrawn.
    pub fn note(&self, text: &str) {
        self.above(|| output::note(text));
    }

    fn above(&self, say: impl FnOnce()) {
        if let Some(line) = &self.0 {
            line.clear();
            say();
            line.draw();
        } else {
            say();
        }
    }
}

impl Line {
    /// Whether it can be seen is no reason to end.
    fn clear(&self) {
        let _ = self.term.clear_line();
    }

    fn draw(&self) {
        // Room for two blanks in front, and for what a terminal shows for Ctrl-C.
        let width = usize::from(self.term.size().1).saturating_sub(5);
        let text = self.text.borrow();
        let _ = self.term.write_str(&format!("  {}", console::truncate_str(&text, width, "…")));
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(line) = &self.0 {
            line.clear();
        }
    }
}
