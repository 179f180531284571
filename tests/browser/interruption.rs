//! The connection breaks, and people continue.

use tests::LOBBY;
use tests::browser::{Screen, story};
use tests::pages::{Delivery, State};
use tests::proxy::{Direction, Proxy};

#[tokio::test]
async fn no_members_are_shown_while_the_connection_is_down() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        ada.roster().expect_heading("Here now · 2").await;
        stage.server.stop().await;
        drop(bob);
        ada.roster().expect_heading("Last seen here · 2").await;
        stage.server.start_again().await;
        ada.roster().expect_heading("Here now · 1").await;
    })
    .await;
}

#[tokio::test]
async fn messages_written_before_a_reload_are_still_sent() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        stage.server.kill();
        ada.connection().expect(State::Waiting).await;
        ada.timeline().write("do not lose me").await;
        ada.timeline().expect_delivery("do not lose me", Delivery::Local).await;
        stage.server.start_again().await;
        ada.reload().await;
        ada.timeline().expect_delivery("do not lose me", Delivery::Accepted).await;
        bob.expect_chat("do not lose me").await;
    })
    .await;
}

#[tokio::test]
async fn the_badge_counts_down_and_the_wait_can_be_skipped() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let before = ada.connection().expect_online().await;
        stage.server.stop().await;
        ada.connection().expect(State::Waiting).await;
        ada.connection().expect_countdown().await;
        // Each attempt fails at once; the wait after it grows.
        ada.connection().connect_now().await;
        ada.connection().expect_countdown().await;
        stage.server.start_again().await;
        // It may already have reconnected. Then there is nothing to click on.
        ada.connection().connect_now_if_waiting().await;
        ada.connection().expect_online_anew(before).await;
    })
    .await;
}

#[tokio::test]
async fn a_person_who_was_disconnected_sees_why_and_can_come_back() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let before = ada.connection().expect_online().await;
        let path = format!("/api/connections/{before}?reason=Closing%20time");
        assert_eq!(stage.server.api().delete(&path).await.status, 204);
        ada.connection().expect(State::Ended).await;
        ada.expect_text("body", "Closing time").await;
        ada.connection().connect_now().await;
        ada.connection().expect_online_anew(before).await;
        ada.says("back again").await;
    })
    .await;
}

#[tokio::test]
async fn a_page_reconnects_at_once_when_the_machine_wakes() {
    story(async |stage| {
        let proxy = Proxy::before(stage.server.address(), 1).await;
        let ada = stage.stranger_at("Ada", &format!("http://{}", proxy.address()), Screen::Wide).await;
        ada.visit("/").await;
        ada.welcome().enter("Ada").await;
        let before = ada.connection().expect_online().await;
        // The machine sleeps: the network drops the connection silently. `performance.now()` stands still, so it is
        // behind `Date.now()` afterwards.
        proxy.stall(&[Direction::Up, Direction::Down]);
        ada.run("const now = Date.now; Date.now = () => now() + 600_000;", Vec::new()).await;
        stage.server.api().publish(LOBBY, "in the night").await;
        ada.run("dispatchEvent(new Event('focus'))", Vec::new()).await;
        ada.connection().expect_online_anew(before).await;
        ada.timeline().expect_text("in the night").await;
    })
    .await;
}
