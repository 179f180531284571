//! The Tidings server.
//!
//! The modules are floors: each imports only from those below it. `tests/architecture` holds this table against the code.
//!
//! | floor | module | what it is |
//! |---|---|---|
//! | 9 | [`app`] | the composition root: puts the parts together, starts and stops them |
//! | 8 | [`edge`] | entry points for clients: HTTP, WebSockets, TCP streams |
//! | 8 | [`lifecycle`] | the data directory, the listener, signals, supervision of threads and loops |
//! | 7 | [`client`] | the reading side of a client: rate, decoding, requests |
//! | 6 | [`shard`] | one worker thread: its connections and feeds, and the loop that serves them |
//! | 6 | [`fanout`] | outcomes, encoded once, to all workers |
//! | 5 | [`connection`] | the writing side of a connection: cursors, replies, signals |
//! | 4 | [`channel`] | one worker's part of a channel: the ring of newest messages, its readers |
//! | 4 | [`presence`] | the members of channels, with versions |
//! | 4 | [`projection`] | consumers of the applied commands, with a kept position |
//! | 4 | [`dialect`] | the output for each wire protocol |
//! | 3 | [`sequencer`] | puts commands in order |
//! | 3 | [`mailbox`] | the commands and batches that workers receive |
//! | 3 | [`backup`] | copies the log for `tidings backup` |
//! | 2 | [`store`] | the log: its contract and the SQLite store |
//! | 1 | [`message`] | messages as bytes |
//! | 1 | [`auth`] | tokens, the identity of a client, and its permissions |
//! | 0 | [`config`], [`telemetry`], [`clock`], [`random`], `rate`, [`file_rights`] | utilities for every floor |

pub mod app;
pub mod auth;
pub mod backup;
pub mod channel;
pub mod client;
pub mod clock;
pub mod config;
pub mod connection;
pub mod dialect;
pub mod edge;
pub mod fanout;
pub mod file_rights;
pub mod lifecycle;
pub mod mailbox;
pub mod message;
pub mod presence;
pub mod projection;
pub mod random;
mod rate;
pub mod sequencer;
pub mod shard;
pub mod store;
pub mod telemetry;
