//! Tokens identify clients. This server creates them for guests, and the application's server for its users.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Map, Value};
use shared::ids::UserId;
use shared::limits::TOKEN_BYTES_MAX;
use shared::protocol::{ErrorCode, Refusal};

use super::claims::{self, Claims, InvalidClaim};
use crate::clock;
use crate::telemetry::{Event, Events};

/// Creates and verifies tokens.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Tokens {
    /// Creates and verifies tokens with `secret`.
    pub fn new(secret: &str) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // `claims::read` checks the claims instead, because it can name what is wrong with one.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let (encoding, decoding) =
            (EncodingKey::from_secret(secret.as_bytes()), DecodingKey::from_secret(secret.as_bytes()));
        Self { encoding, decoding, validation }
    }

    /// Verifies a token and reads its claims. The refusal says only that the token is not valid; the event has the reason.
    ///
    /// # Errors
    /// A [`Refusal`] with `invalid_token` if the token is not signed with this server's secret, has expired, or names no user.
    pub fn read(&self, token: &str, events: &Events) -> Result<Claims, Refusal> {
        self.verify(token).and_then(|claims| claims::read(&claims, clock::now().0 / 1000)).map_err(|wrong| {
            events.emit(Event::TokenRefused { claim: wrong.claim, reason: &wrong.reason });
            Refusal::new(
                ErrorCode::InvalidToken,
                "This token is not valid for this server, or no longer valid.",
            )
        })
    }

    /// Verifies that a token is signed with this server's secret, and returns its claims.
    fn verify(&self, token: &str) -> Result<Map<String, Value>, InvalidClaim> {
        let wrong = |claim, reason: &str| InvalidClaim { claim, reason: reason.to_owned() };
        if token.len() > TOKEN_BYTES_MAX {
            return Err(wrong("(all)", "the token is too long"));
        }
        let verified = jsonwebtoken::decode(token, &self.decoding, &self.validation);
        // Omit the library's error text, because it may contain parts of the token.
        let verified = verified.map_err(|error| match error.kind() {
            ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
                wrong("alg", "the token is not signed with HS256")
            }
            ErrorKind::InvalidSignature => {
                wrong("(signature)", "the token is signed with another secret than the token secret")
            }
            _ => wrong("(all)", "this is not a JSON Web Token"),
        })?;
        // RFC 7515 section 4.1.11: a recipient that does not understand these extensions must reject the token.
        if verified.header.crit.is_some() {
            return Err(wrong(
                "crit",
                "the token's header names extensions that have to be understood, and none is",
            ));
        }
        Ok(verified.claims)
    }

    /// Creates a new guest and a token for it.
    ///
    /// # Errors
    /// A [`Refusal`] with `internal` if the system provides no random numbers, or the token cannot be signed.
    pub fn new_guest(&self) -> Result<(UserId, String), Refusal> {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "cannot create a guest");
            Refusal::new(ErrorCode::Internal, "The server could not create a guest.")
        };
        let number = crate::random::number().map_err(|error| failed(&error))?;
        let guest = UserId::parse(&format!("guest-{}", readable(number))).map_err(|error| failed(&error))?;
        let claims = Claims { sub: guest.clone(), name: None, exp: None };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| failed(&error))?;
        Ok((guest, token))
    }
}

/// Encodes 60 bits as twelve letters and digits that are not confused with each other when read aloud.
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
    use shared::ids::DisplayName;

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
    fn the_token_of_a_guest_identifies_the_guest() {
        let tokens = Tokens::new("secret");
        let (guest, token) = tokens.new_guest().unwrap();
        assert_eq!(tokens.read(&token, &Events::default()).unwrap().sub, guest);
        assert_ne!(tokens.new_guest().unwrap().0, guest);
    }

    #[test]
    fn a_token_of_the_applications_server_is_accepted() {
        assert_eq!(
            Tokens::new("secret").read(&sign("secret", &ada(None)), &Events::default()),
            Ok(ada(None))
        );
    }

    #[test]
    fn invalid_tokens_are_refused() {
        let (tokens, events) = (Tokens::new("secret"), Events::default());
        let long_ago = 1_000_000;
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.";
        for token in ["", "x", none, &sign("other", &ada(None)), &sign("secret", &ada(Some(long_ago)))] {
            assert_eq!(tokens.read(token, &events).unwrap_err().code, ErrorCode::InvalidToken, "{token}");
        }
        let claims = ada(None);
        let stronger = Header::new(Algorithm::HS384);
        let stronger =
            jsonwebtoken::encode(&stronger, &claims, &EncodingKey::from_secret(b"secret")).unwrap();
        assert_eq!(tokens.verify(&stronger).unwrap_err().claim, "alg");
        assert_eq!(tokens.verify(&sign("secret\n", &claims)).unwrap_err().claim, "(signature)");
        assert_eq!(tokens.verify("x.y.z").unwrap_err().claim, "(all)");
        let too_long = "x".repeat(TOKEN_BYTES_MAX + 1);
        assert_eq!(tokens.read(&too_long, &events).unwrap_err().code, ErrorCode::InvalidToken);
    }
}
