//! The Tidings page.

#[allow(
    unreachable_pub,
    reason = "the component macro writes `pub` before each component and its properties"
)]
mod app;
mod boot;
#[allow(
    unreachable_pub,
    reason = "the component macro writes `pub` before each component and its properties"
)]
mod components;
mod model;
mod net;
#[allow(
    unreachable_pub,
    reason = "the component macro writes `pub` before each component and its properties"
)]
mod pages;
mod state;

fn main() {
    boot::show_panics();
    leptos::mount::mount_to_body(app::App);
    boot::remove_shell();
}
