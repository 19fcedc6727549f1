//! The joints that the program finds on a film.

use super::series::Shot;
use howship_film::{FindOptions, Landmark, ThumbSide, find_limbs};

/// What the program finds on a film.
pub(super) struct Seen {
    pub(super) joints: Vec<Landmark>,
    /// Pixels.
    pub(super) length: f64,
    /// The side of each hand's or foot's thumb or great toe.
    pub(super) thumbs: Vec<ThumbSide>,
    /// Whether the film's own side and view say the same of a thumb.
    pub(super) confirmed: bool,
}

impl Seen {
    /// `None` where no hand or foot is found.
    pub(super) fn on(shot: &Shot) -> Option<Self> {
        let options = FindOptions::default();
        let limbs = find_limbs(&shot.opened.film, &options).ok()?;
        let (mut joints, mut length) = (Vec::new(), 0.0f64);
        for (i, limb) in limbs.iter().enumerate() {
            let (marks, _) = limb.landmarks(&shot.name, i + 1, &options);
            for a in &marks {
                for b in &marks {
                    length = length.max((a.x - b.x).hypot(a.y - b.y));
                }
            }
            joints.extend(marks);
        }
        let facts = shot.opened.film.facts();
        let known = facts.laterality.is_some() && facts.view.is_some();
        let thumbs = limbs.iter().map(|l| l.thumb).collect();
        (length > 0.0).then_some(Self {
            joints,
            length,
            thumbs,
            // A side that view and tag disagree on is none.
            confirmed: known && limbs.iter().all(|l| l.side.is_some()),
        })
    }
}
