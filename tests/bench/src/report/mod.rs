//! The page about speed: tables and charts, made from the lines of runs and from nothing else.

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

/// What the tool writes in the page stands between these.
const BEGIN: &str = "<!-- From here to the end mark, `cargo xtask bench` writes. -->";
const END: &str = "<!-- The end mark. -->";

/// Where the lines and the charts are, beside the page.
const FOLDER: &str = "bench";
const PAGE: &str = "PERFORMANCE.md";

/// Adds the records of a run to what the page in `docs` shows, under a name, and writes the page anew. An earlier run of the name
/// is replaced.
///
/// # Errors
/// A file that cannot be read or written, or a page without marks.
pub fn publish(docs: &Path, name: &str, records: &[Record]) -> Result<(), Failure> {
    let folder = docs.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(Failure::io("making a folder"))?;
    lines::write(&folder.join(format!("{name}.jsonl")), records)?;
    write(docs)
}

/// Writes the page in `docs` and its charts anew, from the lines that are there.
///
/// # Errors
/// A file that cannot be read or written, or a page without marks.
pub fn write(docs: &Path) -> Result<(), Failure> {
    for (path, text) in files(docs)? {
        std::fs::write(&path, text).map_err(Failure::io("writing the page"))?;
    }
    Ok(())
}

/// The page in `docs` and its charts, as they have to be.
///
/// # Errors
/// A file that cannot be read, or a page without marks.
pub fn files(docs: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let (page, folder) = (docs.join(PAGE), docs.join(FOLDER));
    let records = lines::read(&folder)?;
    let text = std::fs::read_to_string(&page).map_err(Failure::io("reading the page"))?;
    let charts = svg::charts(&records);
    let part = tables::part(&records, &charts);
    let text = between(&text, &part).ok_or_else(|| Failure::Server(format!("{PAGE} has lost its marks")))?;
    let charts = charts.into_iter().map(|chart| (folder.join(chart.file), chart.svg));
    Ok(std::iter::once((page, text)).chain(charts).collect())
}

/// The text with another part between its marks.
fn between(text: &str, part: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{part}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays() {
        let text = format!("# Speed\n\n{BEGIN}\nold\n{END}\n\n## What was tried\n");
        let expected = format!("# Speed\n\n{BEGIN}\n\nnew\n{END}\n\n## What was tried\n");
        assert_eq!(between(&text, "new"), Some(expected));
        assert_eq!(between("# Speed\n", "new"), None);
    }
}
