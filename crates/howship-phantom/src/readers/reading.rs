//! What one reader writes down in one reading of one patient's films.

use super::films::Seen;
use super::spec::{ReaderSpec, ReadersSpec};
use rand::{Rng, RngExt as _};
use rand_distr::{Distribution as _, StandardNormal};

/// One site on all films.
pub(super) struct SiteFilms<'a> {
    /// True steps, one a visit.
    pub(super) steps: &'a [u16],
    pub(super) faults: &'a [Seen],
    pub(super) max: u16,
    /// The reader's own level of this joint, steps; the same in all readings.
    pub(super) level: f64,
}

/// A reader's own level of a joint.
pub(super) fn level(reader: &ReaderSpec, baseline: u16, rng: &mut impl Rng) -> f64 {
    let z: f64 = StandardNormal.sample(rng);
    reader.bias + z * (reader.level_noise + reader.level_noise_per_step * f64::from(baseline))
}

/// Written steps for each film, as far as the reader has it before him; the others keep what was there.
pub(super) fn read_site(
    spec: &ReadersSpec,
    reader: &ReaderSpec,
    site: &SiteFilms<'_>,
    has_film: &[bool],
    written: &mut [i32],
    rng: &mut impl Rng,
) {
    let first = i32::from(site.steps[0]);
    let z: f64 = StandardNormal.sample(rng);
    let level = whole(site.level + z * reader.reading_noise, rng);
    // Change from baseline that the reader is aware of.
    let mut aware = 0;
    let mut before: Option<i32> = None;
    for (visit, &truth) in site.steps.iter().enumerate() {
        if !has_film[visit] {
            continue;
        }
        let mut error = 0;
        if visit > 0 {
            (aware, error) = judge(reader, i32::from(truth) - first, aware, rng);
        }
        error += film_error(spec, reader, &site.faults[visit], truth, rng);
        let score = (first + level + aware + error).clamp(0, i32::from(site.max));
        let takes_back: f64 = rng.random();
        let score = match before {
            Some(last)
                if !spec.reading.sequence_blinded
                    && score < last
                    && takes_back < spec.reading.suppression =>
            {
                last
            }
            _ => score,
        };
        before = Some(score);
        written[visit] = score;
    }
}

/// The change from baseline that the reader is aware of after this film, and the error made on it.
fn judge(reader: &ReaderSpec, change: i32, aware: i32, rng: &mut impl Rng) -> (i32, i32) {
    let u: f64 = rng.random();
    let outstanding = change - aware;
    if outstanding != 0 {
        if u < reader.sensitivity {
            return (change, 0);
        }
        let opposite = u < reader.sensitivity + reader.opposite;
        return (aware, if opposite { -outstanding.signum() } else { 0 });
    }
    let error = if u < reader.false_worse {
        1
    } else if u < reader.false_worse + reader.false_better {
        -1
    } else {
        0
    };
    (aware, error)
}

fn film_error(
    spec: &ReadersSpec,
    reader: &ReaderSpec,
    film: &Seen,
    truth: u16,
    rng: &mut impl Rng,
) -> i32 {
    let (z, sees): (f64, f64) = (StandardNormal.sample(rng), rng.random());
    let sd = reader.film_noise + reader.film_noise_per_step * f64::from(truth);
    let noise = whole(z * sd, rng);
    let artefact = if sees < spec.artefact.seen {
        film.artefact
    } else {
        0
    };
    noise.saturating_add(artefact)
}

/// Rounded up or down at random so that the mean is kept.
fn whole(x: f64, rng: &mut impl Rng) -> i32 {
    let u: f64 = rng.random();
    (x + u).floor() as i32
}
