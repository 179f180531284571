//! The precedence of the command line, the variables and the file.

use std::ffi::OsString;

use super::*;
use crate::config::listen::Listen;
use crate::config::secret::Secret;

fn with(variables: &[(&str, &str)], arguments: &[&str]) -> Result<Settings, ConfigError> {
    let program = std::iter::once(&"tidings").chain(arguments);
    let matches = command().try_get_matches_from(program).unwrap();
    let read = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    };
    match Cli::from_matches(&matches, &read).unwrap()? {
        Command::Serve(args) => args.settings(),
        other => panic!("{other:?}"),
    }
}

fn settings(arguments: &[&str]) -> Result<Settings, ConfigError> {
    with(&[], arguments)
}

#[test]
fn serve_is_the_default_command() {
    assert_eq!(
        settings(&["--message-rate", "7"]).unwrap(),
        settings(&["serve", "--message-rate", "7"]).unwrap()
    );
}

#[test]
fn a_flag_stands_over_the_file_and_the_file_over_the_default() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tidings.toml");
    let text = "message_rate = 3\nheartbeat_ms = 700\n[namespaces.news]\npublish = \"key\"\n";
    std::fs::write(&file, text).unwrap();
    let settings = settings(&["--config", file.to_str().unwrap(), "--message-rate", "7"]).unwrap();
    assert_eq!((settings.message_rate, settings.heartbeat_ms, settings.hello_ms), (7, 700, 10_000));
    let names: Vec<&str> = settings.namespaces.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["dm", "inbox", "live", "news", "room"], "the file adds to the default namespaces");
}

#[test]
fn what_is_said_of_a_file_does_not_show_a_secret() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tidings.toml");
    for (text, word) in [
        ("workers = 1\r\ntoken_secret = \"4711471147114711", "line 2"),
        ("api_key = 4711471147114711", "api_key"),
        ("token_secret = [\"4711471147114711\"]", "token_secret"),
        ("api_key = \"4711471147114711\"\napi_key = \"4711471147114711\"", "line 2"),
    ] {
        std::fs::write(&file, text).unwrap();
        let error = settings(&["--config", file.to_str().unwrap()]).unwrap_err().to_string();
        assert!(error.contains(word) && !error.contains("4711"), "{error}");
    }
}

#[test]
fn what_cannot_be_used_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tidings.toml");
    for (text, word) in
        [("colour = 1", "colour"), ("message_rate = \"x\"", "message_rate"), ("x", "tidings.toml")]
    {
        std::fs::write(&file, text).unwrap();
        let error = settings(&["--config", file.to_str().unwrap()]).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let missing = settings(&["--config", "/nowhere/tidings.toml"]).unwrap_err().to_string();
    assert!(missing.contains("/nowhere/tidings.toml"), "{missing}");
    assert!(settings(&["--workers", "0"]).unwrap_err().to_string().contains("workers"));
    assert!(settings(&["--retention-ms", "9"]).unwrap_err().to_string().contains("retention-ms is 9"));
    assert_eq!(settings(&["--retention-ms", "10"]).unwrap().retention_ms, 10);
    assert!(
        settings(&["--frame-bytes-max", "124"]).unwrap_err().to_string().contains("frame-bytes-max is 124")
    );
    assert_eq!(settings(&["--frame-bytes-max", "125"]).unwrap().frame_bytes_max, 125);
}

#[test]
fn what_is_printed_of_the_settings_has_no_secret() {
    let secret = || Some(Secret::from("0123456789abcdef".to_owned()));
    let variables = Given { api_key: Some(secret()), token_secret: Some(secret()), ..Given::default() };
    let args = ServeArgs { variables, ..ServeArgs::default() };
    let printed = format!("{args:?} {:#?}", args.clone().settings().unwrap());
    assert!(!printed.contains("0123456789abcdef"), "{printed}");
    assert_eq!(args.settings().unwrap().api_key, secret(), "it is there");
}

/// A value for each variable that its setting can take.
fn variables() -> Vec<(&'static str, &'static str)> {
    let value = |name: &str| match name {
        "TIDINGS_CONFIG" | "TIDINGS_DATA" => "x",
        "TIDINGS_LISTEN" => "localhost:9000",
        "TIDINGS_ORIGINS" => "https://a.example/, https://b.example",
        "TIDINGS_HOSTS" => "a.example, b.example",
        "TIDINGS_DURABILITY" => "normal",
        "TIDINGS_METRICS" => "key",
        "TIDINGS_LOG" => "debug",
        "TIDINGS_API_KEY" | "TIDINGS_TOKEN_SECRET" => "0123456789abcdef",
        _ => "700",
    };
    SETTINGS.iter().map(|setting| (setting.variable, value(setting.variable))).collect()
}

#[test]
fn an_empty_variable_is_unset() {
    for (name, _) in variables() {
        for empty in ["", " ", "\n", "\r\n", "\u{feff}"] {
            assert_eq!(with(&[(name, empty)], &[]).unwrap(), Settings::default(), "{name}={empty:?}");
        }
    }
}

