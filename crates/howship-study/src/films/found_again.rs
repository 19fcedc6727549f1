//! Films on which most bones of the first film are not found again: another patient's, as a rule.

use howship_change::FollowedJoint;
use std::collections::BTreeMap;

struct Rule {
    /// Bones from which on a share is told.
    bones: usize,
    /// Share that is not found again from which on it is told: of serial films of one patient about a sixth of pairs of
    /// bones is refused (133 joints of real hands), of five pairs of films of two children each 75 to 93 % were.
    share: f64,
}

const RULE: Rule = Rule {
    bones: 8,
    share: 0.5,
};

/// Later films of one hand or foot on which most registrations of bones to the first film are refused.
pub(super) fn strangers(joints: &[FollowedJoint]) -> Vec<String> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut films: Vec<(&str, &str)> = Vec::new();
    for followed in joints {
        let visits = &followed.joint.visits;
        let Some(first) = visits.first() else {
            continue;
        };
        for (visit, film) in visits.iter().zip(&followed.films).skip(1) {
            if !films.iter().any(|f| f.1 == film) {
                let baseline = followed.films.first().map_or("", String::as_str);
                films.push((baseline, film));
            }
            let count = counts.entry(film).or_default();
            let found = followed.joint.registrations.iter();
            for found in found.filter(|r| r.from == first.visit && r.to == visit.visit) {
                count.0 += usize::from(found.failed.is_some());
                count.1 += 1;
            }
        }
    }
    let told = films.into_iter().filter_map(|(baseline, film)| {
        let (lost, all) = counts.get(film).copied().unwrap_or_default();
        let stranger = all >= RULE.bones && lost as f64 > RULE.share * all as f64;
        stranger.then(|| {
            format!(
                "`{film}`: {lost} of {all} bones of `{baseline}` are not found again on it: is it the same patient's? Films of \
                 two patients do so, or hands that lay very differently; believe no change between the two before that is known"
            )
        })
    });
    told.collect()
}
