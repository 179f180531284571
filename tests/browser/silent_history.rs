//! Messages without a line of their own: reactions, edits, retractions and custom payloads. However many there are, the
//! texts between them are found.

use serde_json::{Value, json};
use tests::browser::{Person, Stage, story_with};
use tests::deadline::{PATIENCE, eventually};
use tests::pages::Delivery;
use tests::{Api, LOBBY, Settings};

const KITCHEN: &str = "room:kitchen";

/// Publishes as one of many users. Returns the message's id.
async fn publish_as(api: &Api, channel: &str, user: &str, payload: Value) -> String {
    let id = format!("019b7e00-0000-7000-8000-{:012x}", fastrand::u64(..1 << 48));
    let from = json!({"user": user, "name": user});
    let body = json!({"channel": channel, "message_id": id, "from": from, "payload": payload});
    api.post("/api/publish", &body).await.ok();
    id
}

async fn says(api: &Api, channel: &str, user: &str, text: &str) -> String {
    publish_as(api, channel, user, json!({"type": "chat", "text": text})).await
}

/// Adds a reaction of `count` users to a message.
async fn like(api: &Api, channel: &str, of: &str, count: usize) {
    for number in 0..count {
        let reaction = json!({"type": "reaction", "of": of, "emoji": "👍", "on": true});
        publish_as(api, channel, &format!("user-{number}"), reaction).await;
    }
}

/// Waits until the message with this text has exactly these reactions and counts.
async fn expect_reactions(person: &Person, text: &str, reactions: &[(&str, usize)]) {
    let script = format!(
        "const row = [...document.querySelectorAll('[data-testid=message]')]\
         .find(e => e.querySelector('[data-testid=message-text]').innerText.trim() === {text:?}); \
         return [...row?.querySelectorAll('.reaction') ?? []].map(e => e.innerText.trim().split(/\\s+/));"
    );
    let wanted = json!(
        reactions.iter().map(|(emoji, count)| [(*emoji).to_owned(), count.to_string()]).collect::<Vec<_>>()
    );
    person
        .expect_of(&format!("sees {wanted} on “{text}”"), &script, |shown| {
            (*shown == wanted).then_some(())
        })
        .await;
}

/// Scrolls up until a text is visible.
async fn scroll_up_to(person: &Person, text: &str) {
    eventually(PATIENCE, &format!("“{text}” comes in sight"), async || {
        let texts = person.timeline().texts().await;
        if texts.iter().any(|shown| shown == text) {
            return Ok(());
        }
        person.timeline().scroll_up().await;
        Err(format!("{texts:?}"))
    })
    .await;
}

fn settings() -> Settings {
    Settings::default().talkative()
}

#[tokio::test]
async fn many_reactions_do_not_hide_what_they_are_about() {
    story_with(settings(), async |stage| {
        let api = stage.server.api();
        let hello = says(&api, LOBBY, "bob", "hello").await;
        like(&api, LOBBY, &hello, 50).await;
        let ada = stage.person("Ada").await;
        ada.timeline().expect_exactly(&["hello"]).await;
        expect_reactions(&ada, "hello", &[("👍", 50)]).await;
        ada.timeline().expect_part("This is the start of #lobby").await;
        ada.timeline().expect_none_older_so_far().await;
    })
    .await;
}

#[tokio::test]
async fn many_reactions_between_messages_do_not_end_the_history() {
    story_with(settings(), async |stage| {
        let api = stage.server.api();
        let hello = says(&api, LOBBY, "bob", "hello").await;
        like(&api, LOBBY, &hello, 91).await;
        for number in 1..=5 {
            says(&api, LOBBY, "bob", &format!("later {number}")).await;
        }
        let ada = stage.person("Ada").await;
        ada.timeline().expect_exactly(&["later 1", "later 2", "later 3", "later 4", "later 5"]).await;
        ada.timeline().load_older().await;
        ada.timeline()
            .expect_exactly(&["hello", "later 1", "later 2", "later 3", "later 4", "later 5"])
            .await;
        expect_reactions(&ada, "hello", &[("👍", 91)]).await;
    })
    .await;
}

#[tokio::test]
async fn many_edits_and_retractions_do_not_hide_what_they_are_about() {
    story_with(settings(), async |stage| {
        let api = stage.server.api();
        let draft = says(&api, LOBBY, "bob", "draft").await;
        let gone = says(&api, LOBBY, "bob", "gone").await;
        for number in 1..=60 {
            let edit = json!({"type": "edit", "of": draft, "text": format!("version {number}")});
            publish_as(&api, LOBBY, "bob", edit).await;
            publish_as(&api, LOBBY, "bob", json!({"type": "retract", "of": gone})).await;
        }
        let ada = stage.person("Ada").await;
        ada.timeline().expect_exactly(&["version 60 (edited)", "Message deleted"]).await;
    })
    .await;
}

