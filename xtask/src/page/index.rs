//! Reads `frontend/index.html`: its text, and the `<link data-trunk …>` elements that tell a bundler what to insert.
//!
//! trunk reads the same file in development. This module knows the part of trunk's directives that the file uses, and refuses all
//! others.

use crate::failure::Failure;

/// A part of the document, in its order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text that is kept.
    Text(String),
    /// A directive, which is replaced.
    Asset(Asset),
}

/// What a directive inserts. Paths are relative to the document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asset {
    /// A style sheet.
    Css(String),
    /// A file that is copied under its name.
    CopyFile(String),
    /// A script that becomes part of the document.
    InlineScript(String),
    /// The app: the package in the document's directory. `level` is wasm-opt's, such as `s`.
    Rust { level: String },
}

/// Splits the document into its parts. Comments are left out.
///
/// # Errors
/// [`Failure`] for a directive that this build does not know.
pub(crate) fn parse(html: &str) -> Result<Vec<Part>, Failure> {
    let html = without_comments(html);
    let (mut rest, mut parts) = (html.as_str(), Vec::new());
    while let Some(begin) = rest.find(DIRECTIVE) {
        let end = rest[begin..].find('>').map_or(rest.len(), |end| begin + end + 1);
        parts.push(text(&rest[..begin])?);
        parts.push(Part::Asset(asset(&rest[begin..end])?));
        rest = &rest[end..];
    }
    parts.push(text(rest)?);
    Ok(parts)
}

/// The attribute that makes an element a directive.
const ATTRIBUTE: &str = "data-trunk";

/// The beginning of a directive. The document writes [`ATTRIBUTE`] first.
const DIRECTIVE: &str = "<link data-trunk ";

/// Returns a text that is kept. It is an error if it has a directive that does not begin with [`DIRECTIVE`].
fn text(text: &str) -> Result<Part, Failure> {
    let Some(position) = text.find(ATTRIBUTE) else { return Ok(Part::Text(text.to_owned())) };
    let begin = text[..position].rfind('<').unwrap_or(position);
    let end = text[position..].find('>').map_or(text.len(), |end| position + end + 1);
    Err(Failure::new(
        format!("`{}` in frontend/index.html is not known", &text[begin..end]),
        format!("`cargo xtask` knows directives that begin with `{DIRECTIVE}`: write `{ATTRIBUTE}` first."),
    ))
}

fn asset(tag: &str) -> Result<Asset, Failure> {
    let unknown = || {
        Failure::new(
            format!("`{tag}` in frontend/index.html is not known"),
            "`cargo xtask` reads a part of trunk's directives; add this one to xtask/src/page/index.rs.",
        )
    };
    let attributes = attributes(tag.trim_start_matches(DIRECTIVE)).ok_or_else(unknown)?;
    match attributes.as_slice() {
        [("rel", "css"), ("href", path)] => Ok(Asset::Css((*path).to_owned())),
        [("rel", "copy-file"), ("href", path)] => Ok(Asset::CopyFile((*path).to_owned())),
        [("rel", "inline"), ("href", path)] if path.ends_with(".js") => {
            Ok(Asset::InlineScript((*path).to_owned()))
        }
        [("rel", "rust"), ("data-wasm-opt", level), ("data-integrity", "none")] => {
            Ok(Asset::Rust { level: (*level).to_owned() })
        }
        _ => Err(unknown()),
    }
}

/// Returns the attributes of a tag, or `None` if one is not written as `name="value"`.
fn attributes(tag: &str) -> Option<Vec<(&str, &str)>> {
    let mut rest = tag.trim_end_matches('>').trim_end_matches('/').trim();
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        attributes.push((name.trim(), value));
        rest = after.trim_start();
    }
    Some(attributes)
}

/// Returns the document without its comments.
pub(super) fn without_comments(html: &str) -> String {
    let mut kept = String::new();
    let mut rest = html;
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = include_str!("../../../frontend/index.html");

    fn assets(html: &str) -> Vec<Asset> {
        let parts = parse(html).unwrap().into_iter();
        parts.filter_map(|part| if let Part::Asset(asset) = part { Some(asset) } else { None }).collect()
    }

    #[test]
    fn every_directive_of_the_document_is_known_and_names_a_file() {
        let assets = assets(INDEX);
        assert_eq!(assets.len(), INDEX.matches("data-trunk").count(), "a directive was overlooked");
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend");
        let mut apps = 0;
        for asset in assets {
            match asset {
                Asset::Css(path) | Asset::CopyFile(path) | Asset::InlineScript(path) => {
                    assert!(folder.join(&path).is_file(), "{path}");
                }
                Asset::Rust { .. } => apps += 1,
            }
        }
        assert_eq!(apps, 1);
    }

    #[test]
    fn parts_keep_their_order_and_comments_are_left_out() {
        let html = "a<!-- <link data-trunk rel=\"x\" /> -->b<link data-trunk rel=\"css\" href=\"c.css\" />d";
        let parts = parse(html).unwrap();
        let text = |text: &str| Part::Text(text.to_owned());
        assert_eq!(parts, [text("ab"), Part::Asset(Asset::Css("c.css".to_owned())), text("d")]);
    }

    #[test]
    fn an_unknown_directive_is_refused() {
        for directive in [
            "<link data-trunk rel=\"sass\" href=\"a.scss\" />",
            "<link data-trunk rel=\"css\" href=\"a.css\" data-inline />",
            "<link data-trunk rel=\"rust\" data-wasm-opt=\"s\" data-integrity=\"none\" data-bin=\"other\" />",
            "<link data-trunk rel=\"rust\" data-wasm-opt=\"s\" />",
        ] {
            let failure = parse(directive).unwrap_err().to_string();
            assert!(failure.contains(directive), "{failure}");
        }
        let not_first = "<link rel=\"css\" href=\"a.css\" data-trunk />";
        let failure = parse(&format!("<p>text</p>{not_first}<p>text</p>")).unwrap_err().to_string();
        assert!(failure.contains(&format!("`{not_first}`")) && failure.contains("first"), "{failure}");
    }
}
