//! Compares the app that trunk builds with the one that this crate builds: the same files with the same content, except for the
//! names, for the style sheets, which trunk does not join, and for the words of the script that starts the app.

use std::collections::BTreeMap;
use std::path::Path;

use super::document::File;
use super::index::{self, Asset, Part};

/// Returns the first difference between trunk's files in `folder` and `ours`.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn difference(folder: &Path, ours: &[File], parts: &[Part]) -> std::io::Result<Option<String>> {
    let mut trunk = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        trunk.push((entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path())?));
    }
    let trunk = Content::of(&trunk, parts);
    let ours = Content::of(ours, parts);
    Ok(trunk.difference(&ours))
}

/// What an app contains, without the hashes in its names.
struct Content {
    /// The document: its elements and texts, one a line.
    html: Vec<String>,
    /// The style sheets in the order of the document, as one.
    styles: String,
    /// Every other file by its name.
    files: BTreeMap<String, Vec<u8>>,
}

impl Content {
    fn of(files: &[File], parts: &[Part]) -> Self {
        let html = files.iter().find(|(name, _)| name == "index.html");
        let html = html.map(|(_, html)| String::from_utf8_lossy(html).into_owned()).unwrap_or_default();
        let sheets = files.iter().filter(|(name, _)| name.ends_with(".css"));
        // The document names each sheet once, in the order in which the browser applies them.
        let mut sheets: Vec<_> = sheets.map(|(name, css)| (html.find(name.as_str()), css)).collect();
        sheets.sort_by_key(|(position, _)| *position);
        let styles = sheets.iter().map(|(_, css)| String::from_utf8_lossy(css)).collect();
        let others = files.iter().filter(|(name, _)| !name.ends_with(".css") && name != "index.html");
        Self {
            html: lines(&index::without_comments(&html), parts),
            styles,
            files: others.map(|(name, content)| (plain(name), content.clone())).collect(),
        }
    }

    fn difference(&self, other: &Self) -> Option<String> {
        let names = |content: &Self| content.files.keys().cloned().collect::<Vec<_>>();
        if names(self) != names(other) {
            return Some(format!("trunk's files are {:?}, ours {:?}", names(self), names(other)));
        }
        for (name, content) in &self.files {
            let ours = &other.files[name];
            if content != ours {
                return Some(format!(
                    "{name} has {} bytes from trunk and {} bytes from us, which differ",
                    content.len(),
                    ours.len()
                ));
            }
        }
        if self.styles != other.styles {
            return Some("the style sheets differ".to_owned());
        }
        let pair = self.html.iter().zip(&other.html).find(|(theirs, ours)| theirs != ours);
        match pair {
            Some((theirs, ours)) => {
                Some(format!("index.html has `{theirs}` from trunk and `{ours}` from us"))
            }
            None if self.html.len() != other.html.len() => Some(format!(
                "index.html has {} elements and texts from trunk and {} from us",
                self.html.len(),
                other.html.len()
            )),
            None => None,
        }
    }
}

/// Returns the name without its hash: `frontend-0123456789abcdef_bg.wasm` is `frontend_bg.wasm`.
fn plain(name: &str) -> String {
    let Some((stem, rest)) = name.split_once('-') else { return name.to_owned() };
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    if digits < 12 { name.to_owned() } else { format!("{stem}{}", &rest[digits..]) }
}

/// Returns the elements and texts of a document in a form that does not depend on who wrote it.
///
/// One style sheet stands for all. What starts the app is last: trunk appends it to the head.
fn lines(html: &str, parts: &[Part]) -> Vec<String> {
    let has_app = parts.iter().any(|part| matches!(part, Part::Asset(Asset::Rust { .. })));
    let (mut lines, mut start, mut is_styled) = (Vec::new(), Vec::new(), false);
    let mut rest = html;
    while !rest.is_empty() {
        let end = match rest.strip_prefix('<') {
            Some(_) if rest.starts_with("<script type=\"module\"") => {
                rest.find("</script>").map(|end| end + 9)
            }
            Some(_) => rest.find('>').map(|end| end + 1),
            None => rest.find('<'),
        };
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        let piece = element(piece);
        if piece.contains("rel=\"stylesheet\"") {
            if !is_styled {
                lines.push("style sheets".to_owned());
            }
            is_styled = true;
        } else if has_app && (piece.contains("preload") || piece.starts_with("<script type=\"module\"")) {
            start.push(started(&piece));
        } else if !piece.is_empty() {
            lines.push(piece);
        }
    }
    start.sort();
    lines.extend(start);
    lines
}

