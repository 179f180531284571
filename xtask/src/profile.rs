//! The two ways to build the app and the server: quickly for a first try, or as they are shipped.

/// A way to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// With little optimisation, so that a first try starts after a few minutes.
    Quick,
    /// Optimised for speed (the server) and for size (the app).
    Shipped,
}

impl Profile {
    /// Returns the Cargo profile of the server. Its directory in the target directory has the same name.
    pub(crate) fn server(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Shipped => "release",
        }
    }

    /// Returns the Cargo profile of the app. For a quick build it is that of the server: cargo then compiles the procedural macros,
    /// the build scripts and their dependencies once for both.
    pub(crate) fn app(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Shipped => "page",
        }
    }

    /// Returns the Cargo profile of wasm-bindgen, which is compiled beside other programs.
    pub(crate) fn bind(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            // The profile of the tests, which need it too.
            Self::Shipped => "dev",
        }
    }
}
