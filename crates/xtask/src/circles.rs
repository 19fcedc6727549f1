//! Files of one crate that import each other in a circle.
//!
//! A name that a module hands on (`pub use`) counts as an import of the file that has it. A parent and what lies below
//! it are excepted: a parent names its children, and they its types.

use crate::paths::{Named, named};
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Circles that may stay, by crate: their files (from `src`), and why. A circle of some of the files may too.
const ALLOWED: [(&str, &[&str], &str); 1] = [(
    "howship-film",
    &[
        "erosion/detect.rs",
        "erosion/follow.rs",
        "erosion/surroundings.rs",
    ],
    "a bone over its visits stands where erosions are followed on it; what finds them and what looks about them read it",
)];

/// A module's place: segments from the crate's root.
type Module = Vec<String>;

/// Source files of a crate by module, and what each names.
pub(crate) struct Source {
    files: BTreeMap<Module, String>,
    named: BTreeMap<Module, Named>,
}

impl Source {
    /// Reads every file below `src`.
    pub(crate) fn read(src: &Path) -> anyhow::Result<Self> {
        let mut texts = Vec::new();
        walk(src, src, &mut texts)?;
        Ok(Self::of(texts))
    }

    /// From file names (relative to `src`) and texts.
    fn of(texts: Vec<(String, String)>) -> Self {
        let files: BTreeMap<Module, String> = texts
            .iter()
            .map(|(name, _)| (module_of(name), name.clone()))
            .collect();
        let named = texts
            .iter()
            .map(|(name, text)| {
                let module = module_of(name);
                let children: Vec<String> = files
                    .keys()
                    .filter(|m| m.len() == module.len() + 1 && m.starts_with(&module))
                    .filter_map(|m| m.last().cloned())
                    .collect();
                let named = named(text, &module, &children);
                (module, named)
            })
            .collect();
        Self { files, named }
    }

    /// The file in which a path ends; none where the crate has no such file.
    fn home(&self, path: &[String], steps: usize) -> Option<Module> {
        let mut module = Module::new();
        for (i, segment) in path.iter().enumerate() {
            let mut below = module.clone();
            below.push(segment.clone());
            if self.files.contains_key(&below) {
                module = below;
                continue;
            }
            let handed = self.named.get(&module).and_then(|n| {
                let brought = n.brought.iter();
                brought
                    .filter(|(name, _)| name == segment)
                    .map(|(_, p)| p)
                    .next()
            });
            // A name that stands for itself, or a chain that never ends, is at home here.
            if let Some(target) = handed.filter(|_| steps > 0) {
                let mut whole = target.clone();
                whole.extend_from_slice(&path[i + 1..]);
                return self.home(&whole, steps - 1);
            }
            break;
        }
        self.files.contains_key(&module).then_some(module)
    }

    /// Every import between two files neither of which lies above the other.
    fn imports(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        const LONGEST_CHAIN: usize = 8;
        let mut imports = BTreeMap::new();
        for (module, named) in &self.named {
            let to: BTreeSet<Module> = named
                .paths
                .iter()
                .filter_map(|path| self.home(path, LONGEST_CHAIN))
                .filter(|to| !to.starts_with(module) && !module.starts_with(to))
                .collect();
            imports.insert(module, to);
        }
        imports
    }

    /// The circles: sets of files each of which reaches every other.
    pub(crate) fn circles(&self) -> Vec<Vec<&str>> {
        let imports = self.imports();
        let reach: BTreeMap<&Module, BTreeSet<&Module>> = imports
            .keys()
            .map(|&module| (module, reached(&imports, module)))
            .collect();
        let mut circles = BTreeSet::new();
        for (module, seen) in &reach {
            let mutual = seen
                .iter()
                .filter(|other| reach.get(*other).is_some_and(|back| back.contains(module)));
            let mut files: Vec<&str> = mutual
                .filter_map(|m| self.files.get(*m).map(String::as_str))
                .collect();
            files.sort_unstable();
            if files.len() > 1 {
                circles.insert(files);
            }
        }
        circles.into_iter().collect()
    }
}

fn reached<'a>(
    imports: &'a BTreeMap<&'a Module, BTreeSet<Module>>,
    from: &Module,
) -> BTreeSet<&'a Module> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Module> = imports.get(from).into_iter().flatten().collect();
    while let Some(module) = open.pop() {
        if seen.insert(module) {
            open.extend(imports.get(module).into_iter().flatten());
        }
    }
    seen
}

