//! The content security policy of the web app.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Returns the policy for an HTML document. The browser may run the server's own files, and the inline scripts that show the
/// start and load the app, which are identified by their hashes. It runs nothing else and loads nothing from other origins: a message that was
/// turned into a script would not run.
pub(super) fn of_page(html: &[u8]) -> String {
    let html = String::from_utf8_lossy(html);
    let scripts: String = inline_scripts(&html)
        .map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script))))
        .collect();
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Returns the contents of the inline scripts. The HTML is our own, so no script contains `</script`.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    let tails = html.split("<script").skip(1);
    let scripts = tails.filter_map(|tail| {
        let (_, tail) = tail.split_once('>')?;
        tail.split_once("</script").map(|(script, _)| script)
    });
    scripts.filter(|script| !script.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_inline_script_is_allowed_by_its_hash() {
        let policy = of_page(b"<script type=module>alert(1)</script><script src=/x.js></script>");
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert!(policy.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), "{policy}");
        assert_eq!(policy.matches("sha256").count(), 1);
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"));
    }
}
