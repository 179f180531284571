//! docs/PERFORMANCE.md agrees with the result lines in docs/bench.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

#[test]
fn the_page_and_its_charts_are_made_from_the_lines_beside_it() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let files = bench::report::files(&docs).unwrap();
    assert!(files.len() > 1, "the page has charts");
    for (path, text) in files {
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{} is out of step: run `cargo xtask bench page`", path.display());
    }
}