#[tokio::test]
async fn messages_before_many_reactions_count_as_unread() {
    story_with(settings(), async |stage| {
        let api = stage.server.api();
        let read = says(&api, KITCHEN, "bob", "read").await;
        let ada = stage.person("Ada").await;
        ada.rooms().open("kitchen").await;
        ada.timeline().expect_exactly(&["read"]).await;
        ada.rooms().go(LOBBY).await;
        ada.visit("/healthz").await;
        for number in 1..=10 {
            says(&api, KITCHEN, "bob", &format!("new {number}")).await;
        }
        like(&api, KITCHEN, &read, 60).await;
        ada.visit("/").await;
        ada.rooms().expect_unread(KITCHEN, 10).await;
        ada.expect_that("the tab counts them", "document.title === '(10) Tidings'", "document.title").await;
        ada.rooms().go(KITCHEN).await;
        ada.timeline().expect_text("new 10").await;
        ada.rooms().expect_all_read(KITCHEN).await;
    })
    .await;
}

#[tokio::test]
async fn the_bell_finds_a_notification_behind_much_that_does_not_ring() {
    story_with(settings(), async |stage| {
        let api = stage.server.api();
        let ada = stage.person("Ada").await;
        ada.profile().open().await;
        let inbox = format!("inbox:{}", ada.profile().user().await);
        ada.visit("/healthz").await;
        let letter = json!({"type": "notification", "title": "Letter", "body": "at the door"});
        api.publish_payload(&inbox, &letter).await;
        for number in 0..60 {
            api.publish_payload(&inbox, &json!({"type": "custom", "name": "sync", "data": number})).await;
        }
        ada.visit("/").await;
        ada.notices().expect_count(1).await;
        ada.notices().open().await;
        ada.notices().expect_listed("Letter").await;
    })
    .await;
}

#[tokio::test]
async fn the_history_of_a_room_goes_on_when_one_comes_back_to_it() {
    story_with(settings(), async |stage| {
        let api = stage.server.api();
        for number in 1..=150 {
            says(&api, KITCHEN, "bob", &format!("message {number}")).await;
        }
        let ada = stage.person("Ada").await;
        ada.rooms().open("kitchen").await;
        ada.timeline().expect_text("message 150").await;
        ada.rooms().go(LOBBY).await;
        ada.timeline().expect_exactly(&[]).await;
        ada.rooms().go(KITCHEN).await;
        ada.timeline().expect_text("message 150").await;
        scroll_up_to(&ada, "message 1").await;
    })
    .await;
}

/// Texts that are far more expensive to render than others of their length, unless the page limits the work.
fn hostile() -> Vec<String> {
    let long = |head: &str, part: &str| format!("{head}{}", part.repeat((16_000 - head.len()) / part.len()));
    vec![
        long("http://a", ")"),
        long("http://a", "]"),
        long("http://a", "}"),
        long("http://a", "."),
        long("", "xhttp://a"),
        long("", "http://a "),
        long("", "(http://a"),
        long("", "a"),
        long("", "\u{301}"),
        long("a", "\n"),
        long("a", "\u{202e}b"),
    ]
}

#[tokio::test]
async fn hostile_texts_do_not_stop_the_page() {
    story_with(settings(), async |stage| {
        let api = stage.server.api();
        let first = says(&api, LOBBY, "mallory", "look at this").await;
        for round in 0..4 {
            for text in hostile() {
                says(&api, LOBBY, "mallory", &format!("{text} {round}")).await;
            }
        }
        for number in 0..60 {
            let reaction = json!({"type": "reaction", "of": first, "emoji": format!("{number}"), "on": true});
            publish_as(&api, LOBBY, "mallory", reaction).await;
        }
        let ada = stage.person("Ada").await;
        talks_on(stage, &ada).await;
        scroll_up_to(&ada, "look at this").await;
        let shown: Vec<(String, usize)> = (0..20).map(|number| (number.to_string(), 1)).collect();
        let shown: Vec<(&str, usize)> = shown.iter().map(|(emoji, count)| (emoji.as_str(), *count)).collect();
        expect_reactions(&ada, "look at this", &shown).await;
        let links = ada
            .run(
                "return Math.max(...[...document.querySelectorAll('[data-testid=message]')]\
            .map(e => e.querySelectorAll('a').length))",
                Vec::new(),
            )
            .await;
        assert_eq!(links, 100);
    })
    .await;
}

async fn talks_on(stage: &Stage, ada: &Person) {
    ada.says("still here").await;
    stage.server.api().publish(LOBBY, "so am I").await;
    ada.timeline().expect_text("so am I").await;
    ada.timeline().expect_delivery("still here", Delivery::Accepted).await;
}
