//! Selectors for the parts of the page.

/// Returns the CSS selector of the part that the page marks with this name.
pub(super) fn marked(name: &str) -> String {
    format!("[data-testid={name:?}]")
}
