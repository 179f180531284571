//! The command line, environment and config file, and the start of the program.

use std::net::TcpListener;

use shared::protocol::ErrorCode;
use tempfile::TempDir;
use tests::server::run_to_end;
use tests::{Settings, TestServer};

/// Returns the message rate of a server with these settings.
async fn rate_of(settings: Settings) -> u64 {
    let server = TestServer::start_with(settings).await;
    let mut raw = server.raw().await;
    raw.greet("Ada").await["limits"]["messages_per_second"].as_u64().unwrap()
}

#[tokio::test]
async fn a_flag_overrides_a_variable_the_file_and_the_default() {
    let default = rate_of(Settings::default()).await;
    let file = Settings::default().config("message_rate = 11\n");
    assert_ne!(default, 11);
    assert_eq!(rate_of(file.clone()).await, 11);
    let variable = file.variable("TIDINGS_MESSAGE_RATE", "22");
    assert_eq!(rate_of(variable.clone()).await, 22);
    assert_eq!(rate_of(variable.flag("--message-rate", "33")).await, 33);
}

/// Runs the program with invalid settings. Returns its output.
async fn refused(settings: Settings, arguments: &[&str]) -> String {
    let folder = TempDir::new().unwrap();
    let output = run_to_end(&settings, folder.path(), arguments).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it started: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[tokio::test]
async fn settings_that_make_no_sense_are_named() {
    let said = refused(Settings::default().flag("--listen", "nowhere"), &[]).await;
    assert!(said.contains("--listen") || said.contains("nowhere"), "{said}");
    let said = refused(Settings::default().variable("TIDINGS_MESSAGE_RATE", "many"), &[]).await;
    assert!(said.to_lowercase().contains("message_rate") || said.contains("message-rate"), "{said}");
    let said =
        refused(Settings::default().config("message_rate = \"many\"\n"), &["--listen", "127.0.0.1:0"]).await;
    assert!(said.contains("message-rate") || said.contains("message_rate"), "{said}");
    let said = refused(Settings::default().config("mesage_rate = 5\n"), &["--listen", "127.0.0.1:0"]).await;
    assert!(said.contains("mesage_rate"), "a misspelt setting is an error: {said}");
    let said = refused(Settings::default().config("= nonsense"), &["--listen", "127.0.0.1:0"]).await;
    assert!(said.contains("config.toml"), "the file is named: {said}");
    let said = refused(Settings::default(), &["--config", "absent.toml"]).await;
    assert!(said.contains("absent.toml"), "{said}");
    let said = refused(Settings::default(), &["--no-such-flag"]).await;
    assert!(said.contains("--no-such-flag"), "{said}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = TempDir::new().unwrap();
    let path = data.path().to_str().unwrap();
    let said = refused(Settings::default(), &["--listen", &address, "--data", path]).await;
    assert!(said.contains(&address), "{said}");
    assert!(!data.path().join("tidings.db").exists(), "the log was opened, and left unclosed");
}

#[tokio::test]
async fn an_address_may_be_a_name() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for text in [format!("localhost:{}", address.port()), address.port().to_string()] {
        let said = refused(Settings::default(), &["--listen", &text, "--data", "data"]).await;
        assert!(said.contains(&address.to_string()) && said.contains("listened on"), "{text}: {said}");
    }
}

#[tokio::test]
async fn a_variable_that_cannot_be_used_is_named() {
    for (name, value, form) in [
        ("TIDINGS_LISTEN", "nowhere", "ADDR:PORT"),
        ("TIDINGS_ORIGINS", "chat.example", "https://HOST"),
        ("TIDINGS_API_KEY", "two words of a key", "visible ASCII"),
        ("TIDINGS_API_KEY", "short\n", "16 bytes"),
        ("TIDINGS_TOKEN_SECRET", "short", "16 bytes"),
    ] {
        let settings = Settings::default().variable(name, value);
        let said = refused(settings, &["--data", "data"]).await;
        assert!(said.contains(name) && said.contains(form), "{said}");
    }
}

#[tokio::test]
async fn an_empty_variable_is_unset() {
    let names = [
        "TIDINGS_API_KEY",
        "TIDINGS_TOKEN_SECRET",
        "TIDINGS_ORIGINS",
        "TIDINGS_HOSTS",
        "TIDINGS_LISTEN",
        "TIDINGS_CONFIG",
        "TIDINGS_DATA",
        "TIDINGS_WORKERS",
        "TIDINGS_DURABILITY",
        "TIDINGS_LOG",
    ];
    let settings = names.iter().fold(Settings::default(), |settings, name| settings.variable(name, ""));
    let server = TestServer::start_with(settings).await;
    server.api().publish(tests::LOBBY, "hi").await;
    server.log().expect(&["listening"]).await;
}

#[tokio::test]
async fn check_names_the_settings_that_override_the_file() {
    let settings = Settings::default().config("origins = [\"https://chat.example\"]\n");
    let settings = settings.variable("TIDINGS_ORIGINS", "http://127.0.0.1:8080");
    let server = TestServer::start_with(settings).await;
    server.log().expect(&["origins", "TIDINGS_", "stands over", "config file"]).await;
}

#[tokio::test]
async fn a_misspelt_variable_is_reported() {
    let settings = Settings::default().variable("TIDINGS_CONNECTION_MAX", "5");
    let server = TestServer::start_with(settings).await;
    server.log().expect(&["TIDINGS_CONNECTION_MAX", "is not a setting"]).await;
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_had_is_named() {
    let folder = TempDir::new().unwrap();
    // A file in the place of the directory also stops root.
    let path = folder.path().join("occupied");
    std::fs::write(&path, "a file").unwrap();
    let path = path.to_str().unwrap();
    let said = refused(Settings::default(), &["--listen", "127.0.0.1:0", "--data", path]).await;
    assert!(said.contains(path), "{said}");
    let below = format!("{path}/below");
    let said = refused(Settings::default(), &["--listen", "127.0.0.1:0", "--data", &below]).await;
    assert!(said.contains(path), "{said}");
}

#[tokio::test]
async fn a_data_folder_is_made_with_those_above_it() {
    let folder = TempDir::new().unwrap();
    let deep = folder.path().join("a/b/c");
    let settings = Settings::default().variable("TIDINGS_DATA", &deep).keeps_data_in(&deep);
    let server = TestServer::start_with(settings).await;
    server.join("Ada").await;
    assert!(deep.join("tidings.db").is_file());
    assert!(!server.api_key().is_empty());
}

#[tokio::test]
async fn by_default_the_data_is_in_the_working_directory() {
    let server = TestServer::start_with(Settings::default().keeps_data_in("tidings-data")).await;
    server.join("Ada").await;
    assert!(server.home().join("tidings-data/tidings.db").is_file());
}

#[tokio::test]
async fn two_servers_do_not_share_a_data_folder() {
    let server = TestServer::start().await;
    let data = server.data();
    let said =
        refused(Settings::default(), &["--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]).await;
    assert!(said.contains(data.to_str().unwrap()), "{said}");
    server.join("Ada").await;
}

#[tokio::test]
async fn the_program_explains_itself() {
    let folder = TempDir::new().unwrap();
    let help = run_to_end(&Settings::default(), folder.path(), &["--help"]).await;
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for word in ["--listen", "--data", "--config", "--message-rate", "TIDINGS_LISTEN"] {
        assert!(help.contains(word), "{word} is not in:\n{help}");
    }
    let version = run_to_end(&Settings::default(), folder.path(), &["--version"]).await;
    assert!(version.status.success());
    assert!(String::from_utf8_lossy(&version.stdout).contains("tidings"));
}

#[tokio::test]
async fn serve_is_the_default_command() {
    let server = TestServer::start_with(Settings::default().command("serve")).await;
    server.join("Ada").await;
}

#[tokio::test]
async fn a_configured_namespace_has_its_policy() {
    let config = "[namespaces.board]\npublish = \"key\"\n[namespaces.tick]\nhistory = false\n";
    let server = TestServer::start_with(Settings::default().config(config)).await;
    let ada = server.join("Ada").await;
    ada.subscribe("board:notices").await;
    let attempt = ada.send("board:notices", "may I?").await;
    assert_eq!(ada.expect_failed(attempt).await.code, ErrorCode::Forbidden);
    server.api().publish("board:notices", "only the office writes here").await;
    ada.expect_chat("only the office writes here").await;
    assert_eq!(ada.history("board:notices", None, 5).await.0.len(), 1);
    ada.subscribe("tick:tock").await;
    ada.publish("tick:tock", "gone at once").await;
    ada.expect_chat("gone at once").await;
    assert_eq!(ada.history_refused("tick:tock").await, ErrorCode::HistoryOff);
    // The other namespaces are unchanged.
    ada.publish(tests::LOBBY, "still here").await;
}
