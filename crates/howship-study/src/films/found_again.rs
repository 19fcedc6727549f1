//! Films on which most bones of the first film are not found again: another patient's, as a rule.

use super::refuse::refuse;
use super::series::Shot;
use crate::Error;
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

/// A later film on which most registrations of bones to the first film of its hand or foot are refused.
struct Stranger {
    film: String,
    reason: String,
}

/// Refuses films that seem to be another patient's, unless `subject` says that all are of one: then it is said.
///
/// # Errors
/// Half of the bones, and eight at least, are not found again: nothing on such a film is a result of the first one's joints.
pub(super) fn of_one_patient(
    joints: &[FollowedJoint],
    shots: &[&Shot],
    subject: Option<&str>,
) -> Result<Vec<String>, Error> {
    let found = strangers(joints);
    let Some(subject) = subject else {
        let Some(first) = found.first() else {
            return Ok(Vec::new());
        };
        let shot = shots.iter().find(|s| s.name == first.film);
        let path = shot.map_or_else(|| first.film.as_str().into(), |s| s.path.clone());
        return Err(refuse(
            &path,
            &first.reason,
            "give films of one patient; if they are (hands may have lain very differently), say so with `--subject NAME`",
        ));
    };
    let said = found.iter().map(|Stranger { film, reason }| {
        format!(
            "`{film}`: {reason}; compared because `--subject {subject}` says that all films are of one patient: believe no \
             change between the two before the films were looked at"
        )
    });
    Ok(said.collect())
}

fn strangers(joints: &[FollowedJoint]) -> Vec<Stranger> {
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
        stranger.then(|| Stranger {
            film: film.to_owned(),
            reason: format!(
                "{lost} of {all} bones of `{baseline}` are not found again on it, as on films of two patients"
            ),
        })
    });
    told.collect()
}
