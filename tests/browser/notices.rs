//! The application notifies people.

use std::process::Command;

use serde_json::json;
use tests::Stage;
use tests::browser::story;

/// Pushes as an application does that has only `curl`, or with an HTTP client if there is no `curl`.
async fn push(stage: &Stage, body: &serde_json::Value) -> String {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--noproxy", "*", "--fail-with-body"])
        .args(["--header", &format!("Authorization: Bearer {}", stage.server.api_key())])
        .args(["--json", &body.to_string()])
        .arg(stage.server.url("/api/push"));
    let output = tokio::process::Command::from(curl).output().await;
    match output {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{said} {}", String::from_utf8_lossy(&output.stderr));
            said
        }
        Err(_) => stage.server.api().post("/api/push", body).await.ok().to_string(),
    }
}

#[tokio::test]
async fn a_push_by_curl_appears_as_a_notification() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let connection = ada.connection().expect_online().await;
        let payload =
            json!({"type": "notification", "title": "Parcel", "body": "at the door", "level": "warning"});
        let said = push(stage, &json!({"connection": connection, "payload": payload})).await;
        assert_eq!(said, r#"{"connections":1,"failed":0}"#);
        ada.notices().expect_toast("Parcel").await;
        ada.notices().expect_count(1).await;
        ada.notices().open().await;
        ada.notices().expect_listed("at the door").await;
        ada.notices().expect_all_seen().await;
    })
    .await;
}

#[tokio::test]
async fn messages_that_came_while_a_person_was_away_are_shown() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        ada.profile().open().await;
        let user = ada.profile().user().await;
        ada.visit("/healthz").await;
        stage.server.api().expect_connections(0).await;
        let payload = json!({"type": "notification", "title": "While you were out"});
        stage.server.api().publish_payload(&format!("inbox:{user}"), &payload).await;
        ada.visit("/").await;
        ada.notices().expect_count(1).await;
        ada.notices().open().await;
        ada.notices().expect_listed("While you were out").await;
    })
    .await;
}

#[tokio::test]
async fn the_push_page_sends_and_shows_the_same_as_curl() {
    story(async |stage| {
        let (ada, bob) = (stage.person("Ada").await, stage.person("Bob").await);
        let number = bob.connection().expect_online().await;
        let page = ada.push_page();
        page.open().await;
        page.key(&stage.server.api_key()).await;
        page.target("Connection", &number.to_string()).await;
        page.notification("Dinner", "is served").await;
        let curl = page.curl().await;
        for part in ["curl", "/api/push", &stage.server.address().to_string(), "Dinner", "is served"] {
            assert!(curl.contains(part), "{part} is not in {curl}");
        }
        page.send().await;
        page.expect_result("1 connection").await;
        bob.notices().expect_toast("Dinner").await;
        bob.notices().expect_count(1).await;
        // The same page pushes to a room.
        page.target("Room", "lobby").await;
        page.chat("Dinner is served").await;
        page.send().await;
        page.expect_result("Sent (message").await;
        bob.timeline().expect_text("Dinner is served").await;
    })
    .await;
}

#[tokio::test]
async fn the_push_page_says_what_went_wrong() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        ada.expects_mistake(&["status of 401"]);
        ada.expects_mistake(&["status of 404"]);
        let page = ada.push_page();
        page.open().await;
        page.key("not the key").await;
        page.target("Connection", "999999999").await;
        page.notification("Dinner", "is served").await;
        page.send().await;
        page.expect_result("unauthorized").await;
        page.key(&stage.server.api_key()).await;
        page.send().await;
        page.expect_result("unknown_connection").await;
    })
    .await;
}

/// A page cannot see the operating system's notifications, so this replacement records them.
const NOTEBOOK: &str = r#"
    window.shown = [];
    window.Notification = function (title, options) { window.shown.push(`${title}: ${options.body}`); };
    window.Notification.permission = "default";
    window.Notification.requestPermission = () => {
        window.Notification.permission = "granted";
        return Promise.resolve("granted");
    };
"#;

#[tokio::test]
async fn the_desktop_shows_notifications_once_allowed() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let connection = ada.connection().expect_online().await;
        // Another window is in front: there a toast is not noticed.
        ada.run("document.hasFocus = () => false", Vec::new()).await;
        ada.run(NOTEBOOK, Vec::new()).await;
        let notification = |title: &str| {
            let payload = json!({"type": "notification", "title": title, "body": "at the door"});
            json!({"connection": connection, "payload": payload})
        };
        push(stage, &notification("Letter")).await;
        ada.notices().expect_toast("Letter").await;
        ada.notices().open().await;
        ada.notices().allow_desktop().await;
        ada.notices().expect_no_offer().await;
        push(stage, &notification("Parcel")).await;
        ada.expect_that(
            "the desktop shows what came after it was allowed, and nothing else",
            "JSON.stringify(window.shown) === '[\"Parcel: at the door\"]'",
            "window.shown",
        )
        .await;
    })
    .await;
}
