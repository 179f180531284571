//! The limits that both sides keep. Each has its unit in its name, and says what happens when it is reached.
//!
//! Some are defaults that an operator can change; `welcome.limits` contains those that a client has to know.

/// Maximum length of a channel name, in bytes. A longer one is refused with `invalid_channel`.
pub const CHANNEL_BYTES_MAX: usize = 160;

/// Maximum length of a namespace, in bytes. A longer one makes the channel's name invalid.
pub const NAMESPACE_BYTES_MAX: usize = 32;

/// Maximum length of a user id, in bytes. Two of them and a `+` fit in the name of a `dm:` channel.
pub const USER_BYTES_MAX: usize = 64;

/// Maximum length of a display name, in characters. A longer one is refused with `invalid_name`.
pub const NAME_CHARS_MAX: usize = 40;

/// Maximum length of a chat message's text, in bytes of UTF-8. A longer one is refused with `text_too_long`.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Maximum length of a notification's title, in bytes of UTF-8.
pub const TITLE_BYTES_MAX: usize = 256;

/// Maximum length of a notification's link, in bytes.
pub const LINK_BYTES_MAX: usize = 2 * 1024;

/// Maximum length of a reaction's emoji, in bytes of UTF-8. The longest sequences in use have 35.
pub const EMOJI_BYTES_MAX: usize = 64;

/// Maximum length of a custom payload's name, in bytes.
pub const CUSTOM_NAME_BYTES_MAX: usize = 64;

/// Maximum nesting of arrays and objects in a custom payload. Deeper data is refused with `invalid_field`, because JSON
/// parsers have a limit of their own, and a page of history nests each payload deeper than the publish did.
pub const DATA_DEPTH_MAX: usize = 64;

/// Maximum size of a payload, in bytes of JSON. A larger one is refused with `payload_too_large`.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// Maximum number of JSON values in a payload: each object, array, text, number, `true`, `false` and `null` counts as one.
/// A payload with more is refused with `payload_too_large`, because a client that builds a tree of it needs a hundred bytes
/// per value.
pub const PAYLOAD_NODES_MAX: usize = 8192;

/// Default maximum size of a WebSocket message, in bytes: the largest payload and its envelope. A frame that declares more
/// closes the connection with 1009 as soon as its header is read.
pub const FRAME_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + 4 * 1024;

/// Maximum number of messages in one page of history. A request for more gets this many.
pub const PAGE_MESSAGES_MAX: u32 = 200;

/// Default maximum number of subscriptions per connection. One more is refused with `too_many_subscriptions`.
pub const SUBSCRIPTIONS_MAX: usize = 256;

/// Maximum number of messages in a client's outbox. One more fails at once with `outbox_full`.
pub const OUTBOX_MESSAGES_MAX: usize = 1000;

/// Maximum number of unanswered requests of a client, publishes and all others. The rest waits in the session. After a
/// retryable refusal the maximum is one, and one more with each answer.
pub(crate) const OUTBOX_IN_FLIGHT_MAX: usize = 32;

/// Maximum time that a client waits for the answer to a request, in milliseconds. Then it closes the connection, and
/// repeats the request on the next one.
pub const REQUEST_MS_MAX: u64 = 30_000;

/// Maximum number of unanswered history requests of a client. One more fails at once with `outbox_full`.
pub(crate) const HISTORY_REQUESTS_MAX: usize = 32;

/// Maximum random wait before a client that has missed a change of presence requests the members again, in milliseconds.
/// Thousands of clients may notice at the same moment.
pub(crate) const PRESENCE_SPREAD_MS_MAX: u64 = 2_000;

/// Minimum time between two requests for the members of one channel on one connection, in milliseconds.
pub(crate) const PRESENCE_ASK_MS_MIN: u64 = 5_000;

/// Maximum length of a token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 4 * 1024;

/// Maximum length of the sentence about a message that cannot be read, in characters. A longer one is cut, because it quotes
/// the message.
pub const REFUSAL_CHARS_MAX: usize = 200;

/// Maximum length of the reason in a close frame, in bytes (RFC 6455 §5.5: 125 minus two for the code).
pub const CLOSE_REASON_BYTES_MAX: usize = 123;
