//! People talk in the app.

use tests::browser::story;
use tests::pages::Delivery;
use tests::{LOBBY, Settings};

#[tokio::test]
async fn the_page_talks_with_a_native_client() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        ada.says("from the page").await;
        bob.expect_chat("from the page").await;
        bob.publish(LOBBY, "from outside").await;
        ada.sees("Bob", "from outside").await;
    })
    .await;
}

#[tokio::test]
async fn a_new_name_is_seen_by_others() {
    story(async |stage| {
        let (ada, bob) = (stage.person("Ada").await, stage.person("Bob").await);
        let before = ada.connection().expect_online().await;
        ada.profile().open().await;
        let user = ada.profile().user().await;
        assert!(user.contains("guest-"), "{user}");
        ada.profile().rename("Ada Lovelace").await;
        bob.roster().expect(&["Ada Lovelace", "Bob"]).await;
        assert_eq!(ada.connection().expect_online().await, before, "the connection is the same");
        ada.reload().await;
        ada.welcome().expect_gone().await;
        ada.says("it is still me").await;
        bob.sees("Ada Lovelace", "it is still me").await;
    })
    .await;
}

#[tokio::test]
async fn a_refused_message_can_be_tried_again() {
    // Only the application may publish in this namespace.
    let settings = Settings::default().config("[namespaces.board]\npublish = \"key\"\n");
    tests::browser::story_with(settings, async |stage| {
        let ada = stage.person("Ada").await;
        ada.visit("/#/board/notices").await;
        stage.server.api().publish("board:notices", "Only the office writes here").await;
        ada.timeline().expect_text("Only the office writes here").await;
        ada.wire().toggle().await;
        ada.timeline().write("May I?").await;
        ada.timeline().expect_delivery("May I?", Delivery::Failed).await;
        ada.wire().expect_rows("sent", "publish", 1).await;
        ada.timeline().retry().await;
        ada.wire().expect_rows("sent", "publish", 2).await;
        ada.timeline().expect_delivery("May I?", Delivery::Failed).await;
        // A refused message does not delay the others.
        ada.visit("/#/room/lobby").await;
        ada.says("here I may").await;
    })
    .await;
}
