//! Older messages, and new messages while they are read.

use std::collections::HashSet;

use tests::browser::story_with;
use tests::deadline::{PATIENCE, eventually};
use tests::{LOBBY, Settings};

#[tokio::test]
async fn older_messages_come_as_one_scrolls_up() {
    const MANY: usize = 300;
    story_with(Settings::default().talkative(), async |stage| {
        let bob = stage.server.join("Bob").await;
        let mut ids = Vec::new();
        for number in 1..=MANY {
            ids.push(bob.send(LOBBY, &format!("message {number}")).await);
        }
        for id in ids {
            bob.expect_accepted(id).await;
        }
        let ada = stage.person("Ada").await;
        ada.timeline().expect_text(&format!("message {MANY}")).await;
        ada.timeline().expect_at_end().await;
        let first_shown = ada.timeline().rows().await.len();
        assert!(first_shown < MANY, "not all messages are loaded at once");

        let all: Vec<String> = (1..=MANY).map(|number| format!("message {number}")).collect();
        let place =
            |text: &String| all.iter().position(|known| known == text).expect("a message that was sent");
        let mut seen = HashSet::new();
        eventually(PATIENCE, "the first message becomes visible", async || {
            let texts = ada.timeline().texts().await;
            let places: Vec<usize> = texts.iter().map(place).collect();
            assert!(
                places.windows(2).all(|pair| pair[1] == pair[0] + 1),
                "in order, none twice, none missing: {texts:?}"
            );
            seen.extend(texts);
            if seen.contains("message 1") {
                return Ok(());
            }
            ada.timeline().scroll_up().await;
            Err(format!("{} of {MANY} messages", seen.len()))
        })
        .await;
        assert_eq!(seen.len(), MANY);
    })
    .await;
}

#[tokio::test]
async fn new_messages_are_announced_while_older_ones_are_read() {
    story_with(Settings::default().talkative(), async |stage| {
        let bob = stage.server.join("Bob").await;
        for number in 1..=60 {
            bob.publish(LOBBY, &format!("message {number}")).await;
        }
        let ada = stage.person("Ada").await;
        ada.timeline().expect_text("message 60").await;
        ada.timeline().expect_at_end().await;
        ada.timeline().scroll_up().await;
        bob.publish(LOBBY, "new one").await;
        ada.timeline().expect_new(1).await;
        bob.publish(LOBBY, "new two").await;
        ada.timeline().expect_new(2).await;
        ada.timeline().show_new().await;
        ada.timeline().expect_at_end().await;
        ada.timeline().expect_text("new two").await;
        // At the end again, new messages are simply shown.
        bob.publish(LOBBY, "new three").await;
        ada.timeline().expect_text("new three").await;
        ada.timeline().expect_at_end().await;
        ada.timeline().expect_none_new_so_far().await;
    })
    .await;
}
