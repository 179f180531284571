//! The layers of the app. The same table is in `docs/ARCHITECTURE.md`.

use std::fs;

use super::imports::{expect_floors, expect_table, folder, imports, section, sources};

/// The layers, from the lowest. A module imports only from lower layers.
const LAYERS: [&[&str]; 7] =
    [&["boot", "core", "ui"], &["browser"], &["link"], &["state"], &["parts"], &["pages"], &["app"]];

/// Views read the app's values from `state`, and reach nothing below it but the types of `core` and the kit in `ui`.
const VIEWS: [&str; 3] = ["parts", "pages", "app"];

/// The layers that views do not reach.
const HIDDEN: [&str; 2] = ["browser", "link"];

#[test]
fn a_module_imports_only_from_lower_layers() {
    expect_floors("frontend", &LAYERS, &[]);
}

#[test]
fn the_table_of_layers_in_the_documentation_matches_this_one() {
    expect_table(&section("The layers of the app"), "| ", &LAYERS);
}

fn lines_of(is_wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let sources = sources("frontend");
    let wanted =
        sources.into_iter().filter(|(module, _)| module.first().is_some_and(|first| is_wanted(first)));
    wanted
        .flat_map(|(module, text)| {
            let name = module.join("::");
            text.lines().map(|line| (name.clone(), line.trim().to_owned())).collect::<Vec<_>>()
        })
        .collect()
}

/// Returns the lines that have one of these texts, as `module: line`.
fn lines_with(lines: &[(String, String)], texts: &[&str]) -> Vec<String> {
    let has = |line: &str| texts.iter().any(|text| line.contains(text));
    lines.iter().filter(|(_, line)| has(line)).map(|(module, line)| format!("{module}: {line}")).collect()
}

#[test]
fn views_reach_into_no_browser_and_no_link() {
    let lines = lines_of(|module| VIEWS.contains(&module));
    let mut wrong = lines_with(
        &lines,
        &["crate::browser", "crate::link", "shared::session::Input", "shared::session::Session"],
    );
    // A `use` may name several modules in braces. A path in `view!` is found by its text only.
    for (module, imported) in imports("frontend") {
        if VIEWS.contains(&module[0].as_str()) {
            let hidden = imported.iter().filter(|target| HIDDEN.contains(&target[0].as_str()));
            wrong.extend(hidden.map(|target| format!("{} imports {}", module.join("::"), target.join("::"))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn views_read_the_storage_and_the_clock_through_the_state() {
    let lines = lines_of(|module| VIEWS.contains(&module));
    let wrong = lines_with(&lines, &["local_storage", "session_storage", "js_sys::Date", "Performance"]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_logic_knows_no_signals_no_dom_and_no_clock() {
    let lines = lines_of(|module| module == "core");
    let wrong: Vec<_> =
        lines_with(&lines, &["leptos", "web_sys", "wasm_bindgen", "Instant", "SystemTime", "js_sys"])
            .into_iter()
            // Upper and lower case in the browser, which has Unicode's tables already.
            .filter(|line| !line.starts_with("core::case: "))
            .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_selector_of_the_app_is_a_test_id() {
    let mut lines = lines_of(|_| true);
    for file in ["boot.js", "index.html"] {
        let text = fs::read_to_string(folder("frontend").join(file)).unwrap();
        lines.extend(text.lines().map(|line| (file.to_owned(), line.trim().to_owned())));
    }
    let wrong = lines_with(&lines, &["[data-testid"]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