#[test]
fn a_variable_may_have_blanks_around_it() {
    for (name, value) in variables().into_iter().filter(|(name, _)| *name != "TIDINGS_CONFIG") {
        let plain = with(&[(name, value)], &[]).unwrap();
        assert_ne!(plain, Settings::default(), "{name} changes nothing");
        for value in [format!("{value}\n"), format!(" {value}\r\n"), format!("\u{feff}{value} ")] {
            assert_eq!(with(&[(name, &value)], &[]).unwrap(), plain, "{name}={value:?}");
        }
    }
}

#[test]
fn a_variable_that_cannot_be_used_is_named() {
    for (name, value, form) in [
        ("TIDINGS_LISTEN", "nowhere", "ADDR:PORT"),
        ("TIDINGS_ORIGINS", "https://a.example,example.org", "https://HOST"),
        ("TIDINGS_HOSTS", "https://a.example", "a name such as"),
        ("TIDINGS_WORKERS", "many", "many"),
        ("TIDINGS_DURABILITY", "maybe", "full, normal"),
        ("TIDINGS_METRICS", "nobody", "open, key"),
        ("TIDINGS_DATA", "\"/srv/log\"", "quotation marks"),
        ("TIDINGS_API_KEY", "'0123456789abcdef'", "quotation marks"),
    ] {
        let said = with(&[(name, value)], &[]).unwrap_err().to_string();
        assert!(said.contains(name) && said.contains(form), "{said}");
    }
}

#[test]
fn a_list_is_the_same_in_a_flag_a_variable_and_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.toml");
    let expected =
        settings(&["--origin", "https://a.example", "--origin", "https://b.example"]).unwrap().origins;
    assert_eq!(expected.len(), 2);
    for text in ["https://a.example, https://b.example/", "https://a.example,\nhttps://b.example,\n"] {
        assert_eq!(settings(&["--origin", text]).unwrap().origins, expected);
        assert_eq!(with(&[("TIDINGS_ORIGINS", text)], &[]).unwrap().origins, expected);
        let items: Vec<&str> = text.split_inclusive(',').collect();
        for value in [format!("{text:?}"), format!("{items:?}")] {
            std::fs::write(&path, format!("\u{feff}origins = {value}\r\nlisten = \"\"\r\n")).unwrap();
            let settings = settings(&["--config", path.to_str().unwrap()]).unwrap();
            assert_eq!((settings.origins, settings.listen), (expected.clone(), Listen::default()), "{value}");
        }
    }
}

#[test]
fn a_backup_reads_the_directory_that_the_server_uses() {
    let data = |variable: &'static str, arguments: &[&str]| {
        let program = ["tidings", "backup", "copy.db"].iter().chain(arguments);
        let matches = command().try_get_matches_from(program).unwrap();
        let read = |name: &str| (name == "TIDINGS_DATA").then(|| OsString::from(variable));
        match Cli::from_matches(&matches, &read).unwrap().unwrap() {
            Command::Backup(backup) => backup.data.to_str().unwrap().to_owned(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(data("", &[]), "tidings-data");
    assert_eq!(data(" /srv/log\n", &[]), "/srv/log");
    assert_eq!(data("/srv/log", &["--data", "other"]), "other");
}

#[test]
fn what_stands_over_the_file_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.toml");
    std::fs::write(&path, "origins = [\"https://a.example\"]\nhello_ms = 7\n").unwrap();
    let flags = ["--config", path.to_str().unwrap(), "--hello-ms", "7"];
    assert!(with(&[], &flags).unwrap().overridden.is_empty(), "the same value is no other");
    let said = with(&[("TIDINGS_ORIGINS", "https://b.example")], &flags).unwrap().overridden;
    assert!(matches!(said[..], [Overridden { key: "origins", by: Source::Variable }]), "{said:?}");
}

#[test]
fn a_flag_that_cannot_be_used_is_named() {
    for (flag, value, form) in [("--listen", "nowhere", "ADDR:PORT"), ("--stop-ms", "-1", "from 0 to")] {
        let said = settings(&[&format!("{flag}={value}")]).unwrap_err().to_string();
        assert!(said.contains(flag) && said.contains(value) && said.contains(form), "{said}");
    }
}

#[test]
fn the_file_cannot_name_another_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidings.toml");
    std::fs::write(&path, "config = \"other.toml\"\n").unwrap();
    let said = settings(&["--config", path.to_str().unwrap()]).unwrap_err().to_string();
    assert!(said.contains("“config” is not a setting"), "{said}");
}

#[test]
fn the_help_has_the_default_and_the_variable_of_each_flag() {
    let help = command().render_help().to_string();
    // The lines are wrapped.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for setting in SETTINGS.iter().filter(|setting| setting.flag.is_some()) {
        let flag = format!("--{} <{}>", setting.flag.unwrap(), setting.unit);
        assert!(help.contains(&flag) && help.contains(setting.variable), "{flag}: {help}");
    }
    assert!(help.contains("[default: 127.0.0.1:9501] [variable: TIDINGS_LISTEN]"), "{help}");
}
