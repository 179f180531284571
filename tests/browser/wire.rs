//! The panel that shows the messages on the wire.

use tests::browser::story;

#[tokio::test]
async fn the_panel_lists_what_is_sent_and_received() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        ada.wire().toggle().await;
        ada.wire().expect("open", "").await;
        ada.wire().expect("sent", "hello").await;
        ada.wire().expect("received", "welcome").await;
        ada.says("look at this").await;
        ada.wire().expect("sent", "publish").await;
        ada.wire().expect("received", "accepted").await;
        ada.wire().expect("received", "message").await;
        stage.server.restart().await;
        ada.wire().expect("close", "").await;
        ada.wire().toggle().await;
        ada.wire().expect_closed().await;
    })
    .await;
}
