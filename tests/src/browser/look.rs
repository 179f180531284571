//! What people look for on a page. The search itself is a script; see `look.js`.

use std::fmt;

use serde_json::{Map, Value, json};

/// The script that finds elements. A script that uses its `look` follows.
pub(super) const LOOK: &str = include_str!("look.js");

/// Visible elements of a page, named as a person or a screen reader would.
///
/// ```text
/// Sight::button("Close").inside(Sight::dialog("Notifications"))
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Sight {
    /// From the outside in.
    steps: Vec<Map<String, Value>>,
}

impl Sight {
    /// Elements with this role: of HTML, or given by `role`.
    pub fn role(role: &str) -> Self {
        Self::of("role", role)
    }

    /// The button with this name.
    pub fn button(name: &str) -> Self {
        Self::role("button").named(name)
    }

    /// The link with this name.
    pub fn link(name: &str) -> Self {
        Self::role("link").named(name)
    }

    /// The dialog with this name.
    pub fn dialog(name: &str) -> Self {
        Self::role("dialog").named(name)
    }

    /// The control of a form with this label. Some have no role, such as a field for a password.
    pub fn field(label: &str) -> Self {
        Self::of("field", true).named(label)
    }

    /// Elements that a CSS selector selects. For parts without a role, such as the `code` in an alert.
    pub fn css(selector: &str) -> Self {
        Self::of("css", selector)
    }

    /// Elements that the app marks for the tests. Only for parts that have neither a role nor a name, such as the author
    /// of a message.
    pub fn marked(name: &str) -> Self {
        Self::css(&format!("[data-testid={name:?}]"))
    }

    fn of(key: &str, value: impl Into<Value>) -> Self {
        Self { steps: vec![Map::from_iter([(key.to_owned(), value.into())])] }
    }

    /// Those with this accessible name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.with("name", json!({ "is": name }))
    }

    /// Those whose accessible name begins with this.
    #[must_use]
    pub fn whose_name_begins(self, name: &str) -> Self {
        self.with("name", json!({ "begins": name }))
    }

    /// Those whose accessible name contains this.
    #[must_use]
    pub fn whose_name_has(self, part: &str) -> Self {
        self.with("name", json!({ "has": part }))
    }

    /// Those that contain this text.
    #[must_use]
    pub fn with_text(self, part: &str) -> Self {
        self.with("text", json!({ "has": part }))
    }

    /// Those that have exactly this text.
    #[must_use]
    pub fn with_exact_text(self, text: &str) -> Self {
        self.with("text", json!({ "is": text }))
    }

    /// Those that are the current one of their kind, such as the link to the page that is open.
    #[must_use]
    pub fn that_is_current(self) -> Self {
        self.with("current", json!(true))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.steps.last_mut().expect("at least one step").insert(key.to_owned(), value);
        self
    }

    /// Those inside of another element.
    #[must_use]
    pub fn inside(self, outer: Self) -> Self {
        Self { steps: outer.steps.into_iter().chain(self.steps).collect() }
    }

    /// Returns it as `look` in the script takes it.
    pub(super) fn json(&self) -> Value {
        json!(self.steps)
    }
}

impl fmt::Display for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.steps.iter().rev().enumerate() {
            f.write_str(if number == 0 { "" } else { " in " })?;
            let kind =
                step.get("role").or_else(|| step.get("css")).and_then(Value::as_str).unwrap_or("field");
            f.write_str(kind)?;
            for how in ["name", "text", "current"] {
                if let Some(value) = step.get(how) {
                    write!(f, " {how} {value}")?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<&str> for Sight {
    fn from(selector: &str) -> Self {
        Self::css(selector)
    }
}

impl From<&Self> for Sight {
    fn from(sight: &Self) -> Self {
        sight.clone()
    }
}