/// Returns an element or a text with single blanks. The attributes of an element are sorted, without a closing slash.
fn element(piece: &str) -> String {
    let words: Vec<&str> = piece.split_whitespace().collect();
    let line = words.join(" ");
    if line.starts_with("<!doctype") || line.starts_with("<!DOCTYPE") {
        return line.to_lowercase();
    }
    let Some(tag) = line.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')) else { return line };
    if tag.contains('<') {
        return line;
    }
    let tag = tag.trim_end_matches('/').trim_end();
    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    // A blank may be in a value; blanks between attributes follow a quote or a bare name.
    let mut sorted: Vec<String> = Vec::new();
    for word in attributes.split(' ').filter(|word| !word.is_empty()) {
        match sorted.last_mut() {
            Some(last) if last.matches('"').count() == 1 => {
                last.push(' ');
                last.push_str(word);
            }
            _ => sorted.push(word.trim_end_matches("=\"\"").to_owned()),
        }
    }
    sorted.sort();
    format!("<{name} {}>", sorted.join(" "))
}

/// Returns what an element that starts the app refers to.
fn started(piece: &str) -> String {
    let files =
        piece.split(['"', '\'', ' ']).filter(|word| word.starts_with('/') && word.contains("frontend-"));
    let mut files: Vec<_> = files.map(|file| plain(file.trim_start_matches('/'))).collect();
    files.dedup();
    let kind = if piece.starts_with("<script") { "starts" } else { "preloads" };
    format!("{kind} {}", files.join(" with "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(html: &str, others: &[(&str, &str)]) -> Vec<File> {
        let own = [("index.html", html)];
        let all = own.iter().chain(others);
        all.map(|(name, content)| ((*name).to_owned(), content.as_bytes().to_vec())).collect()
    }

    const OURS: &str = "<!doctype html>\n<meta a=\"b c\" d>\n<link rel=\"stylesheet\" href=\"/page-00000000000000aa.css\">\n\
        <link rel=\"modulepreload\" href=\"/frontend-00000000000000bb.js\"><script type=\"module\">import init from \
        '/frontend-00000000000000bb.js';await init({module_or_path:'/frontend-00000000000000bb_bg.wasm'})</script><p>text</p>";
    const TRUNK: &str = "<!DOCTYPE html><meta d=\"\" a=\"b c\"/><link rel=\"stylesheet\" href=\"/a-00000000000000cc.css\"/>\
        <link rel=\"stylesheet\" href=\"/b-00000000000000dd.css\"/><script type=\"module\">\nimport init, * as bindings from \
        '/frontend-00000000000000ee.js';\nconst wasm = await init({ module_or_path: '/frontend-00000000000000ee_bg.wasm' });\
        </script>\n  <p>text</p><link rel=\"modulepreload\" href=\"/frontend-00000000000000ee.js\">";

    fn compare(trunk: &[File], ours: &[File]) -> Option<String> {
        let rust = "<link data-trunk rel=\"rust\" data-wasm-opt=\"s\" data-integrity=\"none\" />";
        let parts = index::parse(rust).unwrap();
        Content::of(trunk, &parts).difference(&Content::of(ours, &parts))
    }

    #[test]
    fn only_hashes_joined_sheets_and_the_words_of_the_start_may_differ() {
        let ours = [
            ("page-00000000000000aa.css", "a{}b{}"),
            ("frontend-00000000000000bb.js", "js"),
            ("frontend-00000000000000bb_bg.wasm", "wasm"),
        ];
        let trunk = [
            ("b-00000000000000dd.css", "b{}"),
            ("a-00000000000000cc.css", "a{}"),
            ("frontend-00000000000000ee.js", "js"),
            ("frontend-00000000000000ee_bg.wasm", "wasm"),
        ];
        let ours = files(OURS, &ours);
        assert_eq!(compare(&files(TRUNK, &trunk), &ours), None);
        for (from, to, expected) in [
            ("text", "other", "index.html has `other`"),
            ("<p>", "<p class=\"x\">", "index.html has `<p class"),
            ("_bg.wasm' }", "_other.wasm' }", "starts frontend.js with frontend_other.wasm"),
        ] {
            let difference = compare(&files(&TRUNK.replace(from, to), &trunk), &ours).unwrap();
            assert!(difference.contains(expected), "{difference}");
        }
        for (file, content, expected) in [
            (0, "b{c}", "style sheets"),
            (2, "other", "frontend.js has 5"),
            (3, "other", "frontend_bg.wasm has 5"),
        ] {
            let mut changed = trunk;
            changed[file].1 = content;
            let difference = compare(&files(TRUNK, &changed), &ours).unwrap();
            assert!(difference.contains(expected), "{difference}");
        }
        let fewer = files(TRUNK, &trunk[..3]);
        assert!(compare(&fewer, &ours).unwrap().starts_with("trunk's files are"));
    }
}
