//! The list of notifications, which the bell opens.

use leptos::prelude::*;

use super::dialog::{Dialog, Modality};
use super::notice::NoticeText;
use crate::core::intent::{Intent, Panel};
use crate::core::notifications::Notification;
use crate::core::rooms;
use crate::core::route::Route;
use crate::core::texts::{sentences, words};
use crate::state::{
    DesktopPermission as Permission, ask_for_desktop, day_label, desktop_permission, time_label, use_app,
};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::key::Key;
use crate::ui::live::{act, either, list, live, memo, part};

/// Lists all notifications, newest first. Opening the list marks them as read.
#[component]
pub(crate) fn Notifications() -> impl IntoView {
    view! {
        <Dialog
            panel=Panel::Bell
            modality=Modality::Popover
            label=words().notifications
            class="bell"
        >
            <List />
        </Dialog>
    }
}

#[component]
fn List() -> impl IntoView {
    let app = use_app();
    // Opening marks everything as read, so remember what was unread: it stays highlighted until the list is closed.
    let unread = app.bell.with_untracked(|bell| {
        bell.iter().filter(|item| item.unread).map(|item| item.number).collect::<Vec<_>>()
    });
    let unread = StoredValue::new(unread);
    Effect::new(move |_| {
        if app.bell_unread.get() > 0 {
            app.intend(Intent::ReadBell);
        }
    });
    let is_empty = memo(move || app.bell.with(Vec::is_empty));
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
                        move || app.bell.get(),
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
                    on:click=act(move |_| app.intend(Intent::ClearBell))
                >
                    {words().clear_all}
                </button>
            },
        )}
    }
}

#[component]
fn Item(item: Notification, fresh: bool) -> impl IntoView {
    let app = use_app();
    let level = item.notice.level.as_str();
    let room = item.source.map(|(channel, _)| channel).filter(rooms::is_room);
    view! {
        <li
            class=format!("bell__item notice--{level}")
            class:bell__item--fresh=fresh
        >
            <NoticeText notice=item.notice />
            <span class="bell__meta">
                {item.from.map(|from| format!("{from} · "))}
                {room
                    .map(|channel| {
                        let title = sentences().room(rooms::title(&channel));
                        view! {
                            <a href=Route::of_room(&channel) on:click=act(move |_| app.intend(Intent::ClosePanel))>{title}</a>
                            " · "
                        }
                    })}
                {live(move || day_label(item.at, app.today.get()))} " " {time_label(item.at)}
            </span>
        </li>
    }
}

/// Offers desktop notifications, or says why the browser does not allow them. Browsers show their question only after a
/// click.
#[component]
fn DesktopOffer() -> impl IntoView {
    let permission = RwSignal::new(desktop_permission());
    part(move || match permission.get() {
        Permission::NotAsked => Some(
            view! {
                <button
                    type="button"
                    class="button button--wide"
                    on:click=act(move |_| ask_for_desktop(move |answer| permission.set(answer)))
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
