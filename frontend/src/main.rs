//! The Tidings app.

#[allow(
    unreachable_pub,
    reason = "the component macro writes `pub` before each component and its properties"
)]
mod app;
mod boot;
mod browser;
mod core;
mod link;
#[allow(
    unreachable_pub,
    reason = "the component macro writes `pub` before each component and its properties"
)]
mod pages;
#[allow(
    unreachable_pub,
    reason = "the component macro writes `pub` before each component and its properties"
)]
mod parts;
mod state;
#[allow(
    unreachable_pub,
    reason = "the component macro writes `pub` before each component and its properties"
)]
mod ui;

fn main() {
    boot::show_panics();
    leptos::mount::mount_to_body(app::App);
    boot::remove_shell();
}
