//! Who a client is: tokens, made here for guests, or by the application's own server for its users.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use shared::ids::{DisplayName, UserId};
use shared::limits::TOKEN_BYTES_MAX;
use shared::protocol::{ErrorCode, Refusal};

/// The claims of a token (RFC 7519 section 4). An application's server makes one with the token secret and HS256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user's id.
    pub sub: UserId,
    /// What others are shown, where `hello` gives no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
    /// When the token ends, in seconds since the Unix epoch; without it, never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<u64>,
}

/// Makes and reads tokens.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Tokens {
    /// Tokens signed with `secret`.
    pub fn new(secret: &str) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // A guest's token has no end; one that has is held to it.
        validation.required_spec_claims.clear();
        validation.validate_aud = false;
        let (encoding, decoding) =
            (EncodingKey::from_secret(secret.as_bytes()), DecodingKey::from_secret(secret.as_bytes()));
        Self { encoding, decoding, validation }
    }

    /// Reads a token.
    ///
    /// # Errors
    /// A [`Refusal`] with `invalid_token`: it is not signed with this server's secret, has ended, or names nobody.
    pub fn read(&self, token: &str) -> Result<Claims, Refusal> {
        let refused = || Refusal::new(ErrorCode::InvalidToken, "This token is not valid here, or no longer.");
        if token.len() > TOKEN_BYTES_MAX {
            return Err(refused());
        }
        jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map(|data| data.claims)
            .map_err(|_| refused())
    }

    /// Makes a new guest and a token for them.
    ///
    /// # Errors
    /// A [`Refusal`] with `internal` where there is no randomness, or the token cannot be signed.
    pub fn new_guest(&self) -> Result<(UserId, String), Refusal> {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a guest could not be made");
            Refusal::new(ErrorCode::Internal, "The server could not make a new guest.")
        };
        let number = crate::random::number().map_err(|error| failed(&error))?;
        let guest = UserId::parse(&format!("guest-{}", readable(number))).map_err(|error| failed(&error))?;
        let claims = Claims { sub: guest.clone(), name: None, exp: None };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| failed(&error))?;
        Ok((guest, token))
    }
}

/// Sixty bits in twelve letters and digits that are not mistaken for one another when read aloud.
fn readable(mut number: u64) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut text = String::new();
    for _ in 0..12 {
        text.push(char::from(DIGITS[usize::try_from(number % 32).unwrap_or(0)]));
        number /= 32;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(secret: &str, claims: &Claims) -> String {
        jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            claims,
            &EncodingKey::from_secret(secret.as_bytes()),
        )
        .unwrap()
    }

    fn ada(exp: Option<u64>) -> Claims {
        Claims { sub: UserId::parse("ada").unwrap(), name: DisplayName::parse("Ada").ok(), exp }
    }

    #[test]
    fn a_guest_is_the_same_with_its_token() {
        let tokens = Tokens::new("secret");
        let (guest, token) = tokens.new_guest().unwrap();
        assert_eq!(tokens.read(&token).unwrap().sub, guest);
        assert_ne!(tokens.new_guest().unwrap().0, guest);
    }

    #[test]
    fn a_token_of_the_applications_server_is_read() {
        assert_eq!(Tokens::new("secret").read(&sign("secret", &ada(None))), Ok(ada(None)));
    }

    #[test]
    fn false_tokens_are_refused() {
        let tokens = Tokens::new("secret");
        let long_ago = 1_000_000;
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.";
        for token in ["", "x", none, &sign("other", &ada(None)), &sign("secret", &ada(Some(long_ago)))] {
            assert_eq!(tokens.read(token).unwrap_err().code, ErrorCode::InvalidToken, "{token}");
        }
        let too_long = "x".repeat(TOKEN_BYTES_MAX + 1);
        assert_eq!(tokens.read(&too_long).unwrap_err().code, ErrorCode::InvalidToken);
    }
}
