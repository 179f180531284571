//! What a refusal means for the reader, in English.

use shared::protocol::{ErrorCode, Refusal};

/// The app and the server do not understand each other.
const RELOAD: &str = "The app and the server do not match. Reload the page.";

/// Returns why something was refused, and what the reader can do. The server's own sentence is used only if it says more
/// than the code.
pub(super) fn sentence(refusal: &Refusal) -> String {
    let own =
        match refusal.code {
            ErrorCode::NotJson
            | ErrorCode::UnknownType
            | ErrorCode::MissingField
            | ErrorCode::BinaryUnsupported
            | ErrorCode::UnsupportedVersion
            | ErrorCode::HelloRequired
            | ErrorCode::AlreadyGreeted
            | ErrorCode::NotSubscribed
            | ErrorCode::NotFound
            | ErrorCode::MethodNotAllowed
            | ErrorCode::UpgradeRequired => RELOAD,
            ErrorCode::InvalidChannel => "This is not the name of a room.",
            ErrorCode::InvalidName => "The server does not accept this name. Choose another one.",
            ErrorCode::TextTooLong | ErrorCode::PayloadTooLarge => "The text is too long. Shorten it.",
            ErrorCode::InvalidToken => "Your sign-in has expired. Reload the page.",
            ErrorCode::Unauthorized => "The API key is missing or wrong.",
            ErrorCode::Forbidden => "You may not do this here.",
            ErrorCode::UnknownNamespace => "There is no such room.",
            ErrorCode::TooManySubscriptions => "You have too many rooms open. Leave one, then try again.",
            ErrorCode::HistoryOff => "This room keeps no messages.",
            ErrorCode::PresenceOff => "This room does not show its members.",
            ErrorCode::RateLimited => "You’re sending very fast. We’ll deliver these in a moment.",
            ErrorCode::Overloaded => "The server is busy. Try again in a moment.",
            ErrorCode::OutOfTurn => "An earlier message was not sent. Send that one first.",
            ErrorCode::StorageFailed => "The server cannot store messages now. Try again later.",
            ErrorCode::UnknownConnection => "This connection is not open.",
            ErrorCode::UserOffline => "This user is not connected.",
            ErrorCode::Stopping => "The server is restarting. Try again in a moment.",
            ErrorCode::OutboxFull => "Too many messages and requests are waiting. Try again in a moment.",
            // These codes stand for many reasons. Only the server's sentence says which one.
            ErrorCode::InvalidField | ErrorCode::Internal | ErrorCode::Unknown => {
                if refusal.message.is_empty() { "The server refused this." } else { &refusal.message }
            }
        };
    own.to_owned()
}
