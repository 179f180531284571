//! Which modules of a crate import which others, and the tables that say which may.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, UseTree};

/// Imported modules by module. A module is its path, such as `["store", "sqlite"]`.
pub(crate) type Graph = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// Returns a folder of the workspace, such as that of a crate.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Returns the section of `docs/ARCHITECTURE.md` with this heading, without the sections after it.
pub(crate) fn section(heading: &str) -> String {
    let text = fs::read_to_string(folder("docs").join("ARCHITECTURE.md")).unwrap();
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    section.split("\n## ").next().unwrap().to_owned()
}

/// Returns the text of each module of a crate, without its tests.
pub(crate) fn sources(krate: &str) -> BTreeMap<Vec<String>, String> {
    let mut files = BTreeMap::new();
    read(&folder(krate).join("src"), &mut Vec::new(), &mut files);
    files
}

/// The modules that a file imports, as written in the file. Imports of its tests are left out.
#[derive(Default)]
struct Imports {
    paths: Vec<Vec<String>>,
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    let text = |attribute: &Attribute| {
        attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default()
    };
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg") && text(attribute).contains("test"))
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.paths.push(names);
        }
        visit::visit_path(self, path);
    }
}

impl Imports {
    fn add(&mut self, tree: &UseTree, prefix: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.add(&path.tree, prefix);
                prefix.pop();
            }
            UseTree::Name(name) => self.paths.push([&prefix[..], &[name.ident.to_string()]].concat()),
            UseTree::Rename(name) => self.paths.push([&prefix[..], &[name.ident.to_string()]].concat()),
            UseTree::Glob(_) => self.paths.push(prefix.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(tree, prefix)),
        }
    }
}

/// Returns the imported modules of each file of a crate.
pub(crate) fn imports(krate: &str) -> Graph {
    let files = sources(krate);
    let modules: BTreeSet<Vec<String>> = files.keys().cloned().collect();
    let resolve = |module: &[String], path: &[String]| {
        let mut from: Vec<String> = match path[0].as_str() {
            "crate" | "self" | "super" => Vec::new(),
            // The path begins with a child of the module, or with another crate.
            _ => module.to_vec(),
        };
        let mut rest = path;
        match path[0].as_str() {
            "crate" => rest = &path[1..],
            "self" => (from, rest) = (module.to_vec(), &path[1..]),
            "super" => {
                from = module.to_vec();
                while rest.first().is_some_and(|name| name == "super") {
                    from.pop();
                    rest = &rest[1..];
                }
            }
            child if !modules.contains(&[module, &[child.to_owned()]].concat()) => return None,
            _ => {}
        }
        from.extend_from_slice(rest);
        while !from.is_empty() && !modules.contains(&from) {
            from.pop();
        }
        (!from.is_empty() && from != module).then_some(from)
    };
    let resolved = files.iter().map(|(module, text)| {
        let mut imports = Imports::default();
        imports.visit_file(&syn::parse_file(text).unwrap());
        (module.clone(), imports.paths.iter().filter_map(|path| resolve(module, path)).collect())
    });
    resolved.collect()
}

fn read(folder: &Path, module: &mut Vec<String>, files: &mut BTreeMap<Vec<String>, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        // Tests and their fixtures may import everything.
        if ["tests", "main", "lib", "conformance"].contains(&name.as_str()) {
            continue;
        }
        if name != "mod" {
            module.push(name.clone());
        }
        if path.is_dir() {
            read(&path, module, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(module.clone(), fs::read_to_string(&path).unwrap());
        }
        if name != "mod" {
            module.pop();
        }
    }
}

/// Returns the modules that are part of an import cycle, or on a path between two cycles.
fn in_cycles(imports: &Graph) -> BTreeSet<Vec<String>> {
    // Remove files that import no remaining file, until there are none. Each remaining file is part of a cycle, or
    // imports one.
    let mut left: BTreeSet<_> = imports.keys().cloned().collect();
    loop {
        let is_free = |module: &&Vec<String>| !imports[*module].iter().any(|target| left.contains(target));
        let free: Vec<_> = left.iter().filter(is_free).cloned().collect();
        if free.is_empty() {
            break;
        }
        left.retain(|module| !free.contains(module));
    }
    // Of these, only a file that a remaining file imports can be part of a cycle.
    loop {
        let imported: BTreeSet<_> = left.iter().flat_map(|module| imports[module].clone()).collect();
        let before = left.len();
        left.retain(|module| imported.contains(module));
        if left.len() == before {
            break;
        }
    }
    left
}

/// Fails if a file of the crate is part of an import cycle.
fn expect_no_cycle(krate: &str) {
    let names: Vec<_> = in_cycles(&imports(krate)).iter().map(|module| module.join("::")).collect();
    assert!(names.is_empty(), "files of {krate} in or between import cycles:\n{}", names.join("\n"));
}

/// Fails if a module imports one that is not on a lower floor. `beside` has the allowed imports within a floor.
pub(crate) fn expect_floors(krate: &str, floors: &[&[&str]], beside: &[(&str, &str)]) {
    let floor = |module: &str| {
        let floor = floors.iter().position(|modules| modules.contains(&module));
        floor.unwrap_or_else(|| panic!("{module} of {krate} is on no floor"))
    };
    let mut wrong = Vec::new();
    for (module, imported) in imports(krate) {
        for target in imported {
            let (from, to) = (module[0].as_str(), target[0].as_str());
            let is_beside = from == to || beside.contains(&(from, to));
            if !is_beside && floor(to) >= floor(from) {
                wrong.push(format!("{} imports {}", module.join("::"), target.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "imports of {krate} that do not go down:\n{}", wrong.join("\n"));
}

/// Fails unless the table in `text` has exactly the modules of `floors`, each with the number of its floor. A line of the
/// table is `prefix`, a number, ` | ` and names with commas between them; other lines are ignored.
pub(crate) fn expect_table(text: &str, prefix: &str, floors: &[&[&str]]) {
    let mut rows = BTreeSet::new();
    for line in text.lines() {
        let mut cells = line.strip_prefix(prefix).unwrap_or_default().split(" | ");
        let (Some(Ok(number)), Some(names)) = (cells.next().map(str::parse::<usize>), cells.next()) else {
            continue;
        };
        rows.extend(names.split(", ").map(|name| (number, name.trim_matches(['[', ']', '`']))));
    }
    let floors = floors.iter().enumerate();
    let expected: BTreeSet<_> =
        floors.flat_map(|(number, modules)| modules.iter().map(move |module| (number, *module))).collect();
    let wrong: Vec<_> = rows.symmetric_difference(&expected).collect();
    assert!(wrong.is_empty(), "either only in the table or only in the test: {wrong:?}");
}

#[test]
fn no_file_is_part_of_an_import_cycle() {
    for krate in ["backend", "shared", "frontend"] {
        expect_no_cycle(krate);
    }
}

#[test]
fn an_import_cycle_is_found() {
    let module = |name: &str| vec![name.to_owned()];
    let imports = [("a", "b"), ("b", "c"), ("c", "b"), ("d", "a"), ("e", "e2"), ("e2", "f"), ("f", "f")];
    let imports: BTreeMap<_, _> =
        imports.map(|(from, to)| (module(from), BTreeSet::from([module(to)]))).into_iter().collect();
    assert_eq!(in_cycles(&imports), BTreeSet::from([module("b"), module("c"), module("f")]));
}
