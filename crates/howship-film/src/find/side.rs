//! Left or right: what a tag or the view say, never what pixels suggest.

use super::FindOptions;
use crate::ThumbSide;
use howship_change::{Part, Side};
use howship_image::{Extremity, Film, Laterality};

/// What was found on a film.
pub(super) struct Seen {
    pub(super) part: Part,
    /// Side of thumb or great toe.
    pub(super) thumb: ThumbSide,
    /// How many hands or feet are on the film.
    pub(super) count: usize,
}

/// Which hand or foot it is: by the view and the thumb (great toe), by the tag where one was found, by both where they agree.
pub(super) fn side_of(film: &Film, seen: &Seen, options: &FindOptions) -> (Option<Side>, String) {
    let (extremity, what, digit) = match seen.part {
        Part::Hand => (Extremity::Hand, "hand", "thumb"),
        Part::Foot => (Extremity::Foot, "foot", "great toe"),
    };
    let stated = options.view.map(|v| (v, "the view stated".to_owned()));
    let view = stated.or_else(|| {
        film.facts()
            .view
            .as_ref()
            .map(|v| (v.value, v.from.clone()))
    });
    let by_view = view.and_then(|(view, from)| {
        let side = match (view.from_back(extremity)?, seen.thumb) {
            (true, ThumbSide::Right) | (false, ThumbSide::Left) => Side::L,
            (true, ThumbSide::Left) | (false, ThumbSide::Right) => Side::R,
        };
        Some((
            side,
            format!("the {digit}'s side in a {view} view ({from})"),
        ))
    });
    let by_tag = film.facts().laterality.as_ref().and_then(|l| {
        let side = match l.value {
            Laterality::Left => Side::L,
            Laterality::Right => Side::R,
            Laterality::Both => return None,
        };
        (seen.count == 1).then(|| (side, l.from.clone()))
    });
    match (by_tag, by_view) {
        (Some((tag, from)), Some((view, because))) if tag != view => (
            None,
            format!("{from} says {tag:?}, {because} says {view:?}"),
        ),
        (Some((side, from)), _) | (None, Some((side, from))) => (Some(side), from),
        (None, None) => (
            None,
            format!(
                "neither the file nor `--view` says which {what} it is; a film by itself tells the {digit}'s side only"
            ),
        ),
    }
}
