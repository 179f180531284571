//! Reads and writes the result lines next to the page.

use std::collections::HashSet;
use std::path::Path;

use crate::failure::Failure;
use crate::record::Record;

/// Replaces a file of result lines.
pub(super) fn write(path: &Path, records: &[Record]) -> Result<(), Failure> {
    let mut text = String::new();
    for record in records {
        text += &serde_json::to_string(record).map_err(|error| Failure::Server(error.to_string()))?;
        text.push('\n');
    }
    std::fs::write(path, text).map_err(Failure::io("writing the lines of the page"))
}

/// Reads all result lines in a folder. If a scenario is in several files, only the newest file counts, because runs of different
/// days must not be mixed.
pub(super) fn read(folder: &Path) -> Result<Vec<Record>, Failure> {
    let listed = std::fs::read_dir(folder).map_err(Failure::io("reading the folder of lines"))?;
    let mut files = Vec::new();
    for path in listed.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let text =
                std::fs::read_to_string(&path).map_err(Failure::io("reading the lines of the page"))?;
            let records: Result<Vec<Record>, _> = text.lines().map(serde_json::from_str).collect();
            let bad = |error| Failure::Server(format!("{}: {error}", path.display()));
            files.push(records.map_err(bad)?);
        }
    }
    let newest = |records: &Vec<Record>| records.iter().map(|record| record.at).max();
    files.sort_by_key(|records| std::cmp::Reverse(newest(records)));
    let (mut seen, mut all) = (HashSet::new(), Vec::new());
    for records in files {
        let here: HashSet<String> = records.iter().map(|record| record.scenario.clone()).collect();
        all.extend(records.into_iter().filter(|record| !seen.contains(&record.scenario)));
        seen.extend(here);
    }
    Ok(all)
}
