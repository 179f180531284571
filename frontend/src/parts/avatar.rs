//! The avatar of a person.

use leptos::prelude::*;
use shared::ids::UserId;

use crate::core::people;

/// Renders the initials of `name` on the colour of `user`. Screen readers skip it, because the name is next to it.
#[component]
pub(crate) fn Avatar(user: UserId, #[prop(into)] name: String) -> impl IntoView {
    let class = format!("avatar avatar--{}", people::colour(&user));
    view! { <span class=class aria-hidden="true">{people::initials(&name)}</span> }
}
