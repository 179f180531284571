//! Checks the imports of all modules against the floors in `src/lib.rs`.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, UseTree};

/// The floors, from the lowest. A module imports only from lower floors.
const FLOORS: [&[&str]; 10] = [
    &["config", "telemetry", "clock", "random", "rate", "file_rights"],
    &["message", "auth"],
    &["store"],
    &["sequencer", "mailbox", "backup"],
    &["channel", "presence", "dialect", "projection"],
    &["connection"],
    &["shard", "fanout"],
    &["client"],
    &["edge", "lifecycle"],
    &["app"],
];

/// Allowed imports within one floor. `config` writes its key files with `file_rights` and `random`, `random` reads
/// `clock`, and `telemetry` limits log lines with `rate`.
const BESIDE: [(&str, &str); 4] =
    [("config", "file_rights"), ("config", "random"), ("random", "clock"), ("telemetry", "rate")];

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

/// Returns the imported modules of each file, by the file's module path.
fn imports(krate: &str) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let mut files = BTreeMap::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(krate).join("src"), &mut Vec::new(), &mut files);
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
        } else {
            files.insert(module.clone(), fs::read_to_string(&path).unwrap());
        }
        if name != "mod" {
            module.pop();
        }
    }
}

fn floor(module: &str) -> usize {
    let floor = FLOORS.iter().position(|modules| modules.contains(&module));
    floor.unwrap_or_else(|| panic!("{module} is on no floor: name it in FLOORS and in src/lib.rs"))
}

#[test]
fn a_module_imports_only_from_lower_floors() {
    let mut wrong = Vec::new();
    for (module, imported) in imports(".") {
        for target in imported {
            let (from, to) = (module[0].as_str(), target[0].as_str());
            let beside = from == to || BESIDE.contains(&(from, to));
            if !beside && floor(to) >= floor(from) {
                wrong.push(format!("{} imports {}", module.join("::"), target.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not go down:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_part_of_an_import_cycle() {
    for krate in [".", "../shared"] {
        let names: Vec<_> = in_cycles(&imports(krate)).iter().map(|module| module.join("::")).collect();
        assert!(names.is_empty(), "files of {krate} in or between import cycles:\n{}", names.join("\n"));
    }
}

/// Returns the modules that are part of an import cycle, or on a path between two cycles.
fn in_cycles(imports: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> BTreeSet<Vec<String>> {
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

#[test]
fn an_import_cycle_is_found() {
    let module = |name: &str| vec![name.to_owned()];
    let imports = [("a", "b"), ("b", "c"), ("c", "b"), ("d", "a"), ("e", "e2"), ("e2", "f"), ("f", "f")];
    let imports: BTreeMap<_, _> =
        imports.map(|(from, to)| (module(from), BTreeSet::from([module(to)]))).into_iter().collect();
    assert_eq!(in_cycles(&imports), BTreeSet::from([module("b"), module("c"), module("f")]));
}

/// A counter that belongs to an event is incremented together with the event's log line and all other uses of the
/// event.
#[test]
fn counters_are_incremented_by_events_only() {
    let mut files = BTreeMap::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut Vec::new(), &mut files);
    // Measurements, not events of a client or a channel: batches, and a gauge that a worker updates once per second.
    let allowed = [
        ("telemetry::counters", ""),
        ("fanout", "metrics.batches_written.inc();"),
        ("shard::care", "worker.parts.metrics.connections_stalled.inc_by(stalled - before);"),
    ];
    for (module, text) in files {
        let module = module.join("::");
        let changes = text.lines().map(str::trim).filter(|line| {
            [".inc()", ".inc_by(", ".dec()", ".dec_by("].iter().any(|call| line.contains(call))
        });
        for line in changes {
            let is_allowed =
                |(file, what): &(&str, &str)| *file == module && (what.is_empty() || *what == line);
            assert!(allowed.iter().any(is_allowed), "{module} counts beside the events: {line}");
        }
    }
}

#[test]
fn the_table_of_floors_in_the_documentation_matches_this_one() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for line in text.lines().filter(|line| line.starts_with("//! | ") && line.contains('`')) {
        let mut cells = line.trim_start_matches("//! | ").split(" | ");
        let number: usize = cells.next().unwrap().parse().unwrap();
        for name in cells.next().unwrap().split(", ") {
            let name = name.trim_matches(['[', ']', '`']);
            assert_eq!(number, floor(name), "{name}");
        }
    }
}
