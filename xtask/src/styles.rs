//! Joins the style sheets of the built page. In the sources each is beside its component; the joined one needs one request,
//! and compresses to two thirds of the size of its parts.

use std::path::Path;

/// Returns the name of the joined sheet, which contains a hash of its content, as `trunk` names the others.
fn name(css: &str) -> String {
    // FNV-1a is enough: it distinguishes versions, and an attacker gains nothing from a collision.
    let hash = css.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("page-{hash:016x}.css")
}

/// Joins the sheets that `index.html` in `folder` names, in its order.
///
/// # Errors
/// If a file cannot be read or written.
pub(crate) fn join(folder: &Path) -> std::io::Result<()> {
    let index = folder.join("index.html");
    let html = std::fs::read_to_string(&index)?;
    let (mut rest, mut kept, mut css) = (html.as_str(), String::new(), String::new());
    let mut place = None;
    let mut joined = Vec::new();
    while let Some((before, tag, after)) = next_link(rest) {
        kept.push_str(before);
        match sheet(tag).map(|sheet| folder.join(sheet)) {
            Some(path) => {
                place.get_or_insert(kept.len());
                css.push_str(&std::fs::read_to_string(&path)?);
                joined.push(path);
            }
            None => kept.push_str(tag),
        }
        rest = after;
    }
    kept.push_str(rest);
    let Some(place) = place else { return Ok(()) };
    let name = name(&css);
    kept.insert_str(place, &format!("<link href=/{name} rel=stylesheet>"));
    std::fs::write(folder.join(name), css)?;
    std::fs::write(index, kept)?;
    joined.into_iter().try_for_each(std::fs::remove_file)
}

/// Returns the text before the next `<link …>`, the tag, and the text after it.
fn next_link(html: &str) -> Option<(&str, &str, &str)> {
    let begin = html.find("<link ")?;
    let end = begin + html[begin..].find('>')? + 1;
    Some((&html[..begin], &html[begin..end], &html[end..]))
}

/// Returns the file that a style sheet's tag names, with or without quotes.
fn sheet(tag: &str) -> Option<&str> {
    let attribute = |name: &str| {
        let value = tag.split_once(name)?.1.trim_start_matches('"');
        value.split(['"', ' ', '>']).next()
    };
    let path = attribute(" href=")?;
    (attribute(" rel=") == Some("stylesheet")).then(|| path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_become_one_in_their_order_where_the_first_stood() {
        let folder = std::env::temp_dir().join(format!("xtask-styles-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a-1.css"), "a{}").unwrap();
        std::fs::write(folder.join("b-2.css"), "b{}").unwrap();
        let html = "<link href=/x.svg rel=icon><link href=/a-1.css integrity=sha384-x rel=stylesheet>\
            <link rel=\"stylesheet\" href=\"/b-2.css\"/><script>1</script><link href=/x.js rel=modulepreload>";
        std::fs::write(folder.join("index.html"), html).unwrap();
        join(&folder).unwrap();
        let written = std::fs::read_to_string(folder.join("index.html")).unwrap();
        let name = name("a{}b{}");
        let expected = format!(
            "<link href=/x.svg rel=icon><link href=/{name} rel=stylesheet><script>1</script><link href=/x.js rel=modulepreload>"
        );
        assert_eq!(written, expected);
        assert_eq!(std::fs::read_to_string(folder.join(name)).unwrap(), "a{}b{}");
        assert!(!folder.join("a-1.css").exists());
        join(&folder).unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("index.html")).unwrap(), expected, "once is enough");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
