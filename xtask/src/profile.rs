//! The two ways to build the app and the server: quickly for a first try, or as they are shipped.

/// The Cargo profile for development and tests.
pub(crate) const DEV: &str = "dev";
/// The Cargo profile of an optimised server.
pub(crate) const RELEASE: &str = "release";

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
            Self::Shipped => RELEASE,
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

    /// Returns cargo's arguments that select `program` of `package`.
    ///
    /// Cargo joins the features of all selected packages, and filters by the program afterwards. With the same selection for a
    /// quick server and a quick wasm-bindgen, they and the app have most procedural macros in common, with the same features: they are
    /// compiled once. A shipped program gets only the features that it needs.
    pub(crate) fn select<'a>(self, package: &'a str, program: &'a str) -> Vec<&'a str> {
        let packages: &[&'a str] = match self {
            Self::Quick => &["backend", "frontend", "xtask-bind"],
            Self::Shipped => &[package],
        };
        let packages = packages.iter().copied().flat_map(|package| ["--package", package]);
        packages.chain(["--bin", program]).collect()
    }

    /// Returns the Cargo profile of wasm-bindgen, which is compiled beside other programs.
    pub(crate) fn bind(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            // The profile of the tests, which need it too.
            Self::Shipped => DEV,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_programs_are_selected_among_the_same_packages_and_shipped_ones_alone() {
        let packages = |profile: Profile, package, program| {
            let words = profile.select(package, program);
            assert_eq!(words[words.len() - 2..], ["--bin", program]);
            words[..words.len() - 2].join(" ")
        };
        let server = packages(Profile::Quick, "backend", "tidings");
        assert_eq!(server, packages(Profile::Quick, "xtask-bind", "xtask-bind"));
        assert!(server.contains("--package backend") && server.contains("--package frontend"), "{server}");
        assert_eq!(packages(Profile::Shipped, "backend", "tidings"), "--package backend");
    }

    #[test]
    fn each_profile_is_in_the_manifest() {
        let manifest = include_str!("../../Cargo.toml");
        for profile in [Profile::Quick, Profile::Shipped] {
            for name in [profile.server(), profile.app(), profile.bind()] {
                assert!(manifest.contains(&format!("[profile.{name}]")), "{name}");
            }
        }
    }
}
