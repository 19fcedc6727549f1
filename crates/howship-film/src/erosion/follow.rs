//! One bone's outline unrolled on every film, and one erosion measured on all of them.

use super::ErosionOptions;
use super::detect::{Site, runs};
use super::healing::{Evidence, conditions};
use super::surroundings::{continuity, filling};
use crate::exposure::{Exposure, matched};
use crate::floor::{Floor, by_edge, by_matching};
use crate::lost::{Lost, counts_more};
use crate::options::FilmOptions;
use crate::strip::{Envelope, STEP, Strip};
use crate::visit::{Ready, index};
use howship_change::{
    Change, FilmErosion, FilmErosionVisit, FilmQuantity, JointBone, Judged, Measurement,
    PositionFlags, Scale, Verdict, VerdictOptions, decide,
};
use howship_register::planar::{PlanarRegistration, Similarity};
use std::collections::BTreeMap;
use std::ops::Range;

/// One bone over the visits, in the baseline's frame.
pub(crate) struct Bone {
    pub side: JointBone,
    pub envelope: Envelope,
    /// Whether a row is clear of the other bone.
    pub free: Vec<bool>,
    /// Per visit; `Err` says why the film cannot be used for this bone.
    films: Vec<Result<BoneFilm, String>>,
}

struct BoneFilm {
    strip: Strip,
    floor: Floor,
    pose: Similarity,
    exposure: Option<Result<Exposure, String>>,
}