/// `a/b.rs` and `a/b/mod.rs` are `a::b`; `lib.rs` and `main.rs` are the root.
fn module_of(file: &str) -> Module {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let mut segments: Module = path.split('/').map(str::to_owned).collect();
    let last = segments.last().map(String::as_str);
    if last == Some("mod") || (segments.len() == 1 && matches!(last, Some("lib" | "main"))) {
        segments.pop();
    }
    segments
}

fn walk(root: &Path, folder: &Path, texts: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, texts)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text =
                std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let name = path
                .strip_prefix(root)?
                .to_string_lossy()
                .replace('\\', "/");
            texts.push((name, text));
        }
    }
    Ok(())
}

/// Circles that are not in the table, in words.
pub(crate) fn faults(name: &str, source: &Source) -> Vec<String> {
    new(name, &source.circles(), &ALLOWED)
}

/// Entries of the table that are no circle any more, in words.
pub(crate) fn gone(name: &str, source: &Source) -> Vec<String> {
    stale(name, &source.circles(), &ALLOWED)
}

type Allowed<'a> = (&'a str, &'a [&'a str], &'a str);

fn new(name: &str, circles: &[Vec<&str>], allowed: &[Allowed<'_>]) -> Vec<String> {
    let is_listed = |circle: &&Vec<&str>| {
        allowed
            .iter()
            .filter(|(of, _, _)| *of == name)
            .any(|(_, files, _)| circle.iter().all(|f| files.contains(f)))
    };
    circles
        .iter()
        .filter(|c| !is_listed(c))
        .map(|circle| {
            format!(
                "  `{name}`: {} files import each other in a circle: {}",
                circle.len(),
                circle.join(", ")
            )
        })
        .collect()
}

fn stale(name: &str, circles: &[Vec<&str>], allowed: &[Allowed<'_>]) -> Vec<String> {
    let own = allowed.iter().filter(|(of, _, _)| *of == name);
    own.filter(|(_, files, _)| {
        circles
            .iter()
            .all(|c| !c.iter().all(|f| files.contains(f)))
    })
    .map(|(_, files, _)| {
        format!(
            "note: `{name}`: {} is no circle any more: take it out of the table in xtask/src/circles.rs",
            files.join(", ")
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let texts = files
            .iter()
            .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()));
        let source = Source::of(texts.collect());
        let circles = source.circles();
        circles
            .iter()
            .map(|c| c.iter().map(|f| (*f).to_owned()).collect())
            .collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "fn f() { super::a::g() }"),
        ];
        assert_eq!(circles(&files), [["a.rs", "b.rs"]]);
    }

    #[test]
    fn a_name_handed_on_counts_where_it_is_at_home() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use b::B;"),
            ("a.rs", "use crate::B; pub struct A;"),
            ("b.rs", "use crate::a::A;"),
        ];
        assert_eq!(circles(&files), [["a.rs", "b.rs"]]);
        let longer = [
            ("lib.rs", "mod a; mod b; pub use a::A;"),
            ("a.rs", "use crate::b::B;"),
            ("b/mod.rs", "mod c; pub use c::B;"),
            ("b/c.rs", "use crate::A;"),
        ];
        assert_eq!(circles(&longer), [["a.rs", "b/c.rs"]]);
    }

    #[test]
    fn a_parent_and_its_children_are_no_circle() {
        let files = [
            ("lib.rs", "mod a; pub struct R;"),
            ("a/mod.rs", "mod b; use b::B; pub struct A;"),
            ("a/b.rs", "use super::A; use crate::R;"),
        ];
        assert!(circles(&files).is_empty());
    }

    #[test]
    fn tests_may_import_anything() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "#[cfg(test)] mod tests { use crate::a::A; }"),
        ];
        assert!(circles(&files).is_empty());
    }

    #[test]
    fn the_table_is_kept_true() {
        let circle = vec![vec!["a.rs", "b.rs"]];
        let table: [Allowed<'_>; 1] = [("x", &["a.rs", "b.rs", "c.rs"], "why")];
        assert!(new("x", &circle, &table).is_empty() && stale("x", &circle, &table).is_empty());
        assert_eq!(new("x", &circle, &[]).len(), 1);
        assert_eq!(new("y", &circle, &table).len(), 1);
        let larger = vec![vec!["a.rs", "d.rs"]];
        assert_eq!(new("x", &larger, &table).len(), 1);
        assert!(stale("x", &[], &table)[0].contains("no circle any more"));
    }
}
