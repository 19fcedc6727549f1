//! Slips of the hand of one kind, once or several times: ten times the score, 0 for it, a code for a score that is not there.

use super::film_distance::Far;
use crate::ScoreRow;
use howship_stats::median;

/// When films far apart are slips of one kind.
struct Rule {
    /// Share of an item's films that may be slips of one kind, and their number where that is more.
    most: (f64, usize),
    /// Smallest distance of slips over the largest of all other films: of one slip, and of several.
    beyond: (f64, f64),
    /// Items up to which kinds of slips are looked for (count); of more, some are far apart by chance.
    items: usize,
    /// The larger reading beside a 0, at least (score).
    beside_zero: f64,
    /// The smaller reading beside its tenfold, at least (score).
    tenfold: f64,
}

/// `examples/slip_alarms.rs` counts how often sound tables are asked about.
const RULE: Rule = Rule {
    most: (0.1, 3),
    beyond: (4.0, 1.7),
    items: 5,
    beside_zero: 10.0,
    tenfold: 3.0,
};

/// Codes that may lie among scores; those outside of them are told by their place.
const CODES: [f64; 7] = [77.0, 88.0, 97.0, 98.0, 99.0, 888.0, 999.0];

/// Films of one kind of slip, with the reading that is the slip where the kind says so.
type Slips<'a, 'b> = Vec<(&'b Far<'a>, Option<&'a ScoreRow>)>;

/// The slips of the first kind that these distances, the largest first, show.
///
/// # Method
/// A kind is believed where all its films lie farther apart than any other film, one slip four times as far, several
/// 1.7 times; of a code, which may be near the score that it stands for, at least two films and half of them.
///
/// # Limits
/// Slips of several kinds in one item hide one another.
pub(super) fn slips<'a, 'b>(far: &'b [Far<'a>], items: usize) -> Slips<'a, 'b> {
    if items > RULE.items {
        return Vec::new();
    }
    let usual = median(far.iter().map(|f| f.distance).collect()).unwrap_or(0.0);
    let tenfold = |f: &Far<'a>| {
        let (low, high) = f.ends();
        let fits = Far::between(low.score, 0.1 * high.score, f.half) <= 2.0 * usual;
        (low.score >= RULE.tenfold && fits).then_some(None)
    };
    let zero = |f: &Far<'a>| {
        let (low, high) = f.ends();
        (low.score == 0.0 && high.score >= RULE.beside_zero).then_some(Some(low))
    };
    let all = [kind(far, &tenfold, 1.0), kind(far, &zero, 1.0)];
    let codes = CODES.into_iter().map(|code| {
        let coded = |f: &Far<'a>| {
            let (low, high) = f.ends();
            // The number may be a score as well, of a film that readers see alike.
            if f.distance <= 2.0 * usual {
                return None;
            }
            match (low.score == code, high.score == code) {
                (true, false) => Some(Some(low)),
                (false, true) => Some(Some(high)),
                _ => None,
            }
        };
        let found = kind(far, &coded, 0.5);
        if found.len() > 1 { found } else { Vec::new() }
    });
    let first = all.into_iter().chain(codes).find(|s| !s.is_empty());
    first.unwrap_or_default()
}

/// Films of a kind where this share of them is beyond all other films; none where it is not.
fn kind<'a, 'b>(
    far: &'b [Far<'a>],
    of: &dyn Fn(&Far<'a>) -> Option<Option<&'a ScoreRow>>,
    share: f64,
) -> Slips<'a, 'b> {
    let found: Slips<'a, 'b> = far.iter().filter_map(|f| Some((f, of(f)?))).collect();
    let others = far.iter().filter(|f| of(f).is_none());
    let largest = others.map(|f| f.distance).fold(0.0, f64::max);
    let must = ((share * found.len() as f64).ceil() as usize).max(1);
    let most = RULE.most.1.max((RULE.most.0 * far.len() as f64) as usize);
    let factor = if found.len() == 1 {
        RULE.beyond.0
    } else {
        RULE.beyond.1
    };
    // The largest distances come first.
    let beyond = found
        .get(must - 1)
        .is_some_and(|(f, _)| f.distance >= factor * largest);
    match beyond && found.len() <= most {
        true => found,
        false => Vec::new(),
    }
}
