//! Messages that are no longer kept leave a gap line at their place.

use std::path::PathBuf;

use tests::browser::{Person, Stage, story, story_with};
use tests::deadline::{DEADLINE, eventually};
use tests::pages::State;
use tests::{LOBBY, Settings};

const RESET: &str = "This room was reset. Earlier messages are gone.";

/// Ada reads these texts and is then cut off.
async fn reads_and_is_cut_off(stage: &mut Stage, texts: &[&str]) -> Person {
    let ada = stage.person("Ada").await;
    let api = stage.server.api();
    for text in texts {
        api.publish(LOBBY, text).await;
    }
    ada.timeline().expect_exactly(texts).await;
    let connection = ada.connection().expect_online().await;
    assert_eq!(api.delete(&format!("/api/connections/{connection}")).await.status, 204);
    ada.connection().expect(State::Ended).await;
    ada
}

fn database(stage: &Stage) -> PathBuf {
    stage.server.data().join("tidings.db")
}

#[tokio::test]
async fn messages_that_are_no_longer_kept_leave_a_line() {
    let settings = Settings::default().flag("--retention-ms", "20").talkative();
    let settings = settings.config("[namespaces.room]\npresence = true\nkeep_messages = 3\n");
    story_with(settings, async |stage| {
        let ada = reads_and_is_cut_off(stage, &["1"]).await;
        let api = stage.server.api();
        for number in 2..=10 {
            api.publish(LOBBY, &number.to_string()).await;
        }
        eventually(DEADLINE, "only three messages are kept", async || {
            let kept = api.texts(LOBBY).await;
            if kept == ["8", "9", "10"] { Ok(()) } else { Err(format!("{kept:?}")) }
        })
        .await;
        // Trimmed messages may still be in memory, and are then delivered from there.
        stage.server.restart().await;
        ada.connection().connect_now().await;
        ada.timeline().expect_lines(&["1", "Up to 6 older messages have expired", "8", "9", "10"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_log_that_was_begun_anew_takes_the_place_of_the_old() {
    story(async |stage| {
        let ada = reads_and_is_cut_off(stage, &["one", "two"]).await;
        stage.server.stop().await;
        std::fs::remove_file(database(stage)).unwrap();
        stage.server.start_again().await;
        stage.server.api().publish(LOBBY, "another first").await;
        ada.connection().connect_now().await;
        ada.timeline().expect_lines(&[RESET, "another first"]).await;
        stage.server.api().publish(LOBBY, "another second").await;
        ada.timeline().expect_lines(&[RESET, "another first", "another second"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_log_that_was_put_back_shows_what_it_has() {
    story(async |stage| {
        let api = stage.server.api();
        api.publish(LOBBY, "one").await;
        stage.server.stop().await;
        let copy = stage.server.home().join("copy.db");
        std::fs::copy(database(stage), &copy).unwrap();
        stage.server.start_again().await;
        let ada = stage.person("Ada").await;
        for text in ["two", "three"] {
            api.publish(LOBBY, text).await;
        }
        ada.timeline().expect_exactly(&["one", "two", "three"]).await;
        stage.server.stop().await;
        std::fs::copy(&copy, database(stage)).unwrap();
        stage.server.start_again().await;
        ada.timeline().expect_lines(&[RESET, "one"]).await;
        api.publish(LOBBY, "another second").await;
        ada.timeline().expect_lines(&[RESET, "one", "another second"]).await;
    })
    .await;
}
