//! Which crate may import which, and where a heavy crate is at home.

use anyhow::Context as _;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A dependency of a crate of the workspace; dev-dependencies are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) from: String,
    pub(crate) to: String,
}

/// The arrows of ARCHITECTURE.md: a crate and the crates of the workspace that it may import.
const ALLOWED: [(&str, &[&str]); 18] = [
    ("howship-image", &[]),
    ("howship-stats", &[]),
    ("howship-change", &["howship-stats"]),
    ("howship-tables", &[]),
    ("howship-ops", &["howship-image"]),
    ("howship-formats", &["howship-image"]),
    ("howship-register", &["howship-image", "howship-ops"]),
    (
        "howship-phantom",
        &["howship-image", "howship-ops", "howship-change"],
    ),
    (
        "howship-bone",
        &[
            "howship-image",
            "howship-ops",
            "howship-register",
            "howship-change",
            "howship-stats",
        ],
    ),
    (
        "howship-scores",
        &["howship-stats", "howship-change", "howship-tables"],
    ),
    (
        "howship-film",
        &[
            "howship-image",
            "howship-ops",
            "howship-register",
            "howship-change",
            "howship-stats",
        ],
    ),
    ("howship-mechanism", &["howship-stats", "howship-change"]),
    (
        "howship-report",
        &["howship-change", "howship-image", "howship-ops"],
    ),
    (
        "howship-study",
        &[
            "howship-image",
            "howship-stats",
            "howship-change",
            "howship-ops",
            "howship-formats",
            "howship-register",
            "howship-phantom",
            "howship-bone",
            "howship-film",
            "howship-tables",
            "howship-scores",
            "howship-mechanism",
            "howship-report",
        ],
    ),
    (
        "howship",
        &[
            "howship-image",
            "howship-stats",
            "howship-change",
            "howship-ops",
            "howship-formats",
            "howship-register",
            "howship-phantom",
            "howship-bone",
            "howship-film",
            "howship-tables",
            "howship-scores",
            "howship-mechanism",
            "howship-report",
            "howship-study",
        ],
    ),
    ("xtask", &[]),
    ("encoding", &[]),
    (
        "howship-fuzz",
        &["howship-formats", "howship-scores", "howship-tables"],
    ),
];

/// Heavy crates and the only crate that may import them, so that editing an algorithm rebuilds none of them.
/// A name that ends in `-` stands for every crate that starts so.
const HOMES: [(&str, &str); 11] = [
    ("dicom-", "howship-formats"),
    ("tiff", "howship-formats"),
    ("flate2", "howship-formats"),
    ("arrow", "howship-tables"),
    ("parquet", "howship-tables"),
    ("sas_xport", "howship-tables"),
    ("clap", "howship"),
    ("indicatif", "howship"),
    ("signal-hook", "howship"),
    ("schemars", "howship-change"),
    ("statrs", "howship-stats"),
];

/// Names and entries of the crates in `cargo metadata`.
fn packages(metadata: &Value) -> anyhow::Result<Vec<(&str, &Value)>> {
    let packages = metadata["packages"]
        .as_array()
        .context("`cargo metadata` lists no packages")?;
    packages
        .iter()
        .map(|package| {
            let name = package["name"].as_str().context("a package has no name")?;
            Ok((name, package))
        })
        .collect()
}

/// Normal and build dependencies of every crate in `cargo metadata`.
pub(crate) fn imports(metadata: &Value) -> anyhow::Result<Vec<Import>> {
    let mut imports = Vec::new();
    for (from, package) in packages(metadata)? {
        let dependencies = package["dependencies"].as_array();
        for dependency in dependencies.into_iter().flatten() {
            if dependency["kind"].as_str() == Some("dev") {
                continue;
            }
            let to = dependency["name"]
                .as_str()
                .context("a dependency has no name")?;
            imports.push(Import {
                from: from.to_owned(),
                to: to.to_owned(),
            });
        }
    }
    Ok(imports)
}

/// Every crate of the workspace and the folder of its sources.
pub(crate) fn sources(metadata: &Value) -> anyhow::Result<Vec<(String, PathBuf)>> {
    packages(metadata)?
        .into_iter()
        .map(|(name, package)| {
            let manifest = package["manifest_path"].as_str();
            let manifest = Path::new(manifest.context("a package has no manifest")?);
            // The fuzz targets have no folder of that name: their files lie beside the manifest.
            let src = manifest.with_file_name("src");
            let files = if src.is_dir() {
                src
            } else {
                manifest.with_file_name("")
            };
            Ok((name.to_owned(), files))
        })
        .collect()
}

/// Every import that is not allowed, in words.
pub(crate) fn faults(imports: &[Import]) -> Vec<String> {
    imports.iter().filter_map(fault).collect()
}

fn fault(import: &Import) -> Option<String> {
    let Import { from, to } = import;
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| name == from) else {
        return Some(format!(
            "  `{from}` is not in the table of layers: add it with what it may import"
        ));
    };
    let ours = |name: &str| ALLOWED.iter().any(|(known, _)| *known == name);
    if (ours(to) || to.starts_with("howship")) && !allowed.contains(&to.as_str()) {
        return Some(format!("  `{from}` imports `{to}`: not one of {allowed:?}"));
    }
    let (_, home) = HOMES.iter().find(|(heavy, _)| is(to, heavy))?;
    (home != from).then(|| format!("  `{from}` imports `{to}`, which only `{home}` may"))
}

fn is(name: &str, heavy: &str) -> bool {
    name == heavy || (heavy.ends_with('-') && name.starts_with(heavy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Value {
        let list: Vec<Value> = dependencies
            .iter()
            .map(|(name, kind)| json!({ "name": name, "kind": kind }))
            .collect();
        json!({ "name": name, "dependencies": list })
    }

    fn faults_of(packages: &[Value]) -> Vec<String> {
        faults(&imports(&json!({ "packages": packages })).unwrap())
    }

    #[test]
    fn allowed_arrows_pass() {
        let packages = [
            package("howship-ops", &[("howship-image", None), ("rayon", None)]),
            package("howship", &[("clap", None), ("howship-bone", None)]),
            package("howship-formats", &[("dicom-object", None), ("tiff", None)]),
        ];
        assert!(faults_of(&packages).is_empty());
    }

    #[test]
    fn an_arrow_upwards_is_a_fault() {
        let faults = faults_of(&[package("howship-image", &[("howship-ops", None)])]);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].contains("`howship-image` imports `howship-ops`"));
        let build = faults_of(&[package("howship-ops", &[("howship-bone", Some("build"))])]);
        assert_eq!(build.len(), 1);
    }

    #[test]
    fn dev_dependencies_are_free() {
        let packages = [package("howship-bone", &[("howship-phantom", Some("dev"))])];
        assert!(faults_of(&packages).is_empty());
    }

    #[test]
    fn heavy_crates_stay_at_home() {
        for (from, to) in [
            ("howship-bone", "dicom-core"),
            ("howship-image", "clap"),
            ("howship-report", "tiff"),
        ] {
            assert_eq!(faults_of(&[package(from, &[(to, None)])]).len(), 1, "{to}");
        }
    }

    #[test]
    fn a_new_crate_has_to_be_listed() {
        let faults = faults_of(&[package("howship-cohort", &[("howship-image", None)])]);
        assert!(faults[0].contains("not in the table"));
        // And one that nobody listed may not be imported either.
        assert_eq!(
            faults_of(&[package("howship", &[("howship-cohort", None)])]).len(),
            1
        );
    }
}
