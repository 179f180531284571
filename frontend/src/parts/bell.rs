//! The list of notifications, which the bell opens.

use leptos::prelude::*;

use super::dialog::{Dialog, Modality};
use super::notice::NoticeText;
use crate::browser::clock;
use crate::core::notifications::{Bell, Notification};
use crate::core::rooms;
use crate::core::route::Route;
use crate::core::texts::{sentences, words};
use crate::core::toasts::Toasts;
use crate::state::desktop::{self, Permission};
use crate::state::{Panel, day_label, time_label, use_tidings};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::key::Key;
use crate::ui::live::{act, either, list, memo, part};

/// Lists all notifications, newest first. Opening the list marks them as read.
#[component]
pub(crate) fn Notifications() -> impl IntoView {
    view! {
        <Dialog
            panel=Panel::Bell
            modality=Modality::Popover
            label=words().notifications
            class="bell"
            testid="notifications"
        >
            <List />
        </Dialog>
    }
}

#[component]
fn List() -> impl IntoView {
    let tidings = use_tidings();
    // Opening marks everything as read, so remember what was unread: it stays highlighted until the list is closed.
    let unread = tidings.bell.with_untracked(|bell| {
        bell.items().filter(|item| item.unread).map(|item| item.number).collect::<Vec<_>>()
    });
    let unread = StoredValue::new(unread);
    tidings.toasts.update(Toasts::dismiss_all);
    Effect::new(move |_| {
        if tidings.bell.with(Bell::unread) > 0 {
            tidings.read_bell();
        }
    });
    let items = move || tidings.bell.with(|bell| bell.items().cloned().collect::<Vec<_>>());
    let is_empty = memo(move || tidings.bell.with(Bell::is_empty));
    view! {
        <DesktopOffer />
        {either(
            move || is_empty.get(),
            || view! {
                <div class="empty">
                    <Glyph icon=Icon::Bell />
                    <strong class="empty__title">{words().no_notifications_title}</strong>
                    <span>{words().no_notifications}</span>
                </div>
            },
            move || view! {
                <ul class="bell__list">
                    {list(
                        items,
                        |item| Key::Number(item.number),
                        move |item| {
                            let fresh = unread.with_value(|unread| unread.contains(&item.number));
                            view! { <Item fresh item /> }
                        },
                    )}
                </ul>
                <button
                    type="button"
                    class="button bell__clear"
                    on:click=act(move |_| tidings.bell.update(Bell::clear))
                >
                    {words().clear_all}
                </button>
            },
        )}
    }
}

#[component]
fn Item(item: Notification, fresh: bool) -> impl IntoView {
    let tidings = use_tidings();
    let level = item.notice.level.as_str();
    let room = item.source.map(|(channel, _)| channel).filter(|channel| channel.namespace() != "inbox");
    let day = day_label(item.at, clock::now());
    view! {
        <li
            class=format!("bell__item notice--{level}")
            class:bell__item--fresh=fresh
            data-testid="notification"
        >
            <NoticeText notice=item.notice />
            <span class="bell__meta">
                {item.from.map(|from| format!("{from} · "))}
                {room
                    .map(|channel| {
                        let title = sentences().room(rooms::title(&channel));
                        view! {
                            <a href=Route::of_room(&channel) on:click=act(move |_| tidings.panel.set(None))>{title}</a>
                            " · "
                        }
                    })}
                {day} " " {time_label(item.at)}
            </span>
        </li>
    }
}

/// Offers desktop notifications, or says why the browser does not allow them. Browsers show their question only after a
/// click.
#[component]
fn DesktopOffer() -> impl IntoView {
    let permission = RwSignal::new(desktop::permission());
    part(move || match permission.get() {
        Permission::NotAsked => Some(
            view! {
                <button
                    type="button"
                    class="button button--wide"
                    data-testid="allow-desktop"
                    on:click=act(move |_| desktop::ask(move |answer| permission.set(answer)))
                >
                    {words().allow_desktop}
                </button>
            }
            .into_any(),
        ),
        Permission::Denied => Some(view! { <p class="bell__hint">{words().desktop_blocked}</p> }.into_any()),
        Permission::Insecure => {
            Some(view! { <p class="bell__hint">{words().desktop_insecure}</p> }.into_any())
        }
        Permission::Granted | Permission::Unsupported => None,
    })
}
