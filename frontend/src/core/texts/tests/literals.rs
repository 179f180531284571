//! Finds words for a person outside `texts`. It reads the sources of the app, because a wrong literal compiles.
//!
//! A literal is for a person if it is a text or a visible attribute of a view. Any other literal is if it starts with a
//! capital letter or contains a letter and a space. Classes, selectors, SVG paths and [`TECHNICAL`] are exceptions.

use std::fs;
use std::path::{Path, PathBuf};

/// Attributes and properties that a person reads or hears.
const SHOWN_ATTRIBUTES: [&str; 6] =
    ["aria-label", "title", "placeholder", "alt", "label", "aria-description"];

/// Functions whose argument is a CSS selector.
const TAKE_SELECTORS: [&str; 4] = ["focus(", "closest(", "query_selector(", "query_selector_all("];

/// Literals that look like words and are none: names of the platform, of the protocol and of tools.
const TECHNICAL: [&str; 12] = [
    "(hover: hover) and (pointer: fine)",
    "ArrowDown",
    "ArrowUp",
    "Authorization",
    "Bearer {key}",
    "Content-Type",
    "Enter",
    "Escape",
    "K",
    "KeyN",
    "KeyW",
    "Notification",
];

/// Starts of addresses and of commands.
const TECHNICAL_STARTS: [&str; 2] = ["http", "curl "];

/// A string literal, and the code around it with single spaces.
#[derive(Debug)]
struct Literal {
    line: usize,
    text: String,
    before: String,
    after: String,
}

/// Returns the string literals of `source` up to its tests. Escapes stay as they are written.
fn literals(source: &str) -> Vec<Literal> {
    let code: Vec<char> =
        source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().chars().collect();
    let at = |index: usize| code.get(index).copied().unwrap_or('\0');
    let line = |index: usize| 1 + code[..index].iter().filter(|c| **c == '\n').count();
    let mut found: Vec<Literal> = Vec::new();
    let mut before = String::new();
    let mut index = 0;
    while index < code.len() {
        let c = at(index);
        if c == '/' && at(index + 1) == '/' {
            while index < code.len() && at(index) != '\n' {
                index += 1;
            }
        } else if c == '\'' && (at(index + 1) == '\\' || at(index + 2) == '\'') {
            // A character. `'a` without a second quote is a lifetime.
            index += if at(index + 1) == '\\' { 3 } else { 2 };
            while index < code.len() && at(index) != '\'' {
                index += 1;
            }
            index += 1;
            before.push('_');
        } else if c == '"' {
            let hashes = hashes_of_raw(&before);
            let closes =
                |index: usize| at(index) == '"' && (1..=hashes.unwrap_or(0)).all(|n| at(index + n) == '#');
            let start = index + 1;
            index = start;
            while index < code.len() && !closes(index) {
                index += if at(index) == '\\' && hashes.is_none() { 2 } else { 1 };
            }
            let text: String = code[start..index.min(code.len())].iter().collect();
            index += 1;
            let rest = code[index.min(code.len())..].iter().filter(|c| !c.is_whitespace());
            let after = rest.take(3).collect();
            found.push(Literal { line: line(start), text, before: before.clone(), after });
            before.push('_');
        } else {
            if !c.is_whitespace() {
                before.push(c);
            } else if !before.ends_with(' ') {
                before.push(' ');
            }
            index += 1;
        }
    }
    found
}

/// Returns the number of `#` of the raw string that starts after `before`, or `None` if the string is not raw.
fn hashes_of_raw(before: &str) -> Option<usize> {
    let start = before.trim_end_matches('#');
    let name = start.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    matches!(name, "r" | "br" | "cr").then(|| before.len() - start.len())
}

fn is_technical(text: &str) -> bool {
    TECHNICAL.contains(&text) || TECHNICAL_STARTS.iter().any(|start| text.starts_with(start))
}

