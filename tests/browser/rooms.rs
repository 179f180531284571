//! Several rooms.

use tests::LOBBY;
use tests::browser::story;

#[tokio::test]
async fn people_meet_in_a_room_of_their_own() {
    story(async |stage| {
        let (ada, bob) = (stage.person("Ada").await, stage.person("Bob").await);
        ada.rooms().open("kitchen").await;
        ada.says("who cooks?").await;
        bob.rooms().open("kitchen").await;
        bob.sees("Ada", "who cooks?").await;
        bob.roster().expect(&["Ada", "Bob"]).await;
        bob.rooms().go(LOBBY).await;
        bob.timeline().expect_exactly(&[]).await;
        bob.says("in the lobby").await;
        ada.rooms().go(LOBBY).await;
        ada.timeline().expect_exactly(&["in the lobby"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_room_has_an_address() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        bob.publish("room:kitchen", "dinner").await;
        ada.visit("/#/room/kitchen").await;
        ada.sees("Bob", "dinner").await;
        ada.reload().await;
        ada.sees("Bob", "dinner").await;
    })
    .await;
}

#[tokio::test]
async fn others_see_somebody_write_and_go() {
    let settings = tests::Settings::default().presence_grace_ms(100);
    tests::browser::story_with(settings, async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.server.join("Bob").await;
        ada.roster().expect(&["Ada", "Bob"]).await;
        bob.type_in(LOBBY);
        ada.expect_text("body", "typing").await;
        bob.leave().await;
        ada.roster().expect(&["Ada"]).await;
    })
    .await;
}
