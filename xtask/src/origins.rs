//! Keeps the origins for `trunk serve` out of a server that `cargo xtask run` starts.

use std::process::Command;

/// The variable with the other origins whose pages may connect.
pub(crate) const VARIABLE: &str = "TIDINGS_ORIGINS";

/// Cargo's settings for this workspace.
const CONFIG: &str = include_str!("../../.cargo/config.toml");

/// Removes [`VARIABLE`] from the server's environment if its `value` is that of `.cargo/config.toml`. Cargo passes it to every
/// program that it starts. In the server it would override the origins of a config file.
pub(crate) fn forget_those_of_trunk(server: &mut Command, value: Option<&str>) {
    // A different value was set by the user, so keep it.
    if value.is_some() && value == for_trunk(CONFIG) {
        server.env_remove(VARIABLE);
    }
}

/// Returns the value of [`VARIABLE`] in `config`.
fn for_trunk(config: &str) -> Option<&str> {
    let value = config.lines().find_map(|line| line.strip_prefix(VARIABLE)?.trim_start().strip_prefix('='));
    value.map(|value| value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origins_for_trunk_are_not_passed_to_the_server() {
        let is_removed = |value| {
            let mut server = Command::new("tidings");
            forget_those_of_trunk(&mut server, value);
            server.get_envs().any(|(name, value)| name == VARIABLE && value.is_none())
        };
        assert!(is_removed(Some("http://127.0.0.1:8080,http://localhost:8080")), "{CONFIG}");
        assert!(!is_removed(Some("https://chat.example")), "a person has set it");
        assert!(!is_removed(None));
    }
}
