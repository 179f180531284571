//! Writes the generated part of docs/PERFORMANCE.md and its charts, from the result lines in docs/bench and nothing else.

mod bars;
mod curves;
mod fanout;
mod figures;
mod lines;
mod svg;
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::record::Record;

/// Mark the begin and the end of the generated part of the page.
const BEGIN: &str = "<!-- From here to the end mark, `cargo xtask bench` writes. -->";
const END: &str = "<!-- The end mark. -->";

/// Folder of the result lines and the charts, next to the page.
const FOLDER: &str = "bench";
const PAGE: &str = "PERFORMANCE.md";

/// Stores the records of a run as `name` in `docs` and regenerates the page. Replaces an earlier run of that name.
///
/// # Errors
/// If a file cannot be read or written, or if the page has no marks.
pub fn publish(docs: &Path, name: &str, records: &[Record]) -> Result<(), Failure> {
    let folder = docs.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(Failure::io("making a folder"))?;
    lines::write(&folder.join(format!("{name}.jsonl")), records)?;
    write(docs)
}

/// Regenerates the page in `docs` and its charts from the stored result lines.
///
/// # Errors
/// If a file cannot be read or written, or if the page has no marks.
pub fn write(docs: &Path) -> Result<(), Failure> {
    for (path, text) in files(docs)? {
        std::fs::write(&path, text).map_err(Failure::io("writing the page"))?;
    }
    Ok(())
}

/// Returns the expected text of the page in `docs` and of its charts, by path.
///
/// # Errors
/// If a file cannot be read, or if the page has no marks.
pub fn files(docs: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let (page, folder) = (docs.join(PAGE), docs.join(FOLDER));
    let records = lines::read(&folder)?;
    let text = std::fs::read_to_string(&page).map_err(Failure::io("reading the page"))?;
    let charts = svg::charts(&records);
    let part = tables::part(&records, &charts);
    let text =
        between(&text, &part).ok_or_else(|| Failure::Server(format!("{PAGE} has no begin or end mark")))?;
    let charts = charts.into_iter().map(|chart| (folder.join(chart.file), chart.svg));
    Ok(std::iter::once((page, text)).chain(charts).collect())
}

/// Replaces the part between the marks. Returns `None` if a mark is missing.
fn between(text: &str, part: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{part}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_outside_the_marks_is_kept() {
        let text = format!("# Speed\n\n{BEGIN}\nold\n{END}\n\n## What was tried\n");
        let expected = format!("# Speed\n\n{BEGIN}\n\nnew\n{END}\n\n## What was tried\n");
        assert_eq!(between(&text, "new"), Some(expected));
        assert_eq!(between("# Speed\n", "new"), None);
    }
}
