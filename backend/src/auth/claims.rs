//! Reads the claims of a token (RFC 7519 section 4) in the forms that common libraries write.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::ids::{DisplayName, UserId};
use shared::limits::NAME_CHARS_MAX;

/// Maximum difference between the clocks of two machines, in seconds. A token is valid that much longer and that much earlier.
pub(crate) const LEEWAY_SECONDS: u64 = 60;

/// Maximum time in a claim, in seconds since the Unix epoch. It is in the year 5138; the same number of milliseconds is in 1973.
/// A larger value is therefore in milliseconds by mistake, and would make a token that never expires.
const TIME_SECONDS_MAX: u64 = 100_000_000_000;

/// The claims of a token. An application's server creates tokens with the token secret and HS256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user's id.
    pub sub: UserId,
    /// The display name, if `hello` has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
    /// Expiry time, in seconds since the Unix epoch; without it the token does not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<u64>,
}

/// The claim because of which a token is refused, and the reason. The text is for the operator.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InvalidClaim {
    pub(super) claim: &'static str,
    pub(super) reason: String,
}

fn invalid<T>(claim: &'static str, reason: impl Into<String>) -> Result<T, InvalidClaim> {
    Err(InvalidClaim { claim, reason: reason.into() })
}

/// Reads the claims of a token whose signature is verified. `now` is in seconds since the Unix epoch.
pub(super) fn read(claims: &Map<String, Value>, now: u64) -> Result<Claims, InvalidClaim> {
    let sub = match claims.get("sub") {
        Some(Value::String(text)) => text.clone(),
        // Databases number their users, and many libraries sign the number as a JSON number.
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => number.to_string(),
        Some(_) => return invalid("sub", "it is neither a text nor a whole number"),
        None => return invalid("sub", "it is missing; it is the user's id"),
    };
    let sub = UserId::parse(&sub).or_else(|error| invalid("sub", error.to_string()))?;
    let exp = time(claims, "exp")?;
    if exp.is_some_and(|exp| exp.saturating_add(LEEWAY_SECONDS) < now) {
        return invalid("exp", "the token has expired");
    }
    if time(claims, "nbf")?.is_some_and(|nbf| nbf > now.saturating_add(LEEWAY_SECONDS)) {
        return invalid("nbf", "the token is not valid yet");
    }
    Ok(Claims { sub, name: claims.get("name").and_then(name), exp })
}

/// Reads a time. Fractions are valid (RFC 7519 section 2, NumericDate) and are truncated.
fn time(claims: &Map<String, Value>, claim: &'static str) -> Result<Option<u64>, InvalidClaim> {
    let seconds = match claims.get(claim) {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_f64().unwrap_or(f64::NAN),
        // An application that wants no expiry omits the claim. If null were accepted, a mistake would make a token that never
        // expires.
        Some(_) => return invalid(claim, "it is not a number of seconds since the Unix epoch"),
    };
    if seconds > TIME_SECONDS_MAX as f64 {
        return invalid(claim, "it is too late to be in seconds; it looks like milliseconds");
    }
    if seconds.is_nan() || seconds < 0.0 {
        return invalid(claim, "it is before the Unix epoch");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds above")]
    Ok(Some(seconds as u64))
}

/// Returns a name that can be displayed, from one that may be too long or have line breaks. A bad name never refuses a token,
/// because names are only for display.
fn name(value: &Value) -> Option<DisplayName> {
    let text = value.as_str()?;
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let short: String = words.join(" ").chars().take(NAME_CHARS_MAX).collect();
    DisplayName::parse(text).or_else(|_| DisplayName::parse(&short)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_795_000_000;

    fn claims(value: Value) -> Result<Claims, InvalidClaim> {
        read(value.as_object().unwrap(), NOW)
    }

    #[test]
    fn a_user_may_be_a_number() {
        for sub in [json!("42"), json!(42)] {
            assert_eq!(claims(json!({"sub": sub})).unwrap().sub.as_str(), "42");
        }
        assert_eq!(
            claims(json!({"sub": 9_007_199_254_740_993_u64})).unwrap().sub.as_str(),
            "9007199254740993"
        );
    }

    #[test]
    fn a_time_may_have_a_fraction() {
        for exp in [json!(NOW + 3600), json!((NOW + 3600) as f64 + 0.5)] {
            let read = claims(json!({"sub": "ada", "exp": exp, "nbf": NOW as f64 - 0.5})).unwrap();
            assert_eq!(read.exp, Some(NOW + 3600));
        }
    }

    #[test]
    fn the_clocks_of_two_machines_may_differ_by_a_minute() {
        assert!(claims(json!({"sub": "ada", "exp": NOW - 60, "nbf": NOW + 60})).is_ok());
        assert_eq!(claims(json!({"sub": "ada", "exp": NOW - 61})).unwrap_err().claim, "exp");
        assert_eq!(claims(json!({"sub": "ada", "nbf": NOW + 61})).unwrap_err().claim, "nbf");
    }

    #[test]
    fn an_invalid_claim_is_named_in_the_error() {
        for (claim, value, word) in [
            ("exp", json!(NOW * 1000), "milliseconds"),
            ("nbf", json!(NOW * 1000), "milliseconds"),
            ("exp", json!(1e300), "milliseconds"),
            ("exp", json!(null), "not a number"),
            ("exp", json!("1795480000"), "not a number"),
            ("exp", json!(-1), "before"),
            ("sub", json!(null), "neither"),
            ("sub", json!(1.5), "neither"),
            ("sub", json!(["ada"]), "neither"),
            ("sub", json!("a b"), "a b"),
            ("sub", json!("ada@example.org"), "ada@example.org"),
            ("sub", json!(""), "user"),
        ] {
            let mut all = json!({"sub": "ada"});
            all[claim] = value.clone();
            let refused = claims(all).unwrap_err();
            assert!(refused.claim == claim && refused.reason.contains(word), "{claim} {value}: {refused:?}");
        }
        assert!(claims(json!({})).unwrap_err().reason.contains("missing"));
    }

    #[test]
    fn an_unusable_name_does_not_refuse_a_token() {
        let long = "x".repeat(NAME_CHARS_MAX + 1);
        for (name, shown) in [
            (json!("Ada"), Some("Ada")),
            (json!("Ada\nLovelace"), Some("Ada Lovelace")),
            (json!(long), Some(&long[1..])),
            (json!(""), None),
            (json!(" \n"), None),
            (json!(null), None),
            (json!(7), None),
        ] {
            let read = claims(json!({"sub": "ada", "name": name})).unwrap();
            assert_eq!(read.name.as_ref().map(DisplayName::as_str), shown, "{name}");
        }
    }
}
