//! A request as a command line for a shell.

/// Quotes `text` for a POSIX shell. Within single quotes, only the single quote itself has a meaning.
pub(crate) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Returns the curl command that posts `body`. The key is a shell variable, so a copied command has no secret.
pub(crate) fn post(url: &str, body: &str) -> String {
    let (url, body) = (quote(url), quote(body));
    format!(
        "curl -X POST {url} \\\n  -H \"Authorization: Bearer $TIDINGS_API_KEY\" \\\n  -H 'Content-Type: application/json' \\\n  -d {body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_quotes_survive_the_shell() {
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote("''"), r"''\'''\'''");
        assert_eq!(quote("$HOME `x` \"y\" \\"), "'$HOME `x` \"y\" \\'");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("http://127.0.0.1:9501/api/push"), "http://127.0.0.1:9501/api/push");
    }

    /// Windows has no such shell.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for text in ["it's", "a\nb", "$(touch x) `y` \\ \"", "'", "-n", "ä 🙂", "!x"] {
            let line = format!("printf %s {}", quote(text));
            let output = std::process::Command::new("sh").args(["-c", &line]).output().expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }

    #[test]
    fn the_line_names_method_key_and_body() {
        let line = post("http://localhost/api/push", r#"{"user":"o'hara"}"#);
        assert!(line.starts_with("curl -X POST http://localhost/api/push "));
        assert!(line.contains(r#"-d '{"user":"o'\''hara"}'"#), "{line}");
        assert!(line.contains("Bearer $TIDINGS_API_KEY"));
    }
}
