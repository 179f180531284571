//! Builds the app that the server serves, unless it is up to date.
//!
//! trunk builds the same app in development; `same.rs` compares the two.

mod compile;
mod compress;
mod document;
mod hash;
mod index;
mod same;
mod shrink;
mod stamp;

use std::path::Path;
use std::process::Command;

pub(crate) use compile::command as compile_command;

use crate::failure::Failure;
use crate::process;
use crate::profile::Profile;
use crate::steps::{Steps, say};
use crate::tools::{self, AppTools, WASM32, bind};
use crate::workspace::Workspace;
use document::{File, Sources};
use index::{Asset, Part};
use shrink::Text;
use stamp::Stamp;

/// The directory of the built app.
pub(crate) const DIST: &str = "frontend/dist";

/// The document, and the directory of its assets.
const INDEX: &str = "frontend/index.html";

/// Number of steps of [`ensure`].
pub(crate) fn steps(profile: Profile) -> usize {
    match profile {
        Profile::Quick => 3,
        Profile::Shipped => 4,
    }
}

/// Installs what is missing and builds the app into [`DIST`].
pub(crate) fn ensure(
    workspace: &Workspace,
    profile: Profile,
    steps: &mut Steps,
) -> Result<AppTools, Failure> {
    steps.must(&format!("Target {WASM32}"), || tools::ensure_wasm32(workspace))?;
    let tools = match profile {
        Profile::Quick => AppTools::default(),
        Profile::Shipped => steps.must("wasm-opt and esbuild", || Ok(AppTools::ensure(workspace)))?,
    };
    steps.must("Building wasm-bindgen (half a minute the first time)", || bind::build(workspace, profile))?;
    let title = match profile {
        Profile::Quick => "Building the app (1 min the first time)",
        Profile::Shipped => "Building the app (4 min the first time)",
    };
    steps.must(title, || build(workspace, profile, &tools))?;
    Ok(tools)
}

/// Builds the app into [`DIST`].
pub(crate) fn build(workspace: &Workspace, profile: Profile, tools: &AppTools) -> Result<(), Failure> {
    let stamp = Stamp::of(workspace);
    let kind = kind(profile, tools);
    if let Some(current) = current(workspace, profile, tools) {
        say(&format!("up to date: {current}"));
        return Ok(());
    }
    let begun = std::time::SystemTime::now();
    let files = files(workspace, profile, tools)?;
    let dist = workspace.root.join(DIST);
    replace(&dist, &files).map_err(|error| {
        Failure::new(format!("{DIST} cannot be written: {error}"), "Remove it, then try again.")
    })?;
    if profile == Profile::Shipped {
        compress::all(&dist);
    }
    if stamp.write(&kind, begun).is_err() {
        say("The app cannot be marked as up to date and will be built again next time.");
    }
    Ok(())
}

/// Returns the kind of the built app if [`build`] has nothing to do. A shipped app is good enough for a quick build.
pub(crate) fn current(workspace: &Workspace, profile: Profile, tools: &AppTools) -> Option<String> {
    let kind = kind(profile, tools);
    Stamp::of(workspace).current().filter(|current| match profile {
        Profile::Quick => *current == kind || current.starts_with(SHIPPED),
        Profile::Shipped => *current == kind,
    })
}

/// The beginning of the [`kind`] of every shipped app.
const SHIPPED: &str = "shipped";

/// Describes how an app was built.
fn kind(profile: Profile, tools: &AppTools) -> String {
    let shrunk = [tools.wasm_opt.as_ref().map(|_| "wasm-opt"), tools.esbuild.as_ref().map(|_| "esbuild")];
    let profile = match profile {
        Profile::Quick => "quick",
        Profile::Shipped => SHIPPED,
    };
    [Some(profile)].into_iter().chain(shrunk).flatten().collect::<Vec<_>>().join(", ")
}

/// Builds the app with `trunk` and with this crate, both without making it smaller, and returns the first difference. It compiles
/// nothing if an app of this profile was just built.
pub(crate) fn difference_from_trunk(
    workspace: &Workspace,
    profile: Profile,
    mut trunk: Command,
) -> Result<Option<String>, Failure> {
    let dist = workspace.tools.join("app").join("trunk");
    trunk.args(["build", "--cargo-profile", profile.app(), "--dist"]).arg(&dist);
    process::must(&mut trunk, "The messages above say why.")?;
    let ours = files(workspace, profile, &AppTools::default())?;
    same::difference(&dist, &ours, &parts(workspace)?).map_err(|error| {
        Failure::new(format!("{} cannot be read: {error}", dist.display()), "Remove it, then try again.")
    })
}

/// Returns the parts of the document.
fn parts(workspace: &Workspace) -> Result<Vec<Part>, Failure> {
    let index = compile::read(&workspace.root.join(INDEX))?;
    index::parse(&String::from_utf8_lossy(&index))
}

/// Returns the files of the app.
fn files(workspace: &Workspace, profile: Profile, tools: &AppTools) -> Result<Vec<File>, Failure> {
    let parts = parts(workspace)?;
    let folder = workspace.tools.join("app").join(profile.app());
    let mut app = compile::app(workspace, profile, &folder)?;
    if let (Some(wasm_opt), Some(level)) = (&tools.wasm_opt, level(&parts)) {
        app.module = shrink::module(wasm_opt, level, &folder.join(bind::MODULE))?;
    }
    if let Some(esbuild) = &tools.esbuild {
        app.script = shrink::text(esbuild, Text::Module, &app.script)?;
    }
    let sources = Files { folder: &workspace.root.join("frontend"), esbuild: tools.esbuild.as_deref() };
    document::assemble(&parts, app, &sources)
}

/// Returns wasm-opt's level in the document.
fn level(parts: &[Part]) -> Option<&str> {
    parts.iter().find_map(|part| match part {
        Part::Asset(Asset::Rust { level }) => Some(level.as_str()),
        _ => None,
    })
}

/// The assets in the directory of the document.
struct Files<'a> {
    folder: &'a Path,
    esbuild: Option<&'a Path>,
}

impl Files<'_> {
    fn shrink(&self, kind: Text, content: Vec<u8>) -> Result<String, Failure> {
        let content = match self.esbuild {
            Some(esbuild) => shrink::text(esbuild, kind, &content)?,
            None => content,
        };
        Ok(String::from_utf8_lossy(&content).into_owned())
    }
}

impl Sources for Files<'_> {
    type Error = Failure;

    fn file(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let path = self.folder.join(path);
        std::fs::read(&path).map_err(|error| {
            Failure::new(format!("{} cannot be read: {error}", path.display()), format!("{INDEX} names it."))
        })
    }

    fn script(&self, path: &str) -> Result<String, Failure> {
        self.shrink(Text::Script, self.file(path)?)
    }

    fn styles(&self, sheets: &str) -> Result<String, Failure> {
        self.shrink(Text::Styles, sheets.as_bytes().to_vec())
    }
}

/// Replaces the files of `folder` by `files`.
fn replace(folder: &Path, files: &[File]) -> std::io::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    files.iter().try_for_each(|(name, content)| std::fs::write(folder.join(name), content))
}
