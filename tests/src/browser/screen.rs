//! How a browser shows and loads a page.

/// The size of a person's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A laptop's.
    Wide,
    /// A phone's of 360 by 740 points.
    Narrow,
}

/// The end of the wait after a page is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// Everything that the page loads.
    ForAll,
    /// The page's HTML only.
    ForHtml,
}
