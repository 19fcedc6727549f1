//! The side of the body that a file's name says.

use crate::file::file_name;
use howship_change::Side;
use std::path::{Path, PathBuf};

/// Words that mean a side where they stand alone in a name, in English and German.
const LEFT: [&str; 5] = ["l", "left", "lt", "links", "lh"];
const RIGHT: [&str; 5] = ["r", "right", "rt", "rechts", "rh"];

/// The side that a file's name, or else its folder's, says in a word of its own (`M0_R.png`, `P7-left-M6.nii.gz`,
/// `right/M0.nii`); none where it says no side, or both.
pub(crate) fn said_by_name(path: &Path) -> Option<Side> {
    let folder = path.parent().and_then(Path::file_name).map(PathBuf::from);
    let names = [Some(file_name(path)), folder.map(|f| file_name(&f))];
    let sides = names.into_iter().flatten().map(|name| said(&name));
    // A name that says both says more than its folder.
    sides
        .into_iter()
        .find(|(left, right)| *left || *right)
        .and_then(|found| match found {
            (true, false) => Some(Side::L),
            (false, true) => Some(Side::R),
            _ => None,
        })
}

/// Whether nothing but a letter at a name's beginning says this side: it may as well be a person's initial.
pub(crate) fn by_initial(path: &Path, side: Side) -> bool {
    let name = file_name(path);
    let stem = name.split('.').next().unwrap_or_default();
    let mut words = stem.split(|c: char| !c.is_alphanumeric());
    let first = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let (left, right) = said(&rest.join(" "));
    let again = (side == Side::L && left) || (side == Side::R && right);
    first.eq_ignore_ascii_case(side.letter()) && !again
}

/// Whether a name says left, and whether it says right.
fn said(name: &str) -> (bool, bool) {
    let stem = name.split('.').next().unwrap_or_default();
    let has = |words: &[&str]| {
        stem.split(|c: char| !c.is_alphanumeric())
            .any(|part| words.iter().any(|w| part.eq_ignore_ascii_case(w)))
    };
    (has(&LEFT), has(&RIGHT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_in_front_may_be_an_initial() {
        for (path, initial) in [
            ("R_Smith_M0.dcm", true),
            ("r M0.nii.gz", true),
            ("Smith_R_M0.dcm", false),
            ("R_hand_right_M0.dcm", false),
            ("right_M0.dcm", false),
            ("right/M0.dcm", false),
        ] {
            assert_eq!(by_initial(Path::new(path), Side::R), initial, "{path}");
        }
        assert!(!by_initial(Path::new("R_M0.dcm"), Side::L));
    }

    #[test]
    fn a_side_is_a_word_of_its_own() {
        for (path, side) in [
            ("M0_R.png", Some(Side::R)),
            ("P7-left-M6.nii.gz", Some(Side::L)),
            ("x/right/M0.nii", Some(Side::R)),
            ("hand rechts.dcm", Some(Side::R)),
            ("L/M0_r.png", Some(Side::R)),
            // Both hands, letters within words, another part of the path.
            ("M0_L_R.png", None),
            ("left/L_R.png", None),
            ("RA_leftover_M0.png", None),
            ("R1_M0.png", None),
            ("right/study/M0.nii", None),
            ("M0.r.png", None),
        ] {
            assert_eq!(said_by_name(Path::new(path)), side, "{path}");
        }
    }
}
