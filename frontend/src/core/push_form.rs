//! The form of the push page: what is filled in, the request for it, and the answer.

use shared::ids::{ConnectionId, UserId};
use shared::json::{self, Fields, Unreadable, Write, Writer};
use shared::protocol::{ErrorCode, Level, Payload, Refusal};
use shared::text::is_blank;

use super::rooms::parse_room;
use super::texts::{sentences, words};

/// The kind of recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Room,
    User,
    Connection,
}

impl Target {
    /// All kinds, in the order of the form.
    pub(crate) const ALL: [Self; 3] = [Self::Room, Self::User, Self::Connection];

    /// Returns its name in the form.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::User => "user",
            Self::Connection => "connection",
        }
    }

    /// Returns its name for the reader.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Room => words().room,
            Self::User => words().user,
            Self::Connection => words().connection,
        }
    }

    /// Returns the placeholder of the field for the recipient.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Room => "lobby",
            Self::User => words().user_example,
            Self::Connection => words().connection_example,
        }
    }
}

/// The values of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PushForm {
    pub(crate) target: Target,
    /// Which room, user or connection.
    pub(crate) to: String,
    /// Whether it sends a notification; otherwise it sends a chat message.
    pub(crate) notifies: bool,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) level: Level,
    pub(crate) link: String,
}

/// What the user has entered in one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PushEdit {
    Target(Target),
    To(String),
    Notifies(bool),
    Title(String),
    Level(Level),
    Text(String),
    Link(String),
}

/// A request of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) body: String,
}

/// What is wrong with the form, by field, as a sentence for the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    Target(String),
    Payload(String),
}

impl PushForm {
    /// Returns an empty form.
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

    /// Changes one field.
    pub(crate) fn edit(&mut self, edit: PushEdit) {
        match edit {
            PushEdit::Target(target) => self.aim(target),
            PushEdit::To(to) => self.to = to,
            PushEdit::Notifies(notifies) => self.notifies = notifies,
            PushEdit::Title(title) => self.title = title,
            PushEdit::Level(level) => self.level = level,
            PushEdit::Text(text) => self.text = text,
            PushEdit::Link(link) => self.link = link,
        }
    }

    /// Chooses another kind of recipient, and clears the recipient, which was of the other kind.
    fn aim(&mut self, target: Target) {
        if self.target != target {
            self.target = target;
            self.to = if target == Target::Room { "lobby".to_owned() } else { String::new() };
        }
    }

    /// Returns the payload, even if it is incomplete.
    fn payload(&self) -> Payload {
        if !self.notifies {
            return Payload::chat(self.text.clone());
        }
        let link = self.link.trim();
        let link = (!link.is_empty()).then(|| link.to_owned());
        Payload::Notification { title: self.title.clone(), body: self.text.clone(), level: self.level, link }
    }

    /// Returns the request, even if it is incomplete. The curl command shows it.
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

    /// Returns the request if the form is complete.
    ///
    /// # Errors
    /// The first [`Problem`].
    pub(crate) fn request(&self) -> Result<Request, Problem> {
        let to = self.to.trim();
        match self.target {
            Target::Room => parse_room(to).map(drop).map_err(|_| words().room_name_invalid),
            Target::User => UserId::parse(to).map(drop).map_err(|_| words().user_invalid),
            Target::Connection => {
                to.parse::<ConnectionId>().map(drop).map_err(|_| words().connection_invalid)
            }
        }
        .map_err(|problem| Problem::Target(problem.to_owned()))?;
        self.payload().check().map_err(|refusal| Problem::Payload(self.problem(&refusal)))?;
        Ok(self.preview())
    }

    /// Returns what is wrong with the payload, as a sentence for the reader.
    fn problem(&self, refusal: &Refusal) -> String {
        let field = match refusal.code {
            ErrorCode::InvalidField if !self.notifies => words().text_missing,
            ErrorCode::InvalidField if is_blank(&self.title) => words().title_missing,
            ErrorCode::InvalidField => words().link_invalid,
            ErrorCode::TextTooLong => words().payload_too_long,
            _ => return sentences().refusal(refusal),
        };
        field.to_owned()
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

/// The server's answer to a request, as a sentence for the reader.
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
    /// Reads the body of an answer.
    pub(crate) fn read(ok: bool, status: u16, body: &str) -> Self {
        if !ok {
            let sentence = match Refusal::parse(body) {
                Ok(refusal) => sentences().push_refused(&refusal),
                Err(_) => sentences().http_status(status),
            };
            return Self::Refused(sentence);
        }
        Self::Done(match Answer::parse(body) {
            Ok(Answer { offset: Some(offset), duplicate, .. }) => sentences().published(offset, duplicate),
            Ok(Answer { connections: Some(count), .. }) => sentences().pushed(count),
            Ok(_) | Err(_) => words().push_done.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use shared::limits::TITLE_BYTES_MAX;

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
    fn each_problem_names_its_field() {
        let target = |problem: &str| Err(Problem::Target(problem.to_owned()));
        assert_eq!(form(Target::Connection, "x").request(), target(words().connection_invalid));
        assert_eq!(form(Target::User, "a b").request(), target(words().user_invalid));
        assert_eq!(form(Target::Room, "").request(), target(words().room_name_invalid));
        let payload = |problem: &str| Err(Problem::Payload(problem.to_owned()));
        assert_eq!(PushForm::new().request(), payload("Enter a title."));
        let chat = PushForm { notifies: false, ..PushForm::new() };
        assert_eq!(chat.request(), payload("Enter a text."));
        let linked = PushForm { link: "javascript:x".to_owned(), ..form(Target::Room, "a") };
        assert_eq!(linked.request(), payload(words().link_invalid));
        let long = PushForm { title: "x".repeat(TITLE_BYTES_MAX + 1), ..form(Target::Room, "a") };
        assert_eq!(long.request(), payload("The title, the text or the link is too long. Shorten it."));
    }

    #[test]
    fn answers_become_sentences() {
        let read = |body| Outcome::read(true, 200, body);
        let done = |sentence: &str| Outcome::Done(sentence.to_owned());
        assert_eq!(read(r#"{"offset":3,"epoch":"x","duplicate":false}"#), done("Sent (message 3)."));
        assert_eq!(read(r#"{"offset":3,"duplicate":true}"#), done("Already sent (message 3)."));
        assert_eq!(read(r#"{"connections":2}"#), done("Sent to 2 connections."));
        let refused = Outcome::read(false, 401, r#"{"code":"unauthorized","message":"No key."}"#);
        assert_eq!(refused, Outcome::Refused("The API key is missing or wrong. (unauthorized)".into()));
    }
}
