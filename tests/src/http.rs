//! A client of the server's HTTP API.

use std::net::SocketAddr;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use shared::ids::{ChannelName, Offset};
use shared::protocol::Message;

use crate::deadline::{DEADLINE, eventually};

/// An HTTP client of one server.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    base: String,
    key: Option<String>,
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The body.
    pub text: String,
    /// The request, for messages.
    pub what: String,
}

impl Api {
    pub(crate) fn new(address: SocketAddr, key: Option<String>) -> Self {
        // The environment's proxy is for other hosts only.
        let client = Client::builder().no_proxy().timeout(DEADLINE).build().expect("an HTTP client");
        Self { client, base: format!("http://{address}"), key }
    }

    /// Uses another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, |request| request).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, |request| request.json(body)).await
    }

    /// `POST` with any body.
    pub async fn post_text(&self, path: &str, body: impl Into<String>) -> Answer {
        let body = body.into();
        self.ask(Method::POST, path, |request| request.header("content-type", "application/json").body(body))
            .await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, |request| request).await
    }

    /// Any request.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        more: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let what = format!("{method} {path}");
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = more(request).send().await.unwrap_or_else(|e| panic!("{what} has no answer: {e:?}"));
        let status = response.status().as_u16();
        let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let text =
            response.text().await.unwrap_or_else(|e| panic!("the answer to {what} cannot be read: {e:?}"));
        Answer { status, content_type, text, what }
    }

    /// Publishes a chat message.
    pub async fn publish(&self, channel: &str, text: &str) -> Value {
        self.publish_payload(channel, &json!({"type": "chat", "text": text})).await
    }

    /// Publishes a payload.
    pub async fn publish_payload(&self, channel: &str, payload: &Value) -> Value {
        self.post("/api/publish", &json!({"channel": channel, "payload": payload})).await.ok()
    }

    /// Returns the open connections.
    pub async fn connections(&self) -> Vec<Value> {
        self.get("/api/connections").await.ok()["connections"]
            .as_array()
            .expect("a list of connections")
            .clone()
    }

    /// Waits until this number of connections is open.
    pub async fn expect_connections(&self, count: usize) -> Vec<Value> {
        eventually(DEADLINE, &format!("there are {count} connections"), async || {
            let connections = self.connections().await;
            if connections.len() == count { Ok(connections) } else { Err(format!("{connections:?}")) }
        })
        .await
    }

    /// Waits until a channel has this many members.
    pub async fn expect_members(&self, channel: &str, count: usize) -> Vec<Value> {
        let path = format!("/api/channels/{channel}/presence");
        eventually(DEADLINE, &format!("there are {count} in {channel}"), async || {
            let answer = self.get(&path).await.ok();
            let members = answer["members"].as_array().expect("a list of members");
            if members.len() == count { Ok(members.clone()) } else { Err(answer.to_string()) }
        })
        .await
    }

    /// Returns the value of a counter in `/metrics`.
    pub async fn counter(&self, name: &str) -> u64 {
        let answer = self.get("/metrics").await;
        let line = answer.text.lines().find(|line| line.split(' ').next() == Some(name));
        let value = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
        value.unwrap_or_else(|| panic!("there is no counter {name}: {}", answer.text))
    }

    /// Returns all messages of a channel, read page by page.
    pub async fn messages(&self, of: &ChannelName) -> Vec<Message> {
        let mut messages: Vec<Message> = Vec::new();
        loop {
            let after = messages.last().map_or(Offset::START, |last| last.offset);
            let path = format!("/api/channels/{of}/messages?after={after}&limit=200");
            let mut answer = self.get(&path).await.ok();
            let page: Vec<Message> =
                serde_json::from_value(answer["messages"].take()).expect("a list of messages");
            messages.extend(page);
            if answer["more"] != true {
                return messages;
            }
        }
    }

    /// Returns the texts of all chat messages of a channel, read page by page.
    pub async fn texts(&self, channel: &str) -> Vec<String> {
        let mut texts = Vec::new();
        let mut after = 0;
        loop {
            let answer =
                self.get(&format!("/api/channels/{channel}/messages?after={after}&limit=200")).await.ok();
            for message in answer["messages"].as_array().expect("a list of messages") {
                texts.push(message["payload"]["text"].as_str().unwrap_or_default().to_owned());
                after = message["offset"].as_u64().expect("an offset");
            }
            if answer["more"] != true {
                return texts;
            }
        }
    }
}

impl Answer {
    /// Returns the body of a successful response.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json()
    }

    /// Parses the body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("the body is not JSON: {e}: {self:?}"))
    }

    /// Asserts that this is a refusal with this status and code, in the form of all refusals.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.content_type.starts_with("application/json"), "{self:?}");
        let body = self.json();
        assert_eq!(body["code"], code, "{self:?}");
        for field in ["message", "request_id"] {
            assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {self:?}");
        }
        body
    }
}
