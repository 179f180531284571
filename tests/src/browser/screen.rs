//! How a browser shows and loads a page.

/// The size of a person's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A laptop's.
    Wide,
    /// A phone's of 360 by 740 points.
    Narrow,
}

/// What a browser does with a page that nobody looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Chromium treats it like any other: timers of hidden tabs run on time, and a page that was left is gone. Only one
    /// window is in front, so most stories need this.
    Steady,
    /// As users have it: timers of hidden tabs are throttled, and a page that was left may be kept for the way back.
    AsUsual,
}

/// The end of the wait after a page is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// Everything that the page loads.
    ForAll,
    /// The page's HTML only.
    ForHtml,
}
