//! Prints the progress of a task: `[3/4] Building the app, 35 s after the start`.

use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The numbered steps of one task, and how long each took.
pub(crate) struct Steps {
    total: usize,
    rows: Vec<Row>,
    skipped: Vec<String>,
    begun: Instant,
}

struct Row {
    title: String,
    took: Duration,
    passed: bool,
}

impl Steps {
    /// Makes a task of `total` steps.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, rows: Vec::new(), skipped: Vec::new(), begun: Instant::now() }
    }

    /// Runs a step that the rest depends on: a failure ends the task.
    pub(crate) fn must<T>(
        &mut self,
        title: &str,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let begun = self.begin(title);
        let outcome = work();
        self.end(title, begun, outcome.is_ok());
        outcome
    }

    /// Runs a step whose failure does not end the task, so that one failing suite does not hide the others.
    pub(crate) fn note(
        &mut self,
        title: &str,
        work: impl FnOnce() -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let begun = self.begin(title);
        let outcome = work();
        self.end(title, begun, matches!(outcome, Ok(true)));
        outcome.map(|_| ())
    }

    /// Returns the titles of the failed steps.
    pub(crate) fn failed(&self) -> Vec<&str> {
        self.rows.iter().filter(|row| !row.passed).map(|row| row.title.as_str()).collect()
    }

    /// Notes that the part `title` of the task was skipped.
    pub(crate) fn skip(&mut self, title: &str) {
        self.skipped.push(title.to_owned());
    }

    /// Returns the titles of the skipped parts.
    pub(crate) fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Returns one line per step: how long it took and whether it passed.
    pub(crate) fn table(&self) -> String {
        let width = self.rows.iter().map(|row| row.title.len()).max().unwrap_or(0).max("total".len());
        let line = |title: &str, took: Duration, mark: &str| {
            format!("  {title:width$}  {:>8}{mark}\n", seconds(took))
        };
        let mut table: String = self
            .rows
            .iter()
            .map(|row| line(&row.title, row.took, if row.passed { "" } else { "  FAILED" }))
            .collect();
        table += &line("total", self.begun.elapsed(), "");
        table
    }

    fn begin(&self, title: &str) -> Instant {
        let so_far = self.begun.elapsed();
        let so_far = if self.rows.is_empty() {
            String::new()
        } else {
            format!(", {:.0} s after the start", so_far.as_secs_f64())
        };
        println!("[{}/{}] {title}{so_far}", self.rows.len() + 1, self.total);
        Instant::now()
    }

    fn end(&mut self, title: &str, begun: Instant, passed: bool) {
        let took = begun.elapsed();
        println!("      {} after {}", if passed { "done" } else { "FAILED" }, seconds(took));
        // The expected time, in brackets, is left out of the table of the actual times.
        let title = title.split(" (").next().unwrap_or(title).to_owned();
        self.rows.push(Row { title, took, passed });
    }
}

/// Prints a line about the running step, indented below its title.
pub(crate) fn say(line: &str) {
    println!("      {line}");
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_suite_does_not_hide_the_next_one() {
        let mut steps = Steps::new(2);
        steps.note("first (2 min the first time)", || Ok(false)).unwrap();
        steps.note("second", || Ok(true)).unwrap();
        assert_eq!(steps.failed(), ["first"]);
        assert!(steps.table().contains("FAILED"));
        assert_eq!(steps.table().lines().count(), 3);
    }
}
