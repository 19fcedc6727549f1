//! Which files of a results folder Howship wrote: what else lies there is the user's.

use howship_change::anatomy;
use std::fs;
use std::path::Path;

/// What tells a folder of results from any other; `--force` replaces nothing else.
const MARKS: [&str; 7] = [
    "verdicts.json",
    "precision.json",
    "truth.json",
    "scores.json",
    "simulate.json",
    "forecast.json",
    "power.json",
];

/// Files that a result holds beside its mark.
const FILES: [&str; 42] = [
    "lesions.seg.nrrd",
    "report.html",
    "lesions.csv",
    "registration.json",
    "labels.nii.gz",
    "bones.nii.gz",
    "remodelling.nii.gz",
    "repeats.csv",
    "spec.toml",
    "truth.csv",
    "scores.csv",
    // Tables of the questions about scores.
    "schemes.csv",
    "totals.csv",
    "imputation.csv",
    "summary.csv",
    "agreement.csv",
    "change.csv",
    "groups.csv",
    "patients.csv",
    "joints.csv",
    "cross.csv",
    "mixed.csv",
    "excess.csv",
    "shrunk.csv",
    "called.csv",
    "parameters.csv",
    "arms.csv",
    "comparisons.csv",
    "adjusted_means.csv",
    "random_coefficients.csv",
    "cumulative.csv",
    "missing.csv",
    "adjudication.csv",
    "no_change.csv",
    // Tables of the mechanism.
    "course.csv",
    "visits.csv",
    "forecast.csv",
    "next_visits.csv",
    "power.csv",
    "course.parquet",
    "visits.parquet",
    "patients.parquet",
];

/// Whether a folder holds results.
pub(crate) fn is_result(folder: &Path) -> bool {
    MARKS.iter().any(|m| folder.join(m).is_file())
}

/// Whether every file in a folder, at any depth, is one that a result holds, or one that `new` holds too.
pub(crate) fn all_ours(folder: &Path, new: Option<&Path>) -> bool {
    all_in(folder, new, Inside::Top)
}

#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Top,
    Figures,
    Transforms,
    /// A folder whose files have names of the user's choice.
    Other,
}

fn all_in(folder: &Path, new: Option<&Path>, inside: Inside) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    entries.into_iter().all(|entry| {
        let Ok(entry) = entry else {
            return false;
        };
        let name = entry.file_name();
        let there = new.map(|n| n.join(&name));
        let Ok(kind) = entry.file_type() else {
            return false;
        };
        let word = name.to_str().unwrap_or("");
        if kind.is_dir() {
            let inside = match (inside, word) {
                (Inside::Top, "figures") => Inside::Figures,
                (Inside::Top, "transforms") => Inside::Transforms,
                _ => Inside::Other,
            };
            return all_in(&entry.path(), there.as_deref(), inside);
        }
        let by_name = match inside {
            Inside::Top => MARKS.contains(&word) || FILES.contains(&word) || is_of_a_visit(word),
            Inside::Transforms => word.ends_with(".tfm"),
            Inside::Figures => is_figure(word),
            Inside::Other => false,
        };
        kind.is_file() && (by_name || there.is_some_and(|t| t.is_file()))
    })
}

/// `labels-M6.nii.gz`, `resampled-M6.nii.gz`.
fn is_of_a_visit(name: &str) -> bool {
    let stem = name.strip_suffix(".nii.gz").unwrap_or("");
    ["labels-", "resampled-"]
        .iter()
        .any(|start| stem.starts_with(start))
}

/// `lesion-3-slices.svg`, `bones-front.png`, `figure-02.svg`, `R-MCP2-erosion-1-area.svg`.
fn is_figure(name: &str) -> bool {
    let Some((stem, "svg" | "png")) = name.rsplit_once('.') else {
        return false;
    };
    ["lesion-", "bones-", "figure-"]
        .iter()
        .any(|start| stem.starts_with(start))
        || is_of_a_joint(stem)
}

/// What a figure of films shows, behind the joint's name.
const OF_A_JOINT: [&str; 4] = ["joint-space", "erosion-", "aligned-", "difference-"];

/// `R-MCP2-joint-space`, `MCP2-aligned-proximal`, `hand-2-PIP3-erosion-1-area`.
fn is_of_a_joint(stem: &str) -> bool {
    let stem = match stem.split_once('-') {
        Some(("L" | "R", rest)) => rest,
        Some(("hand" | "foot", rest)) => match rest.split_once('-') {
            Some((number, rest)) if number.parse::<usize>().is_ok() => rest,
            _ => return false,
        },
        _ => stem,
    };
    stem.split_once('-').is_some_and(|(joint, what)| {
        anatomy::joint(joint).is_some() && OF_A_JOINT.iter().any(|w| what.starts_with(w))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever joints the films before had: their figures are not taken for somebody else's.
    #[test]
    fn figures_of_films_are_ours_and_what_looks_like_them_is_not() {
        for name in [
            "R-MCP2-joint-space.svg",
            "L-PIP4-erosion-2-cortical-continuity.svg",
            "MTP5-aligned-distal.png",
            "hand-2-IP1-difference-proximal.png",
            "foot-3-FPIP2-joint-space.svg",
        ] {
            assert!(is_figure(name), "{name}");
        }
        for name in [
            "R-MCP2.svg",
            "R-MCP9-joint-space.svg",
            "R-MCP2-talk.png",
            "hand-x-IP1-joint-space.svg",
            "R-MCP2-joint-space.pdf",
        ] {
            assert!(!is_figure(name), "{name}");
        }
    }

    /// As `measure --repeat`, `scores trial`, `scores repair` and `simulate --parquet` write them.
    #[test]
    fn every_questions_files_are_ours() {
        for held in [
            &["precision.json", "repeats.csv"][..],
            &["scores.json", "missing.csv", "adjudication.csv"],
            &["scores.json", "no_change.csv", "called.csv"],
            &[
                "simulate.json",
                "course.parquet",
                "visits.parquet",
                "patients.parquet",
            ],
        ] {
            let folder = tempfile::tempdir().unwrap();
            for name in held {
                fs::write(folder.path().join(name), b"x").unwrap();
            }
            assert!(is_result(folder.path()), "{held:?}");
            assert!(all_ours(folder.path(), None), "{held:?}");
        }
    }

    #[test]
    fn a_users_file_is_told_from_results() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("figures")).unwrap();
        fs::create_dir(at("transforms")).unwrap();
        for name in [
            "verdicts.json",
            "lesions.csv",
            "labels-M12.nii.gz",
            "transforms/M12_R.MC2.tfm",
            "figures/lesion-9-slices.svg",
        ] {
            fs::write(at(name), b"x").unwrap();
        }
        assert!(is_result(folder.path()) && all_ours(folder.path(), None));
        fs::write(at("figures/mine.svg"), b"x").unwrap();
        assert!(!all_ours(folder.path(), None));
        // The same name among the new results is replaced by them.
        let new = tempfile::tempdir().unwrap();
        fs::create_dir(new.path().join("figures")).unwrap();
        fs::write(new.path().join("figures/mine.svg"), b"y").unwrap();
        assert!(all_ours(folder.path(), Some(new.path())));
    }
}
