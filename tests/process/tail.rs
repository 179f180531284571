//! A message gets lost between server and client, and the client notices.

use tests::{LOBBY, Proxy, Settings, TestServer};

#[tokio::test]
async fn the_lost_last_message_of_a_quiet_channel_is_asked_for() {
    let server = TestServer::start_with(Settings::default().flag("--heartbeat-ms", "500")).await;
    let proxy = Proxy::that_loses(server.address()).await;
    let bob = server.client("Bob").through(proxy.address()).join().await;
    let connection = bob.connection();
    server.api().publish(LOBBY, "heard").await;
    bob.expect_chat("heard").await;
    proxy.lose_next_message();
    // No message follows it, so only the heartbeat shows the loss.
    server.api().publish(LOBBY, "the last for a long time").await;
    bob.expect_chat("the last for a long time").await;
    assert_eq!(proxy.lost(), 1);
    assert_eq!(bob.connection(), connection, "it was requested on the same connection");
}

#[tokio::test]
async fn a_message_lost_before_another_is_asked_for_at_once() {
    // There is no heartbeat during this story.
    let server = TestServer::start().await;
    let proxy = Proxy::that_loses(server.address()).await;
    let bob = server.client("Bob").through(proxy.address()).join().await;
    server.api().publish(LOBBY, "one").await;
    bob.expect_chat("one").await;
    proxy.lose_next_message();
    for text in ["two", "three", "four"] {
        server.api().publish(LOBBY, text).await;
    }
    bob.expect_chats(&["two", "three", "four"]).await;
    assert_eq!(proxy.lost(), 1);
}
