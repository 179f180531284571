//! The icons: SVG paths with lines of one width, on a grid of 24 by 24.

use leptos::prelude::*;

/// An icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Alert,
    Bell,
    Check,
    Clock,
    Close,
    Copy,
    Down,
    Edit,
    Help,
    Menu,
    Pause,
    Play,
    React,
    Plus,
    Send,
    Trash,
    Wire,
    Megaphone,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Alert => "M12 8v5m0 3v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
            Self::Bell => "M6 10a6 6 0 1 1 12 0c0 5 2 6 2 6H4s2-1 2-6m4 9.5a2.2 2.2 0 0 0 4 0",
            Self::Check => "m5 12.5 4.5 4.5L19 7.5",
            Self::Clock => "M12 7v5l3 2m-3-11a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
            Self::Close => "m6 6 12 12M18 6 6 18",
            Self::Copy => "M9 9h10v11H9zM15 9V4H5v11h4",
            Self::Down => "M12 5v14m-6-6 6 6 6-6",
            Self::Edit => "m5 19 .8-4L16 4.8l3.2 3.2L9 18.2z",
            Self::Help => {
                "M9.2 9.2a2.9 2.9 0 1 1 4.3 2.5c-.9.5-1.5 1.1-1.5 2.3m0 3v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z"
            }
            Self::Menu => "M4 7h16M4 12h16M4 17h16",
            Self::Pause => "M8 5v14m8-14v14",
            Self::Play => "m7 5 12 7-12 7z",
            Self::React => "M8.5 14a4 4 0 0 0 7 0M9 9.5v.01m6-.01v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
            Self::Plus => "M12 5v14m-7-7h14",
            Self::Send => "M12 19V5m-6 6 6-6 6 6",
            Self::Trash => "M5 7h14m-9 0V4h4v3m-7 0 1 13h8l1-13",
            Self::Wire => "M3 12h4l3-7 4 14 3-7h4",
            Self::Megaphone => "M4 10v4h4l9 5V5l-9 5zm4 4v5m12-9a3 3 0 0 1 0 4",
        }
    }
}

/// Renders an icon. Screen readers skip it, so the element around it needs a name.
#[component]
pub(crate) fn Glyph(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d=icon.path() />
        </svg>
    }
}

/// Renders the logo.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="9" class="logo__ground" />
            <path d="M9 17.5c3.5 0 5.5 2 5.5 5.5M9 12c6.5 0 11 4.5 11 11M9 6.8c9.5 0 16.2 6.7 16.2 16.2" class="logo__wave" />
            <circle cx="10" cy="22" r="2.4" class="logo__dot" />
        </svg>
    }
}
