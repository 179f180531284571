//! Passes the server's output on, and adds how to push a first message when the server listens.
//!
//! This is a separate process: on Unix the server replaces this program, and on Windows Ctrl-C ends this program before the server.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::ExitCode;

use crate::failure::Failure;

/// The name of the hidden task; its one argument is the shell's expression for the API key.
pub(crate) const TASK: &str = "__hint";

/// Passes stdin on to stdout.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let key = arguments.first().map(String::as_str).unwrap_or_default();
    relay(std::io::stdin(), std::io::stdout(), key);
    Ok(ExitCode::SUCCESS)
}

/// Copies lines until `server` ends. It reads on if its own output is closed, because a server with a broken pipe would fail
/// during its shutdown.
fn relay(server: impl Read, mut out: impl Write, key: &str) {
    let mut lines = BufReader::new(server);
    let mut line = Vec::new();
    while matches!(lines.read_until(b'\n', &mut line), Ok(read) if read > 0) {
        let text = String::from_utf8_lossy(&line);
        let hint = text.trim_end().strip_prefix("listening on ").map(|url| hint(url, key));
        let _ = out.write_all(&line);
        let _ = out.write_all(hint.unwrap_or_default().as_bytes());
        let _ = out.flush();
        line.clear();
    }
}

/// What the user has to replace if the directory of the API key is not known.
const UNKNOWN_KEY: &str = "YOUR_API_KEY";

/// Returns the shell's expression for the API key of a server that is started with `arguments`, or [`UNKNOWN_KEY`] if a settings file
/// may name its directory.
pub(crate) fn key(arguments: &[String], variable: impl Fn(&str) -> Option<String>) -> String {
    // The server treats an empty variable as unset.
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    if variable("TIDINGS_API_KEY").is_some() {
        return "$TIDINGS_API_KEY".to_owned();
    }
    let mut words = arguments.iter();
    let flag = words.find_map(|word| match word.strip_prefix("--data") {
        Some("") => Some(None),
        Some(rest) => rest.strip_prefix('=').map(|folder| Some(folder.to_owned())),
        None => None,
    });
    let flag = flag.and_then(|folder| folder.or_else(|| words.next().cloned()));
    let has_file = variable("TIDINGS_CONFIG").is_some()
        || arguments.iter().any(|word| word == "--config" || word.starts_with("--config="));
    let folder = match flag.or_else(|| variable("TIDINGS_DATA")) {
        Some(folder) => folder,
        None if has_file => return UNKNOWN_KEY.to_owned(),
        None => "tidings-data".to_owned(),
    };
    let file = format!("{}/api-key", folder.trim_end_matches('/'));
    let plain = file.chars().all(|c| c.is_alphanumeric() || "/._-~:".contains(c));
    if plain { format!("$(cat {file})") } else { format!("$(cat '{}')", file.replace('\'', r"'\''")) }
}

fn hint(url: &str, key: &str) -> String {
    // A server that listens on every address is reached from here by the loopback address.
    let url = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
    let payload = r#"{"channel":"room:lobby","payload":{"type":"notification","title":"Hello","body":"from curl","level":"info"}}"#;
    format!(
        "
Open {url} in a browser. To push a message to everyone there, from another terminal:

curl -X POST {url}/api/publish -H \"Authorization: Bearer {key}\" -H 'Content-Type: application/json' -d '{payload}'

Ctrl-C stops the server.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        key(&arguments, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_hint_follows_the_line_that_names_the_address() {
        let mut out = Vec::new();
        relay(&b"listening on http://127.0.0.1:9501\nbye\n"[..], &mut out, "$(cat tidings-data/api-key)");
        let out = String::from_utf8(out).unwrap();
        assert!(out.starts_with("listening on http://127.0.0.1:9501\n"));
        assert!(out.ends_with("bye\n"));
        let curl = r#"curl -X POST http://127.0.0.1:9501/api/publish -H "Authorization: Bearer $(cat tidings-data/api-key)" -H 'Content-Type: application/json' -d '{"channel":"room:lobby","payload":{"type":"notification","title":"Hello","body":"from curl","level":"info"}}'"#;
        assert!(out.lines().any(|line| line == curl), "{out}");
    }

    #[test]
    fn the_key_is_where_the_server_keeps_it() {
        assert_eq!(key_of(&[], &[]), "$(cat tidings-data/api-key)");
        assert_eq!(key_of(&[], &[("TIDINGS_DATA", "/srv/t/")]), "$(cat /srv/t/api-key)");
        assert_eq!(key_of(&["serve", "--data", "d"], &[("TIDINGS_DATA", "/srv/t")]), "$(cat d/api-key)");
        assert_eq!(key_of(&["--data=my data"], &[]), "$(cat 'my data/api-key')");
        assert_eq!(key_of(&["--data", "d"], &[("TIDINGS_API_KEY", "k")]), "$TIDINGS_API_KEY");
        assert_eq!(key_of(&["--config", "t.toml"], &[]), UNKNOWN_KEY);
        assert_eq!(key_of(&[], &[("TIDINGS_CONFIG", "t.toml")]), UNKNOWN_KEY);
        assert_eq!(key_of(&["--config=t.toml"], &[("TIDINGS_DATA", "d")]), "$(cat d/api-key)");
        let empty = [("TIDINGS_API_KEY", ""), ("TIDINGS_DATA", " ")];
        assert_eq!(key_of(&[], &empty), "$(cat tidings-data/api-key)");
    }
}
