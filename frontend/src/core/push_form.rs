//! What the push page sends: to whom, what, and by which request.

use shared::ids::{ConnectionId, UserId};
use shared::json::{self, Fields, Unreadable, Write, Writer};
use shared::protocol::{Level, Payload, Refusal};

use super::rooms::parse_room;

/// Whom a push is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Room,
    User,
    Connection,
}

impl Target {
    pub(crate) const ALL: [Self; 3] = [Self::Room, Self::User, Self::Connection];

    /// Its name in the form.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::User => "user",
            Self::Connection => "connection",
        }
    }

    /// Its name on the page.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Room => "Room",
            Self::User => "User",
            Self::Connection => "Connection",
        }
    }

    /// What is to be filled in.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Room => "lobby",
            Self::User => "the user’s id",
            Self::Connection => "the connection’s number",
        }
    }
}

/// The form as it is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PushForm {
    pub(crate) target: Target,
    /// Which room, user or connection.
    pub(crate) to: String,
    /// Whether it is a notification, or else a chat message.
    pub(crate) notifies: bool,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) level: Level,
    pub(crate) link: String,
}

/// A request of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) body: String,
}

/// What is wrong with the form, field by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    Target(String),
    Payload(String),
}

impl PushForm {
    /// An empty form.
    pub(crate) fn new() -> Self {
        Self {
            target: Target::Room,
            to: "lobby".to_owned(),
            notifies: true,
            title: String::new(),
            text: String::new(),
            level: Level::Info,
            link: String::new(),
        }
    }

    /// Chooses another kind of target. What was filled in is of another kind, too.
    pub(crate) fn aim(&mut self, target: Target) {
        if self.target != target {
            self.target = target;
            self.to = if target == Target::Room { "lobby".to_owned() } else { String::new() };
        }
    }

    /// The payload, as far as it is filled in.
    fn payload(&self) -> Payload {
        if !self.notifies {
            return Payload::chat(self.text.clone());
        }
        let link = self.link.trim();
        let link = (!link.is_empty()).then(|| link.to_owned());
        Payload::Notification { title: self.title.clone(), body: self.text.clone(), level: self.level, link }
    }

    /// The request as it stands, complete or not: what the curl line shows.
    pub(crate) fn preview(&self) -> Request {
        let to = self.to.trim();
        let payload = self.payload();
        match self.target {
            Target::Room => {
                let channel = parse_room(to).map_or_else(|_| to.to_owned(), |room| room.to_string());
                Request { path: "/api/publish", body: body("channel", channel.as_str(), &payload) }
            }
            Target::User => Request { path: "/api/push", body: body("user", to, &payload) },
            Target::Connection => {
                let body = match to.parse::<u64>() {
                    Ok(number) => body("connection", &number, &payload),
                    Err(_) => body("connection", to, &payload),
                };
                Request { path: "/api/push", body }
            }
        }
    }

    /// The request, where all that is needed is there.
    ///
    /// # Errors
    /// The first [`Problem`].
    pub(crate) fn request(&self) -> Result<Request, Problem> {
        let to = self.to.trim();
        match self.target {
            Target::Room => parse_room(to).map(drop).map_err(|error| error.to_string()),
            Target::User => UserId::parse(to).map(drop).map_err(|error| error.to_string()),
            Target::Connection => {
                to.parse::<ConnectionId>().map(drop).map_err(|_| "A connection is a number.".to_owned())
            }
        }
        .map_err(Problem::Target)?;
        self.payload().check().map_err(|refusal| Problem::Payload(refusal.message))?;
        Ok(self.preview())
    }
}

/// Returns the body of a request: the receiver and the payload.
fn body(receiver: &str, value: &(impl Write + ?Sized), payload: &Payload) -> String {
    let body = Writer::object(|to| {
        to.field(receiver, value);
        to.field("payload", payload);
    });
    json::sorted(&body)
}

/// What the server said to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done(String),
    Refused(String),
}

struct Answer {
    offset: Option<u64>,
    duplicate: bool,
    connections: Option<u64>,
}

impl Answer {
    fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut fields = Fields::parse(text)?;
        Ok(Self {
            offset: fields.read("offset")?,
            duplicate: fields.read_or_default("duplicate")?,
            connections: fields.read("connections")?,
        })
    }
}

impl Outcome {
    /// Reads an answer.
    pub(crate) fn read(ok: bool, status: u16, body: &str) -> Self {
        if !ok {
            let sentence = match Refusal::parse(body) {
                Ok(refusal) => format!("{} ({})", refusal.message, refusal.code.as_str()),
                Err(_) => format!("The server answered with status {status}."),
            };
            return Self::Refused(sentence);
        }
        Self::Done(match Answer::parse(body) {
            Ok(Answer { offset: Some(offset), duplicate: true, .. }) => {
                format!("Was there already, at offset {offset}.")
            }
            Ok(Answer { offset: Some(offset), .. }) => format!("Published at offset {offset}."),
            Ok(Answer { connections: Some(1), .. }) => "Pushed to 1 connection.".to_owned(),
            Ok(Answer { connections: Some(count), .. }) => format!("Pushed to {count} connections."),
            Ok(_) | Err(_) => "Sent.".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(target: Target, to: &str) -> PushForm {
        PushForm { target, to: to.to_owned(), title: "T".to_owned(), ..PushForm::new() }
    }

    #[test]
    fn each_target_has_its_request() {
        let room = form(Target::Room, "lobby").request().unwrap();
        assert_eq!(room.path, "/api/publish");
        assert!(room.body.contains(r#""channel":"room:lobby""#), "{}", room.body);
        let user = form(Target::User, "ada").request().unwrap();
        assert!(user.path == "/api/push" && user.body.contains(r#""user":"ada""#));
        let connection = form(Target::Connection, "7").request().unwrap();
        assert!(connection.body.contains(r#""connection":7"#));
    }

    #[test]
    fn what_is_missing_is_said() {
        assert!(matches!(form(Target::Connection, "x").request(), Err(Problem::Target(_))));
        assert!(matches!(form(Target::Room, "").request(), Err(Problem::Target(_))));
        assert!(matches!(PushForm::new().request(), Err(Problem::Payload(_))));
        let linked = PushForm { link: "javascript:x".to_owned(), ..form(Target::Room, "a") };
        assert!(matches!(linked.request(), Err(Problem::Payload(_))));
    }

    #[test]
    fn answers_are_told_in_words() {
        let read = |body| Outcome::read(true, 200, body);
        assert_eq!(
            read(r#"{"offset":3,"epoch":"x","duplicate":false}"#),
            Outcome::Done("Published at offset 3.".into())
        );
        assert_eq!(read(r#"{"connections":2}"#), Outcome::Done("Pushed to 2 connections.".into()));
        let refused = Outcome::read(false, 401, r#"{"code":"unauthorized","message":"No key."}"#);
        assert_eq!(refused, Outcome::Refused("No key. (unauthorized)".into()));
    }
}