impl Bone {
    /// `fits` are the registrations of the baseline to each visit, `None` at the baseline itself.
    pub(crate) fn new(
        side: JointBone,
        visits: &[Ready],
        fits: &[Option<&PlanarRegistration>],
        options: &FilmOptions,
    ) -> Option<Self> {
        let k = index(side);
        let base = visits.first()?;
        let envelope = Envelope::new(base.outline(side)?, side);
        let other = base.outline(if side == JointBone::Proximal {
            JointBone::Distal
        } else {
            JointBone::Proximal
        })?;
        let clear = options.erosion.clear_px;
        let free = envelope
            .points
            .iter()
            .map(|p| {
                let near = |q: &[f64; 2]| (p[0] - q[0]).hypot(p[1] - q[1]) < clear;
                !other.points.iter().any(near)
            })
            .collect();
        let e = &options.erosion;
        let first = Strip::new(&envelope, &base.sharp, &Similarity::identity());
        let reference = by_edge(&first, &e.floor);
        let mut films = Vec::with_capacity(visits.len());
        for (v, (visit, fit)) in visits.iter().zip(fits).enumerate() {
            if v == 0 {
                films.push(Ok(BoneFilm {
                    strip: first.clone(),
                    floor: reference.clone(),
                    pose: Similarity::identity(),
                    exposure: None,
                }));
                continue;
            }
            films.push(match (fit, &visit.refused) {
                (_, Some(reason)) => Err(reason.clone()),
                (None, None) => Err("the bone was not registered".to_owned()),
                (Some(fit), None) => match &fit.gate {
                    howship_register::Gate::Fail { reason } => Err(reason.clone()),
                    howship_register::Gate::Pass => {
                        let strip = Strip::new(&envelope, &visit.sharp, &fit.transform);
                        let floor = by_matching(&first, &reference, &strip, &e.floor);
                        let exposure = matched(
                            (&base.frame.plane, &base.masks[k]),
                            &visit.frame.plane,
                            &fit.transform,
                            &e.exposure,
                        );
                        Ok(BoneFilm {
                            strip,
                            floor,
                            pose: fit.transform,
                            exposure: Some(exposure),
                        })
                    }
                },
            });
        }
        Some(Self {
            side,
            envelope,
            free,
            films,
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.envelope.points.len()
    }

    pub(crate) fn visits(&self) -> usize {
        self.films.len()
    }

    fn film(&self, visit: usize) -> Option<&BoneFilm> {
        self.films.get(visit)?.as_ref().ok()
    }

    pub(crate) fn floor(&self, visit: usize) -> Option<&Floor> {
        self.film(visit).map(|f| &f.floor)
    }

    pub(crate) fn strip(&self, visit: usize) -> Option<&Strip> {
        self.film(visit).map(|f| &f.strip)
    }

    /// Rows that tell what noise does: clear of the other bone, of the strip's ends and of a lesion.
    pub(crate) fn calm(&self, row: usize, lesion: &Range<usize>) -> bool {
        self.free[row]
            && row >= 6
            && row + 6 < self.rows()
            && !(row + 12 >= lesion.start && row < lesion.end + 12)
    }

    /// Standard error (px²) and degrees of freedom of the change of area of a mouth: from what stretches of the same
    /// length elsewhere on this bone did between the same films, and from what serial films of real joints show.
    ///
    /// The lesion's own ramp says which places count; the same places are laid along the intact outline, and what
    /// they changed there by noise, pattern and misregistration is what they may have changed by in the lesion.
    pub(crate) fn area_se(
        &self,
        visit: usize,
        mouth: &Range<usize>,
        options: &ErosionOptions,
    ) -> (f64, f64) {
        let length = mouth.len().max(1);
        let prior_sd = options.shift_sd_px[index(self.side)] * length as f64;
        // A longer mouth averages over more stretches that are not correlated.
        let prior = prior_sd * prior_sd * (20.0 / (length as f64).max(20.0)).sqrt();
        let (mut squares, mut count) = (0.0, 0.0);
        if let (Some(a), Some(b)) = (self.strip(0), self.strip(visit)) {
            let lost = |s: &Strip, rows: &Range<usize>| Lost::new(s, rows, &options.lost);
            let own = lost(a, mouth).zip(lost(b, mouth));
            let mut row = 0;
            while row + length <= self.rows() {
                let here = row..row + length;
                if !here.clone().all(|r| self.calm(r, mouth)) {
                    row += 1;
                    continue;
                }
                let elsewhere = lost(a, &here).zip(lost(b, &here));
                if let (Some((x, y)), Some((p, q))) = (&own, &elsewhere) {
                    let mut sum = 0.0;
                    for r in 0..length {
                        for k in 0..x.depths {
                            let weight = 0.5
                                * (counts_more(x.at(mouth.start + r, k), &options.lost)
                                    + counts_more(y.at(mouth.start + r, k), &options.lost));
                            let change = q.at(row + r, k) - p.at(row + r, k);
                            sum += weight * change * STEP;
                        }
                    }
                    squares += sum * sum;
                    // Stretches that overlap by half count half.
                    count += 0.5;
                    row += (length / 2).max(4);
                } else {
                    row += 1;
                }
            }
        }
        let df = options.shift_df + count;
        let variance = (options.shift_df * prior + 0.5 * squares) / df;
        (variance.sqrt(), df)
    }
}

/// What an erosion is measured with.
pub(crate) struct Context<'a> {
    pub names: &'a [String],
    pub visits: &'a [Ready],
    pub flags: &'a [Option<PositionFlags>],
    pub unit: &'a str,
    /// Of a frame pixel in the unit.
    pub per_px: f64,
    /// Of a millimetre in the unit.
    pub per_mm: f64,
    pub options: &'a FilmOptions,
}

/// Area of a site at a visit (px²), over the rows that any visit's floor opens.
fn area(bone: &Bone, visit: usize, rows: &Range<usize>, options: &ErosionOptions) -> Option<f64> {
    let lost = Lost::new(bone.strip(visit)?, rows, &options.lost)?;
    Some(bone.envelope.area(rows.clone(), |r| lost.depth_at(r)))
}

/// The rows of a site, widened to where later floors open beside it.
fn widened(bone: &Bone, site: &Site, options: &ErosionOptions) -> Range<usize> {
    let mut rows = site.rows.clone();
    for v in 0..bone.visits() {
        let Some(floor) = bone.floor(v) else { continue };
        for run in runs(&floor.depth, options.mouth_px) {
            let touches = run.start <= site.rows.end && site.rows.start <= run.end;
            if touches && run.len() < 3 * site.rows.len().max(12) {
                rows.start = rows.start.min(run.start);
                rows.end = rows.end.max(run.end);
            }
        }
    }
    // The floor comes up to the outline beside what counts as mouth.
    rows.start.saturating_sub(3)..(rows.end + 3).min(bone.rows())
}

/// Measures one erosion on every film and judges its changes.
pub(crate) fn follow(bone: &Bone, site: &Site, id: u32, context: &Context) -> FilmErosion {
    let e = &context.options.erosion;
    let rows = widened(bone, site, e);
    let visits: Vec<FilmErosionVisit> = (0..bone.visits())
        .map(|v| at_visit(bone, site, &rows, v, context))
        .collect();
    let middle = rows.start + rows.len() / 2;
    let place = bone.envelope.at(middle.min(bone.rows() - 1), 0.0);
    let to_film = |v: usize| context.visits[v].frame.to_film;
    let at = bone.film(site.visit).map_or_else(
        || to_film(0).apply(place),
        |film| to_film(site.visit).apply(film.pose.apply(place)),
    );
    let mut changes = Vec::new();
    let mut others: BTreeMap<FilmQuantity, Vec<Judged>> = BTreeMap::new();
    for v in 1..bone.visits() {
        changes.push(area_change(bone, &rows, &visits, v, context));
        for quantity in [
            FilmQuantity::Depth,
            FilmQuantity::Mouth,
            FilmQuantity::CorticalContinuity,
            FilmQuantity::Filling,
        ] {
            let judged = other_change(&visits, v, quantity, context);
            others.entry(quantity).or_default().push(judged);
        }
    }
    let (healing, verdict) = conditions(
        &Evidence {
            visits: &visits,
            changes: &changes,
            flags: context.flags,
        },
        e,
    );
    FilmErosion {
        id,
        bone: bone.side,
        source: site.source,
        visit: context.names[site.visit].clone(),
        at,
        visits,
        changes,
        other_changes: others,
        healing,
        verdict,
    }
}

fn measurement(value: f64, unit: &str, se: f64) -> Measurement {
    Measurement {
        value,
        unit: unit.to_owned(),
        se,
        df: None,
    }
}

fn at_visit(
    bone: &Bone,
    site: &Site,
    rows: &Range<usize>,
    visit: usize,
    context: &Context,
) -> FilmErosionVisit {
    let e = &context.options.erosion;
    let mut out = FilmErosionVisit {
        visit: context.names[visit].clone(),
        refused: None,
        outline: Vec::new(),
        mouth: Vec::new(),
        measurements: BTreeMap::new(),
    };
    let film = match &bone.films[visit] {
        Ok(film) => film,
        Err(reason) => {
            out.refused = Some(reason.clone());
            return out;
        }
    };
    let to_film = |p: [f64; 2]| {
        context.visits[visit]
            .frame
            .to_film
            .apply(film.pose.apply(p))
    };
    let Some(lost) = Lost::new(&film.strip, rows, &e.lost) else {
        out.refused =
            Some("no intact outline is left beside the erosion to compare with".to_owned());
        return out;
    };
    out.mouth = rows
        .clone()
        .map(|r| to_film(bone.envelope.at(r, 0.0)))
        .collect();
    out.outline = out.mouth.clone();
    let floor = |r: usize| to_film(bone.envelope.at(r, lost.depth_at(r)));
    out.outline.extend(rows.clone().rev().map(floor));
    let (px, unit) = (context.per_px, context.unit);
    let area_unit = format!("{unit}²");
    let value = bone.envelope.area(rows.clone(), |r| lost.depth_at(r));
    let own = bone.area_se(visit, rows, e).0 / std::f64::consts::SQRT_2;
    let mut put = |q, m| {
        out.measurements.insert(q, m);
    };
    put(
        FilmQuantity::Area,
        measurement(
            value * px * px,
            &area_unit,
            own.hypot(e.form_share * value).hypot(e.form_px2) * px * px,
        ),
    );
    // Means of three rows: a single one is noise.
    let deepest = rows
        .clone()
        .filter(|r| *r > rows.start && r + 1 < rows.end)
        .map(|r| (r - 1..=r + 1).map(|r| lost.depth_at(r)).sum::<f64>() / 3.0)
        .fold(0.0, f64::max);
    let open = rows
        .clone()
        .filter(|&r| lost.depth_at(r) >= e.mouth_px)
        .count() as f64;
    put(
        FilmQuantity::Depth,
        measurement(deepest * px, unit, 1.5 * e.floor_se_px * px),
    );
    put(
        FilmQuantity::Mouth,
        measurement(open * px, unit, 4.0 * e.floor_se_px * px),
    );
    if let Some((value, se)) = continuity(bone, visit, &site.rows, e) {
        put(
            FilmQuantity::CorticalContinuity,
            measurement(value, "1", se),
        );
    }
    let exposure = match &film.exposure {
        None => Some(None),
        Some(Ok(curve)) => Some(Some(curve)),
        Some(Err(_)) => None,
    };
    if let Some(curve) = exposure
        && let Some((value, se)) = filling(bone, visit, rows, curve, e)
    {
        put(FilmQuantity::Filling, measurement(value, "1", se));
    }
    out
}

/// The change of the area: lost bone over the same rows of outline on both films.
fn area_change(
    bone: &Bone,
    rows: &Range<usize>,
    visits: &[FilmErosionVisit],
    visit: usize,
    context: &Context,
) -> Judged {
    let e = &context.options.erosion;
    let (Some(before), Some(after)) = (area(bone, 0, rows, e), area(bone, visit, rows, e)) else {
        let reason = visits[visit]
            .refused
            .clone()
            .or_else(|| visits[0].refused.clone());
        return Judged::unmeasured(
            reason.unwrap_or_else(|| "not measured at both visits".to_owned()),
        );
    };
    let square = context.per_px * context.per_px;
    let (noise, df) = bone.area_se(visit, rows, e);
    let algorithm = noise
        .hypot(e.form_share * (after - before))
        .hypot(e.form_px2);
    let df = df * (algorithm / noise).powi(4);
    let tilt = context.flags[visit].map_or(0.0, |f| f.tilt_deg);
    let size = before.max(after).max(0.0) * square;
    let repeat = context.options.precision.area(size, context.per_mm, tilt);
    let (se, df) = repeat.with(algorithm * square, Some(df));
    let options = &context.options.verdict;
    let mm2 = context.per_mm * context.per_mm;
    let scale = Scale::new(
        format!("{}²", context.unit),
        options.delta.unwrap_or(e.delta_mm2 * mm2),
        e.prior_sd_mm2 * mm2,
    );
    judge(
        (after - before) * square,
        se,
        df,
        &scale,
        (&visits[0].visit, &visits[visit].visit),
        options,
    )
}

pub(crate) fn judge(
    value: f64,
    se: f64,
    df: Option<f64>,
    scale: &Scale,
    between: (&str, &str),
    options: &VerdictOptions,
) -> Judged {
    Change::new(value, se, df, scale, between)
        .and_then(|change| decide(change, scale, None, options))
        .unwrap_or_else(|e| Judged::unmeasured(e.to_string()))
}

/// Change of a quantity from its two measurements; signed so that a positive one is for the worse.
fn other_change(
    visits: &[FilmErosionVisit],
    visit: usize,
    quantity: FilmQuantity,
    context: &Context,
) -> Judged {
    let get = |v: usize| visits[v].measurements.get(&quantity);
    let (Some(a), Some(b)) = (get(0), get(visit)) else {
        let reason = visits[visit].refused.clone();
        return Judged::unmeasured(reason.unwrap_or_else(|| match quantity {
            FilmQuantity::Filling => "grey levels of the two films cannot be compared".to_owned(),
            _ => "not measured at both visits".to_owned(),
        }));
    };
    let (delta, prior) = match quantity {
        FilmQuantity::Depth | FilmQuantity::Mouth => (0.3 * context.per_mm, 5.0 * context.per_mm),
        FilmQuantity::CorticalContinuity => (0.25, 1.0),
        _ => (0.15, 1.0),
    };
    // More cortex and more bone inside are for the better: turned over so that healing is negative everywhere.
    let sign = match quantity {
        FilmQuantity::CorticalContinuity | FilmQuantity::Filling => -1.0,
        _ => 1.0,
    };
    let scale = Scale::new(a.unit.clone(), delta, prior);
    let mut judged = judge(
        sign * (b.value - a.value),
        a.se.hypot(b.se),
        None,
        &scale,
        (&visits[0].visit, &visits[visit].visit),
        &VerdictOptions {
            delta: None,
            ..context.options.verdict
        },
    );
    if let Some(change) = judged.change.as_mut().filter(|_| sign < 0.0) {
        change.value = -change.value;
        change.interval = [-change.interval[1], -change.interval[0]];
    }
    if sign < 0.0 {
        judged.reason = match judged.verdict {
            Verdict::Healing => format!("rose by more than {delta}"),
            Verdict::Progressing => format!("fell by more than {delta}"),
            _ => judged.reason,
        };
    }
    judged
}
