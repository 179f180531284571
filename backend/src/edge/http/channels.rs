//! `/api/channels`: lists the channels, their messages and their members.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::{Json, Path, Query};
use serde::{Deserialize, Serialize};
use shared::ids::{ChannelName, Offset};
use shared::limits::PAGE_MESSAGES_MAX;
use shared::protocol::{ErrorCode, Refusal, Sender};

use super::auth::Authorized;
use super::parts::Part;
use crate::auth::{Action, Permissions, Subject};
use crate::edge::refusal::{ApiError, invalid};
use crate::presence::PresenceBoard;
use crate::store::{LogReads, Page, PageRange};

/// Maximum number of channels in a response.
const PAGE_CHANNELS_MAX: u32 = 1000;

/// Default number of messages in a response.
const PAGE_MESSAGES: u32 = 50;

/// The requested part of the list.
#[derive(Debug, Deserialize)]
pub(super) struct ChannelRange {
    after: Option<String>,
    limit: Option<u32>,
}

/// The response: a part of the list.
#[derive(Debug, Serialize)]
pub(super) struct Channels {
    channels: Vec<Channel>,
    /// Whether there are more channels after the last one.
    more: bool,
}

/// A channel that has had messages.
#[derive(Debug, Serialize)]
pub(super) struct Channel {
    channel: ChannelName,
    head: Offset,
    members: usize,
}

pub(super) async fn list(
    _key: Authorized,
    reads: Part<LogReads>,
    board: Part<Arc<PresenceBoard>>,
    range: Query<ChannelRange>,
) -> Result<Json<Channels>, ApiError> {
    let ChannelRange { after, limit } = range.into_inner();
    let limit = limit.unwrap_or(PAGE_CHANNELS_MAX).clamp(1, PAGE_CHANNELS_MAX);
    // One more than asked for tells whether there are more.
    let mut found = reads.0.channels(after.unwrap_or_default(), limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let counts = board.0.counts(found.iter().map(|(channel, _)| channel));
    let channel = |((channel, head), members)| Channel { channel, head, members };
    Ok(Json(Channels { channels: found.into_iter().zip(counts).map(channel).collect(), more }))
}

/// The requested messages: those after an offset, or the newest before one.
#[derive(Debug, Deserialize)]
pub(super) struct MessageRange {
    after: Option<Offset>,
    before: Option<Offset>,
    limit: Option<u32>,
}

pub(super) async fn messages(
    _key: Authorized,
    permissions: Part<Arc<Permissions>>,
    reads: Part<LogReads>,
    name: Path<String>,
    range: Query<MessageRange>,
) -> Result<HttpResponse, ApiError> {
    let channel = channel(&name)?;
    permissions.0.may(Subject::ApiKey, Action::ReadHistory, &channel)?;
    let limit = range.limit.unwrap_or(PAGE_MESSAGES).clamp(1, PAGE_MESSAGES_MAX);
    let range = match (range.after, range.before) {
        (Some(_), Some(_)) => return Err(invalid("Give “after” or “before”, not both.")),
        (Some(after), None) => PageRange::After(after),
        (None, before) => PageRange::Before(before),
    };
    let Page { messages, more } = reads.0.page(&channel, range, limit).await?;
    let body = [&br#"{"messages":"#[..], &messages, format!(r#","more":{more}}}"#).as_bytes()].concat();
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(body))
}

/// The response: the members of a channel.
#[derive(Debug, Serialize)]
pub(super) struct Members {
    /// The total number of members, also if the list is truncated.
    count: usize,
    members: Vec<Sender>,
}

pub(super) async fn presence(
    _key: Authorized,
    permissions: Part<Arc<Permissions>>,
    board: Part<Arc<PresenceBoard>>,
    name: Path<String>,
) -> Result<Json<Members>, ApiError> {
    let channel = channel(&name)?;
    permissions.0.may(Subject::ApiKey, Action::SeeMembers, &channel)?;
    let members = board.0.members(&channel);
    let count = board.0.counts([&channel]).first().copied().unwrap_or_default();
    // A member may have joined between the two calls.
    Ok(Json(Members { count: count.max(members.len()), members }))
}

fn channel(name: &str) -> Result<ChannelName, Refusal> {
    ChannelName::parse(name).map_err(|error| Refusal::new(ErrorCode::InvalidChannel, error.to_string()))
}
