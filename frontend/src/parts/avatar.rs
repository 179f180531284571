//! A person in a circle.

use leptos::prelude::*;
use shared::ids::UserId;

use crate::core::people;

/// The initials of `name` on the colour of `user`.
#[component]
pub(crate) fn Avatar(user: UserId, #[prop(into)] name: String) -> impl IntoView {
    let class = format!("avatar avatar--{}", people::colour(&user));
    view! { <span class=class aria-hidden="true">{people::initials(&name)}</span> }
}
