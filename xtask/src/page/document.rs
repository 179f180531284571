//! Puts the files of the app together: the document with its assets, each under the name it is served by.

use super::hash;
use super::index::{Asset, Part};

/// A file of the built app: its name and its content.
pub(super) type File = (String, Vec<u8>);

/// The compiled app, after wasm-bindgen.
pub(super) struct App {
    /// The JavaScript side.
    pub(super) script: Vec<u8>,
    /// The WebAssembly module.
    pub(super) module: Vec<u8>,
}

/// Reads the assets of the document. Each function gets a path relative to the document.
pub(super) trait Sources {
    type Error;
    /// Returns a file as it is.
    fn file(&self, path: &str) -> Result<Vec<u8>, Self::Error>;
    /// Returns a script that becomes part of the document.
    fn script(&self, path: &str) -> Result<String, Self::Error>;
    /// Returns one style sheet with the content of all `sheets`, in their order.
    fn styles(&self, sheets: &str) -> Result<String, Self::Error>;
}

/// Returns the files of the app: `index.html` first.
///
/// The style sheets become one, which needs one request and compresses to two thirds of the size of its parts. It stands where the
/// first one stood. trunk serves them one by one.
pub(super) fn assemble<S: Sources>(parts: &[Part], app: App, sources: &S) -> Result<Vec<File>, S::Error> {
    let mut sheets = String::new();
    for part in parts {
        if let Part::Asset(Asset::Css(path)) = part {
            sheets.push_str(&String::from_utf8_lossy(&sources.file(path)?));
        }
    }
    let styles = sources.styles(&sheets)?;
    let styles_name = format!("page-{}.css", hash::of(&[styles.as_bytes()]));
    let app_name = format!("frontend-{}", hash::of(&[&app.script, &app.module]));

    let (mut html, mut files, mut is_styled) = (String::new(), Vec::new(), false);
    for part in parts {
        match part {
            Part::Text(text) => push_lines(&mut html, text),
            Part::Asset(Asset::Css(_)) if is_styled => {}
            Part::Asset(Asset::Css(_)) => {
                is_styled = true;
                html += &format!("<link rel=\"stylesheet\" href=\"/{styles_name}\">");
            }
            Part::Asset(Asset::CopyFile(path)) => {
                let name = path.rsplit('/').next().unwrap_or(path);
                files.push((name.to_owned(), sources.file(path)?));
            }
            Part::Asset(Asset::InlineScript(path)) => {
                html += &format!("<script>{}</script>", sources.script(path)?);
            }
            Part::Asset(Asset::Rust { .. }) => html += &start(&app_name),
        }
    }
    if is_styled {
        files.push((styles_name, styles.into_bytes()));
    }
    files.push((format!("{app_name}.js"), app.script));
    files.push((format!("{app_name}_bg.wasm"), app.module));
    files.insert(0, ("index.html".to_owned(), html.into_bytes()));
    Ok(files)
}

/// Returns what starts the app: trunk's own elements, so that both builds start it in the same way.
fn start(name: &str) -> String {
    format!(
        "<link rel=\"modulepreload\" href=\"/{name}.js\" crossorigin=\"anonymous\">\
         <link rel=\"preload\" href=\"/{name}_bg.wasm\" crossorigin=\"anonymous\" as=\"fetch\" type=\"application/wasm\">\
         <script type=\"module\">import init from '/{name}.js';await init({{module_or_path:'/{name}_bg.wasm'}})</script>"
    )
}

/// Adds `text` without the indentation of its lines and without empty lines.
fn push_lines(html: &mut String, text: &str) {
    for line in text.split_inclusive('\n') {
        let is_new_line = html.is_empty() || html.ends_with('\n');
        let line = if is_new_line { line.trim_start() } else { line };
        if line.ends_with('\n') {
            html.push_str(line.trim_end());
            if !html.is_empty() && !html.ends_with('\n') {
                html.push('\n');
            }
        } else if !line.trim().is_empty() || !is_new_line {
            html.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::page::index;

    struct Named;

    impl Sources for Named {
        type Error = Infallible;
        fn file(&self, path: &str) -> Result<Vec<u8>, Infallible> {
            Ok(format!("[{path}]").into_bytes())
        }
        fn script(&self, path: &str) -> Result<String, Infallible> {
            Ok(format!("run {path}"))
        }
        fn styles(&self, sheets: &str) -> Result<String, Infallible> {
            Ok(sheets.to_owned())
        }
    }

    fn build(html: &str) -> Vec<(String, String)> {
        let app = App { script: b"js".to_vec(), module: b"wasm".to_vec() };
        let Ok(files) = assemble(&index::parse(html).unwrap(), app, &Named);
        files.into_iter().map(|(name, content)| (name, String::from_utf8(content).unwrap())).collect()
    }

    #[test]
    fn every_asset_of_the_document_is_in_the_app() {
        let html = "<head>\n    <title>T</title>\n    <link data-trunk rel=\"css\" href=\"a.css\" />\n    \
            <link data-trunk rel=\"copy-file\" href=\"img/i.svg\" />\n    <link data-trunk rel=\"css\" href=\"b.css\" />\n    \
            <link data-trunk rel=\"rust\" data-wasm-opt=\"s\" data-integrity=\"none\" />\n</head>\n\
            <link data-trunk rel=\"inline\" href=\"boot.js\" />\n";
        let files = build(html);
        let (css, app) = (hash::of(&[b"[a.css][b.css]"]), hash::of(&[b"jswasm"]));
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "index.html".to_owned(),
            "i.svg".to_owned(),
            format!("page-{css}.css"),
            format!("frontend-{app}.js"),
            format!("frontend-{app}_bg.wasm"),
        ];
        assert_eq!(names, expected);
        assert_eq!(files[1].1, "[img/i.svg]");
        assert_eq!(files[2].1, "[a.css][b.css]");
        let html = &files[0].1;
        let head = format!("<head>\n<title>T</title>\n<link rel=\"stylesheet\" href=\"/page-{css}.css\">\n");
        assert!(html.starts_with(&head), "{html}");
        assert!(html.contains(&format!("init from '/frontend-{app}.js'")), "{html}");
        assert!(html.contains(&format!("module_or_path:'/frontend-{app}_bg.wasm'")), "{html}");
        assert!(html.ends_with("</head>\n<script>run boot.js</script>\n"), "{html}");
        assert!(!html.contains("data-trunk"), "{html}");
    }

    #[test]
    fn text_within_a_line_is_kept() {
        let html = build("<p>a <b>b</b> c</p>\n  <i>d\n  e</i>")[0].1.clone();
        assert_eq!(html, "<p>a <b>b</b> c</p>\n<i>d\ne</i>");
    }
}
