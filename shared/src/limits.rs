//! Every limit that both sides keep, with its unit in its name and what happens when it is reached.
//!
//! Those of a running server that can be set differ from server to server; `welcome.limits` tells a client the
//! ones it has to know.

/// Longest channel name, in bytes. A longer one is refused with `invalid_channel`.
pub const CHANNEL_BYTES_MAX: usize = 160;

/// Longest namespace, in bytes. A longer one makes the channel's name invalid.
pub const NAMESPACE_BYTES_MAX: usize = 32;

/// Longest user id, in bytes. Two of them and a `+` fit in the name of a `dm:` channel.
pub const USER_BYTES_MAX: usize = 64;

/// Longest display name, in characters. A longer one is refused with `invalid_name`.
pub const NAME_CHARS_MAX: usize = 40;

/// Longest text of a chat message, in bytes of UTF-8. A longer one is refused with `text_too_long`.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Longest title of a notification, in bytes of UTF-8.
pub const TITLE_BYTES_MAX: usize = 256;

/// Longest link of a notification, in bytes.
pub const LINK_BYTES_MAX: usize = 2 * 1024;

/// Longest emoji of a reaction, in bytes of UTF-8: the longest joined sequences in use have 35.
pub const EMOJI_BYTES_MAX: usize = 64;

/// Longest name of a custom payload, in bytes.
pub const CUSTOM_NAME_BYTES_MAX: usize = 64;

/// Deepest nesting of arrays and objects in a custom payload. Deeper data is refused with `invalid_field`: a reader of
/// JSON gives up at some depth, and a page of history nests each payload deeper than the publish did.
pub const DATA_DEPTH_MAX: usize = 64;

/// Largest payload, in bytes of its JSON. A larger one is refused with `payload_too_large`.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// Maximum number of JSON values in a payload: each object, array, text, number, `true`, `false` and `null` counts as one.
/// A payload with more is refused with `payload_too_large`: a reader that builds a tree of it needs a hundred bytes for
/// each.
pub const PAYLOAD_NODES_MAX: usize = 8192;

/// Largest WebSocket message a server takes by default, in bytes: a whole payload and its envelope. A frame that
/// declares more closes the connection with 1009 as soon as its header is read.
pub const FRAME_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + 4 * 1024;

/// Most messages in one page of history. A request for more gets this many.
pub const PAGE_MESSAGES_MAX: u32 = 200;

/// Most channels one connection may subscribe to by default. One more is refused with `too_many_subscriptions`.
pub const SUBSCRIPTIONS_MAX: usize = 256;

/// Most messages a client keeps unsent. One more fails at once with `outbox_full`.
pub const OUTBOX_MESSAGES_MAX: usize = 1000;

/// Most unanswered requests a client has on the way at a time, publishes and all others; the rest waits in the
/// session. After a refusal for now it is one, and one more with each answer.
pub const OUTBOX_IN_FLIGHT_MAX: usize = 32;

/// How long a client waits for the answer to a request, in milliseconds. Then the connection is taken for broken, and
/// the request is made again on the next.
pub const REQUEST_MS_MAX: u64 = 30_000;

/// Most history requests a client has on the way at a time; one more is refused at once.
pub const HISTORY_REQUESTS_MAX: usize = 32;

/// Longest random wait before a client that has missed a change of presence asks for the members again, in milliseconds:
/// thousands of clients may notice at the same moment.
pub const PRESENCE_SPREAD_MS_MAX: u64 = 2_000;

/// Shortest time between two requests for the members of one channel on one connection, in milliseconds.
pub const PRESENCE_ASK_MS_MIN: u64 = 5_000;

/// Longest token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 4 * 1024;

/// Longest sentence about a message that cannot be read, in characters. A longer one is cut: it quotes the message.
pub const REFUSAL_CHARS_MAX: usize = 200;

/// Longest reason in a close frame, in bytes (RFC 6455 section 5.5: 125 less the two of the code).
pub const CLOSE_REASON_BYTES_MAX: usize = 123;
