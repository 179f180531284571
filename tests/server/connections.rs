//! The operator lists the connections and closes one.

use serde_json::json;
use tests::deadline::{DEADLINE, eventually};
use tests::{LOBBY, TestServer};

#[tokio::test]
async fn the_list_tells_who_is_connected() {
    let server = TestServer::start().await;
    let api = server.api();
    assert!(api.connections().await.is_empty());
    let ada = server.join("Ada").await;
    let _plain = server.plain().await;
    let connections = api.expect_connections(2).await;
    let of_mode = |mode: &str| connections.iter().find(|c| c["mode"] == mode).expect("one of this mode");

    let typed = of_mode("typed");
    assert_eq!(typed["connection"], json!(ada.connection()));
    assert_eq!(typed["user"], json!(ada.user()));
    assert_eq!(typed["name"], "Ada");
    assert!(typed["address"].as_str().is_some_and(|address| address.starts_with("127.0.0.1")), "{typed}");
    assert!(typed["connected_at"].as_u64().is_some_and(|at| at > 1_600_000_000_000), "{typed}");
    assert!(typed["subscriptions"].to_string().contains(LOBBY) || typed["subscriptions"] == 1, "{typed}");

    let plain = of_mode("plain");
    assert!(plain["user"].as_str().is_some_and(|user| user.starts_with("guest-")), "{plain}");
    assert_ne!(plain["connection"], typed["connection"]);
}

#[tokio::test]
async fn one_connection_can_be_looked_at() {
    let server = TestServer::start().await;
    let api = server.api();
    let ada = server.join("Ada").await;
    let one = api.get(&format!("/api/connections/{}", ada.connection())).await.ok();
    assert_eq!(one["connection"], json!(ada.connection()));
    assert_eq!(one["name"], "Ada");
    assert_eq!(one["mode"], "typed");
    api.get("/api/connections/999999999999").await.refused(404, "unknown_connection");
    assert!([400, 404].contains(&api.get("/api/connections/ada").await.status));
}

#[tokio::test]
async fn an_operator_ends_a_connection_for_good() {
    let server = TestServer::start().await;
    let api = server.api();
    let ada = server.join("Ada").await;
    let path = format!("/api/connections/{}", ada.connection());
    assert_eq!(api.delete(&path).await.status, 204);
    assert_eq!(ada.expect_ended().await, Some(4500));
    api.expect_connections(0).await;
    api.delete(&path).await.refused(404, "unknown_connection");
}

#[tokio::test]
async fn the_closed_side_is_told_why() {
    let server = TestServer::start().await;
    let api = server.api();
    let mut raw = server.raw().await;
    let number = raw.greet("Ada").await["connection"].clone();
    assert_eq!(
        api.delete(&format!("/api/connections/{number}?code=4999&reason=spam%20again")).await.status,
        204
    );
    let closing = raw.expect("closing").await;
    assert_eq!((closing["code"].as_u64(), closing["reason"].as_str()), (Some(4999), Some("spam again")));
    assert_eq!(raw.expect_close(4999).await, "spam again");
    raw.expect_end().await;
}

#[tokio::test]
async fn a_client_that_may_reconnect_does_so() {
    let server = TestServer::start().await;
    let (ada, bob) = (server.join("Ada").await, server.join("Bob").await);
    let before = ada.connection();
    assert_eq!(server.api().delete(&format!("/api/connections/{before}?code=4100")).await.status, 204);
    let after = ada.expect_online_anew(before).await;
    assert_ne!(after, before);
    ada.expect_subscribed(LOBBY).await;
    bob.publish(LOBBY, "welcome back").await;
    ada.expect_chat("welcome back").await;
}

#[tokio::test]
async fn a_code_that_is_not_for_applications_is_refused() {
    let server = TestServer::start().await;
    let api = server.api();
    let ada = server.join("Ada").await;
    for query in ["code=999", "code=1005", "code=1006", "code=5000", "code=x", "code=70000"] {
        let answer = api.delete(&format!("/api/connections/{}?{query}", ada.connection())).await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
    }
    let reason = "x".repeat(124);
    let answer = api.delete(&format!("/api/connections/{}?reason={reason}", ada.connection())).await;
    assert_eq!(answer.status, 400, "a reason has at most 123 bytes: {answer:?}");
    ada.publish(LOBBY, "still here").await;
}

#[tokio::test]
async fn a_plain_connection_is_ended_as_well() {
    let server = TestServer::start().await;
    let api = server.api();
    let mut plain = server.plain().await;
    let connection = api.expect_connections(1).await[0]["connection"].clone();
    assert_eq!(api.delete(&format!("/api/connections/{connection}")).await.status, 204);
    plain.expect_close(4500).await;
    plain.expect_end().await;
    api.expect_connections(0).await;
}

#[tokio::test]
async fn messages_to_and_from_a_client_are_counted() {
    let server = TestServer::start().await;
    let (api, ada) = (server.api(), server.join("Ada").await);
    for text in ["one", "two", "three"] {
        ada.publish(LOBBY, text).await;
    }
    let path = format!("/api/connections/{}", ada.connection());
    eventually(DEADLINE, "three messages are counted", async || {
        let one = api.get(&path).await.ok();
        if one["sent"] == 3 && one["received"].as_u64() >= Some(3) { Ok(()) } else { Err(one.to_string()) }
    })
    .await;
}