/// Returns whether a person reads the literal.
fn is_for_a_person(literal: &Literal) -> bool {
    let text = literal.text.as_str();
    let mut depth = 0_usize;
    let spoken: String = text
        .chars()
        .filter(|c| {
            depth = if *c == '{' { depth + 1 } else { depth };
            let is_outside = depth == 0;
            depth = if *c == '}' { depth.saturating_sub(1) } else { depth };
            is_outside
        })
        .collect();
    if !spoken.chars().any(char::is_alphabetic) || is_technical(text) {
        return false;
    }
    if literal.before.ends_with("reason = ") {
        return false;
    }
    let before = literal.before.strip_suffix("format!(").unwrap_or(&literal.before);
    // An attribute of a view has no space around its `=`.
    if let Some(before) = before.strip_suffix('=') {
        let name = before.rsplit(' ').next().unwrap_or_default();
        if !name.is_empty() {
            return SHOWN_ATTRIBUTES.contains(&name);
        }
    }
    let before = before.trim_end();
    let is_text = before.ends_with('>') && !before.ends_with("=>") && !before.ends_with("->");
    if is_text || literal.after.starts_with("</") {
        return true;
    }
    let is_selector = TAKE_SELECTORS.iter().any(|function| before.ends_with(function));
    let is_class = (text.contains("__") || text.contains("--"))
        && spoken.chars().all(|c| c.is_lowercase() || c.is_ascii_digit() || "_- ".contains(c));
    let is_path = text.starts_with(['M', 'm'])
        && text.chars().all(|c| "MmLlHhVvCcSsQqTtAaZz-., ".contains(c) || c.is_ascii_digit());
    if is_selector || is_class || is_path {
        return false;
    }
    text.starts_with(char::is_uppercase) || spoken.contains(' ')
}

/// Returns all Rust files below `path`, except the texts and files of tests.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        return entries
            .filter(|path| !path.ends_with("core/texts") && !path.ends_with("tests"))
            .flat_map(|path| sources(&path))
            .collect();
    }
    let is_source = path.extension().is_some_and(|extension| extension == "rs");
    let is_test = path.file_stem().is_some_and(|name| name == "tests");
    if is_source && !is_test { vec![path.to_owned()] } else { Vec::new() }
}

#[test]
fn no_other_file_has_words_for_a_person() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut technical = TECHNICAL.to_vec();
    for path in sources(&root) {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        for literal in literals(&fs::read_to_string(&path).unwrap()) {
            let text = literal.text.as_str();
            technical.retain(|name| *name != text);
            if is_for_a_person(&literal) {
                wrong.push(format!("src/{name}:{}: {:?}", literal.line, literal.text));
            }
        }
    }
    assert!(wrong.is_empty(), "move these words to core/texts:\n{}", wrong.join("\n"));
    assert!(technical.is_empty(), "no file contains these; remove them from TECHNICAL: {technical:?}");
}

#[test]
fn words_are_told_from_names() {
    let words = [
        r#"<p class="x">"you"</p>"#,
        r#"<button class="action" title="close">"#,
        r#"<button aria-label="close" on:click=act>"#,
        r#"<b>{x}" unread"</b>"#,
        r#"let text = format!("{count} left");"#,
        r#"let label = if open { "Go" } else { other };"#,
        r#"const NOTE: &str = "two words";"#,
        r#"let x = b; f("it’s here")"#,
        r##"let x = r#"Some "raw" words"#;"##,
        r#"let c = '"'; let x = "Words";"#,
    ];
    let names = [
        r#"<p class="empty empty--page" role="alert">"#,
        r#"<li class=format!("toast toast--{}", level)>"#,
        r#"<a href="/Page one">"#,
        r#"let kind = "dialog dialog--popover";"#,
        r#"focus("[data-testid=composer], #main input");"#,
        r#"Self::Bell => "M6 10a6 6 0 1 1 12 0c0 5 2 6 2 6H4s2-1 2-6m4 9.5a2.2 2.2 0 0 0 4 0","#,
        r#"#[expect(clippy::x, reason = "Whole words")]"#,
        r#"// "A comment" <p>"x"</p>"#,
        r#"if key == "ArrowUp" {}"#,
        r#"format!("{kind} {class} · ")"#,
        "f(x)\n#[cfg(test)]\nmod tests { \"Some words\" }",
    ];
    let has_words = |source: &str| literals(source).iter().any(is_for_a_person);
    for source in words {
        assert!(has_words(source), "{source}");
    }
    for source in names {
        assert!(!has_words(source), "{source}: {:?}", literals(source));
    }
}
