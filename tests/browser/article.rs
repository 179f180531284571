//! The article's snippet, unchanged, in a real browser.

use serde_json::json;
use tests::browser::story;

/// The article's own lines, with this server's default address.
const SNIPPET: &str = r#"var ws = new WebSocket("ws://127.0.0.1:9501");

ws.onopen = function() {
    console.log("已连接到WebSocket服务器");
};

ws.onmessage = function(e) {
    console.log("收到服务器的消息:" + e.data);
    // 处理收到的消息
};

ws.onclose = function() {
    console.log("与WebSocket服务器的连接已关闭");
};
"#;

const README: &str = include_str!("../../README.md");

#[test]
fn the_snippet_is_the_one_that_readers_are_shown() {
    assert!(
        README.contains(&format!("```js\n{SNIPPET}```\n")),
        "README.md shows another snippet than the article's"
    );
}

#[tokio::test]
async fn the_snippet_logs_its_three_lines() {
    story(async |stage| {
        let ada = stage.visitor("Ada").await;
        let collect = "window.lines = []; const log = console.log; \
            console.log = function (line) { window.lines.push(String(line)); log.apply(console, arguments); };";
        ada.run(collect, Vec::new()).await;
        let snippet = SNIPPET.replace("127.0.0.1:9501", &stage.server.address().to_string());
        // As the console runs it: its variables are global.
        ada.run("(0, eval)(arguments[0])", vec![json!(snippet)]).await;
        ada.expect_that("the opening is logged", "window.lines.length >= 1", "window.lines").await;
        ada.run("ws.send('Hello, Server!')", Vec::new()).await;
        ada.expect_that("the answer is logged", "window.lines.length >= 2", "window.lines").await;

        let connections = stage.server.api().connections().await;
        let plain = connections.iter().find(|connection| connection["mode"] == "plain").expect("the snippet's own");
        let path = format!("/api/connections/{}?code=1000", plain["connection"]);
        assert_eq!(stage.server.api().delete(&path).await.status, 204);
        ada.expect_that("the close is logged", "window.lines.length >= 3", "window.lines").await;
        let lines = ada.run("return window.lines", Vec::new()).await;
        let wanted = [
            "已连接到WebSocket服务器",
            "收到服务器的消息:已收到你的消息:Hello, Server!",
            "与WebSocket服务器的连接已关闭",
        ];
        assert_eq!(lines, json!(wanted));
    })
    .await;
}

#[tokio::test]
async fn the_snippet_talks_with_people_on_the_page() {
    story(async |stage| {
        let ada = stage.person("Ada").await;
        let bob = stage.visitor("Bob").await;
        let open = "const done = arguments[0]; window.lines = []; window.ws = new WebSocket(location.origin.replace('http', 'ws')); \
            ws.onmessage = event => window.lines.push(event.data); ws.onopen = () => ws.send('Hello, Server!');";
        bob.run(open, vec![json!(null)]).await;
        ada.timeline().expect_text("Hello, Server!").await;
        ada.says("Hello, snippet!").await;
        bob.expect_that("the line arrives", "window.lines.includes('Ada: Hello, snippet!')", "window.lines").await;
    })
    .await;
}
