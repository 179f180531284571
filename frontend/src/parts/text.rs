//! A text that a user wrote, as elements: code, quotes, lists, emphasis, links, mentions and rooms.

use leptos::prelude::*;

use super::copyable::Copyable;
use crate::core::mentions::name_at;
use crate::core::rich::{Block, Inline, Item, Mark, parse};
use crate::core::rooms::parse_room;
use crate::core::route::Route;
use crate::core::texts::words;
use crate::state::{Room, use_app};

/// Renders `text` without interpreting it as HTML: every character is in a text node. People of `room` can be mentioned in it.
#[component]
pub(crate) fn Text(text: String, room: Option<Room>, is_edited: bool) -> impl IntoView {
    let names = if text.contains('@') { room.map(names_of).unwrap_or_default() } else { Vec::new() };
    let mut all = parse(&text, &|after| name_at(after, &names));
    let edited = is_edited.then(|| view! { <span class="message__edited">{words().edited_suffix}</span> });
    // The mark is at the end of the last line.
    let last = match all.pop() {
        Some(Block::Paragraph(content)) => {
            view! { <p class="text">{inline(content)} {edited}</p> }.into_any()
        }
        Some(other) => view! { {block(other)} {edited} }.into_any(),
        None => ().into_any(),
    };
    view! { {blocks(all)} {last} }
}

/// Returns the names of the people who can be mentioned in a room.
fn names_of(room: Room) -> Vec<String> {
    let me = use_app().me.with_untracked(|me| me.name.as_ref().map(ToString::to_string));
    let others: Vec<String> =
        room.roster.with_untracked(|roster| roster.iter().map(|(_, name)| name.to_string()).collect());
    others.into_iter().chain(me).collect()
}

fn blocks(all: Vec<Block>) -> AnyView {
    all.into_iter().map(block).collect_view().into_any()
}

fn block(block: Block) -> AnyView {
    match block {
        Block::Paragraph(content) => view! { <p class="text">{inline(content)}</p> }.into_any(),
        Block::Code { text, .. } => {
            let text = text.unwrap_or_default();
            view! {
                <div class="code">
                    <pre class="code__text" dir="ltr" tabindex="0"><code>{text.clone()}</code></pre>
                    <Copyable text=Signal::stored(text) label=words().copy_code />
                </div>
            }
            .into_any()
        }
        Block::Quote { blocks: quoted, .. } => {
            view! { <blockquote class="quote" dir="auto">{blocks(quoted)}</blockquote> }.into_any()
        }
        Block::List(items) => {
            view! { <ul class="list">{items.into_iter().map(item).collect_view()}</ul> }.into_any()
        }
    }
}

fn item(item: Item) -> AnyView {
    let Item { mark, indent, number, content } = item;
    let mark = if number.is_some() { mark.trim().to_owned() } else { "•".to_owned() };
    view! { <li class=format!("list__item list__item--{indent}")><span class="list__mark">{mark}</span> <span>{inline(content)}</span></li> }
        .into_any()
}

fn inline(content: Vec<Inline>) -> AnyView {
    content.into_iter().map(part).collect_view().into_any()
}

fn part(part: Inline) -> AnyView {
    match part {
        Inline::Text(text) => text.into_any(),
        Inline::Code { text, .. } => view! { <code class="code__inline">{text}</code> }.into_any(),
        Inline::Marked { mark: Mark::Strong, content, .. } => {
            view! { <strong>{inline(content)}</strong> }.into_any()
        }
        Inline::Marked { mark: Mark::Emphasis, content, .. } => {
            view! { <em>{inline(content)}</em> }.into_any()
        }
        Inline::Marked { mark: Mark::Strike, content, .. } => view! { <s>{inline(content)}</s> }.into_any(),
        Inline::Link { href, text } => view! { <Outside link=href>{text}</Outside> }.into_any(),
        Inline::Mention(text) => view! { <span class="mention">{text}</span> }.into_any(),
        Inline::Room(name) => match parse_room(&name) {
            Ok(channel) => {
                view! { <a class="mention" href=Route::of_room(&channel)>{format!("#{name}")}</a> }.into_any()
            }
            Err(_) => format!("#{name}").into_any(),
        },
    }
}

/// A link that a user wrote. It opens in a new tab, which gets no access to this one.
#[component]
pub(crate) fn Outside(link: String, children: Children) -> impl IntoView {
    view! {
        <a href=link target="_blank" rel="noopener noreferrer">
            {children()}
        </a>
    }
}
