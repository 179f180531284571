//! Compares the roles and names that `look.js` computes with those that the browser computes for screen readers.

use serde_json::{Value, json};

use super::engine::Engine;
use super::look::LOOK;
use super::person::Person;

/// WebKit adds the value or the example of a field to the name that it gets from the label around it, takes a list to
/// choose from for a button, and gives its options no name. The two other engines do not.
const EXCEPTIONS_OF_WEBKIT: &str = "input, textarea, select, option";

impl Person {
    /// Asserts for each visible part of the page that has a role and a name that the browser computes the same.
    pub async fn expect_computed_names(&self) {
        let script = format!(
            "{LOOK}\nconst parts = Object.keys(ROLES).flatMap((role) => look([{{ role }}])); \
             return parts.filter((element) => nameOf(element) && !element.matches(arguments[0] || 'none')) \
             .map((element) => [element, roleOf(element), nameOf(element)]);"
        );
        let except = if self.engine == Engine::WebKit { EXCEPTIONS_OF_WEBKIT } else { "" };
        let parts = self.run(&script, vec![except.into()]).await;
        let parts = parts.as_array().expect("the script returns a list");
        assert!(parts.len() > 2, "{}: too few parts to compare: {parts:?}", self.name);
        let mut differences = Vec::new();
        for part in parts {
            let computed =
                json!([self.computed(&part[0], "role").await, self.computed(&part[0], "label").await]);
            let ours = json!([part[1], part[2]]);
            if computed != ours {
                differences.push(format!("{ours}, but the browser: {computed}"));
            }
        }
        assert!(differences.is_empty(), "{}: {differences:#?}", self.name);
    }

    /// Asks the driver for the computed role or label of an element: https://www.w3.org/TR/webdriver2/#get-computed-role
    async fn computed(&self, element: &Value, what: &str) -> String {
        let id = element.as_object().and_then(|element| element.values().next()).and_then(Value::as_str);
        let url = format!(
            "{}/session/{}/element/{}/computed{what}",
            self.driver_url(),
            self.driver.session_id(),
            id.expect("an element's reference")
        );
        let answer = reqwest::get(&url).await.expect("the driver answers");
        let answer: Value = answer.json().await.expect("the driver's answer is JSON");
        let text = answer["value"].as_str().unwrap_or_else(|| panic!("{}: {answer}", self.name));
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Two names of one role: https://www.w3.org/TR/wai-aria-1.3/#image
        if what == "role" && text == "image" { "img".to_owned() } else { text }
    }
}
