//! One joint over the visits: cut out, outlined, registered bone by bone, measured.

use crate::Error;
use crate::erosion::{Bone, GivenErosion, follow, sites};
use crate::frame::{FRAME_PX, JointPlace, MIDDLE, is_foot, size_of};
use crate::joint_space::widening;
use crate::options::FilmOptions;
use crate::precision::USUAL_MM_PER_PX;
use crate::visit::{Ready, index};
use howship_change::{
    FilmClosure, FilmJoint, FilmJointVisit, FilmMap, FilmRegistration, JointBone,
    JointSpaceProfile, Judged, Measurement, PositionFlags, Scale, Side,
};
use howship_image::{Film, LengthUnit};
use howship_register::Gate;
use howship_register::planar::{PlanarRegistration, Similarity, register_planar};
use rayon::prelude::*;

/// A joint on one visit's film.
#[derive(Debug, Clone, Copy)]
pub struct JointView<'a> {
    /// Name of the visit.
    pub visit: &'a str,
    /// Its film.
    pub film: &'a Film,
    /// Where the joint lies on it.
    pub place: JointPlace,
    /// Side of the body, where it is known.
    pub side: Option<Side>,
}

/// Which joint.
#[derive(Debug, Clone, Copy)]
pub struct JointName<'a> {
    /// Short name, as in `MCP2`.
    pub joint: &'a str,
    /// Which hand or foot of the films, from 1.
    pub hand: usize,
}

/// Measures one joint on films of two or more visits, the first being the baseline.
///
/// What cannot be measured says why in the result: a visit, a bone, an erosion or the whole joint is refused with its
/// reason and has no verdict but `uncertain`.
///
/// # Errors
/// Fewer than two views, two views of one visit, one view of a left and one of a right joint, a joint that is not of
/// the catalogue, or settings out of range.
pub fn measure_joint(
    name: JointName,
    views: &[JointView],
    given: &[GivenErosion],
    options: &FilmOptions,
) -> Result<FilmJoint, Error> {
    check(name, views, given)?;
    let size = size_of(name.joint);
    let mut options = options.clone();
    options.frame.field_mm *= size;
    if is_foot(name.joint) {
        options.frame.metal_step = options.frame.metal_step_of_feet;
        options.outline.leans_deg = options.outline.leans_of_feet_deg.clone();
    }
    let options = &options;
    let mut ready: Vec<Ready> = views
        .par_iter()
        .map(|v| Ready::new(v.film, &v.place, options))
        .collect::<Result<_, Error>>()?;
    let units: Vec<LengthUnit> = ready.iter().map(|r| r.frame.unit).collect();
    let unit = units[0];
    for (r, u) in ready.iter_mut().zip(&units) {
        if *u != unit && r.refused.is_none() {
            r.refused = Some(format!(
                "its lengths are in {u}, those of the first visit in {unit}: state the pixel size of both"
            ));
        }
    }
    let per_px = ready[0].frame.per_px;
    let mut result = FilmJoint {
        joint: name.joint.to_owned(),
        side: views.iter().find_map(|v| v.side),
        hand: name.hand,
        unit: unit.to_string(),
        refused: None,
        visits: Vec::new(),
        registrations: Vec::new(),
        closures: Vec::new(),
        narrowing: Vec::new(),
        erosions: Vec::new(),
        warnings: Vec::new(),
    };
    if unit == LengthUnit::Pixel {
        result.warnings.push(
            "no film says how long a pixel is: lengths are in pixels of the first film".to_owned(),
        );
    }
    let pairs = register(&ready, options)?;
    let fit = |bone: JointBone, a: usize, b: usize| {
        pairs
            .iter()
            .find(|p| p.visits == [a, b])
            .and_then(|p| p.fits[index(bone)].as_ref())
    };
    let flags: Vec<Option<PositionFlags>> = (0..ready.len())
        .map(|v| {
            let [p, d] = JointBone::BOTH.map(|b| fit(b, 0, v));
            let fits = [p?, d?];
            let outlines = |r: &Ready| -> [Option<crate::outline::Outline>; 2] {
                JointBone::BOTH.map(|b| r.outline(b).cloned())
            };
            let (before, after) = (outlines(&ready[0]), outlines(&ready[v]));
            let [a, b] = [&before, &after].map(|o| [o[0].as_ref(), o[1].as_ref()]);
            Some(crate::position::flags(a, b, fits, &options.position))
        })
        .collect();
    let names: Vec<String> = views.iter().map(|v| v.visit.to_owned()).collect();
    result.visits = ready
        .iter()
        .enumerate()
        .map(|(k, r)| visit_of(r, &views[k], (flags[k], per_px), options))
        .collect();
    result.refused = refusal(&ready, &names);
    for pair in &pairs {
        for bone in JointBone::BOTH {
            if let Some(found) = &pair.fits[index(bone)] {
                result
                    .registrations
                    .push(registration(bone, pair, found, &ready, &names, per_px));
            }
        }
    }
    result.closures = closures(&pairs, &names, per_px);
    let scales = Scales {
        unit: unit.sign().to_owned(),
        per_px,
        per_mm: match unit {
            LengthUnit::Pixel => per_px / (USUAL_MM_PER_PX * size),
            _ => 1.0,
        },
    };
    for v in 1..ready.len() {
        let fits = JointBone::BOTH.map(|b| fit(b, 0, v));
        result.narrowing.push(narrowing(
            name.joint, &ready, v, fits, flags[v], &scales, &names, options,
        ));
    }
    let mut followed = vec![false; given.len()];
    let mut seen = 0;
    for bone in JointBone::BOTH {
        let fits: Vec<Option<&PlanarRegistration>> = (0..ready.len())
            .map(|v| if v == 0 { None } else { fit(bone, 0, v) })
            .collect();
        let Some(unrolled) = Bone::new(bone, &ready, &fits, options) else {
            continue;
        };
        seen += 1;
        let wrong = |(index, reason): (usize, String)| -> Error {
            let g: &GivenErosion = &given[index];
            Error::Given {
                joint: name.joint.to_owned(),
                visit: g.visit.clone(),
                x: g.at[0],
                y: g.at[1],
                reason,
            }
        };
        let points = pointed(bone, given, &names, &ready, &unrolled, &fits).map_err(wrong)?;
        for p in &points {
            followed[p.index] = true;
        }
        let seeds: Vec<_> = points.iter().map(|p| (p.visit, p.row, p.mouth)).collect();
        let all = sites(&unrolled, &seeds, &options.erosion);
        let rows: Vec<std::ops::Range<usize>> = all
            .iter()
            .map(|site| crate::erosion::extent(&unrolled, site, &options.erosion))
            .collect();
        if let Some([first, second]) = apart(&points, &rows) {
            let [x, y] = given[first].at;
            let reason = format!("it is the erosion that ({x}, {y}) points at; give each once");
            return Err(wrong((second, reason)));
        }
        let context = crate::erosion::Context {
            joint: name.joint,
            hollow: bone == JointBone::Proximal
                && (name.joint.starts_with("MCP") || name.joint.starts_with("MTP")),
            erosions: &rows,
            names: &names,
            visits: &ready,
            flags: &flags,
            unit: unit.sign(),
            per_px,
            per_mm: scales.per_mm,
            options,
        };
        for site in all {
            let id = result.erosions.len() as u32 + 1;
            result.erosions.push(follow(&unrolled, &site, id, &context));
        }
    }
    for (g, _) in given.iter().zip(&followed).filter(|(_, f)| !**f) {
        let [x, y] = g.at;
        if seen == JointBone::BOTH.len() {
            return Err(Error::Given {
                joint: name.joint.to_owned(),
                visit: g.visit.clone(),
                x,
                y,
                reason: "no outline of either bone is near; point at the mouth of an erosion that is seen in profile".to_owned(),
            });
        }
        result.warnings.push(format!(
            "the erosion pointed at on {}, ({x}, {y}), cannot be followed: its bone was not made out or not registered",
            g.visit
        ));
    }
    Ok(result)
}

struct Scales {
    unit: String,
    per_px: f64,
    /// Of a millimetre, in the unit.
    per_mm: f64,
}

fn check(name: JointName, views: &[JointView], given: &[GivenErosion]) -> Result<(), Error> {
    if howship_change::anatomy::joint(name.joint).is_none() {
        return Err(Error::Joint {
            joint: name.joint.to_owned(),
        });
    }
    if views.len() < 2 {
        return Err(Error::Views {
            joint: name.joint.to_owned(),
            reason: "a change needs films of at least two visits".to_owned(),
        });
    }
    for (k, v) in views.iter().enumerate() {
        if views[..k].iter().any(|w| w.visit == v.visit) {
            return Err(Error::Views {
                joint: name.joint.to_owned(),
                reason: format!("visit `{}` is given twice", v.visit),
            });
        }
    }
    let sides: Vec<(&str, Side)> = views
        .iter()
        .filter_map(|v| Some((v.visit, v.side?)))
        .collect();
    if let Some(other) = sides.iter().find(|s| s.1 != sides[0].1) {
        return Err(Error::Views {
            joint: name.joint.to_owned(),
            reason: format!(
                "visit `{}` shows a {} joint and visit `{}` a {} one; films of one side are compared",
                sides[0].0,
                sides[0].1.word(),
                other.0,
                other.1.word()
            ),
        });
    }
    match given
        .iter()
        .find(|g| !views.iter().any(|v| v.visit == g.visit))
    {
        Some(g) => Err(Error::Views {
            joint: name.joint.to_owned(),
            reason: format!(
                "an erosion is given at visit `{}`, of which there is no film",
                g.visit
            ),
        }),
        None => Ok(()),
    }
}

/// Two visits and the registrations of both bones between them.
struct Pair {
    visits: [usize; 2],
    fits: [Option<PlanarRegistration>; 2],
}

fn register(ready: &[Ready], options: &FilmOptions) -> Result<Vec<Pair>, Error> {
    let all: Vec<[usize; 2]> = (0..ready.len())
        .flat_map(|a| (a + 1..ready.len()).map(move |b| [a, b]))
        .collect();
    all.into_par_iter()
        .map(|[a, b]| {
            let mut pair = Pair {
                visits: [a, b],
                fits: [None, None],
            };
            let (Some(fixed), Some(moving)) = (&ready[a].image, &ready[b].image) else {
                return Ok(pair);
            };
            for k in 0..2 {
                if let (Some(x), Some(y)) = (&ready[a].bones[k], &ready[b].bones[k]) {
                    pair.fits[k] = Some(register_planar(
                        (fixed, x),
                        (moving, y),
                        &options.registration,
                    )?);
                }
            }
            Ok(pair)
        })
        .collect()
}

fn refusal(ready: &[Ready], names: &[String]) -> Option<String> {
    let usable = ready.iter().filter(|r| r.refused.is_none()).count();
    if let Some(reason) = &ready[0].refused {
        return Some(format!("baseline {}: {reason}", names[0]));
    }
    if usable < 2 {
        let reasons: Vec<String> = ready
            .iter()
            .zip(names)
            .filter_map(|(r, n)| Some(format!("{n}: {}", r.refused.as_ref()?)))
            .collect();
        return Some(format!(
            "no other film can be used ({})",
            reasons.join("; ")
        ));
    }
    None
}

fn visit_of(
    ready: &Ready,
    view: &JointView,
    (flags, first_px): (Option<PositionFlags>, f64),
    options: &FilmOptions,
) -> FilmJointVisit {
    let to_film = ready.frame.to_film;
    let outline = |b: JointBone| -> Vec<[f64; 2]> {
        ready
            .outline(b)
            .map(|o| o.points.iter().map(|p| to_film.apply(*p)).collect())
            .unwrap_or_default()
    };
    // Where only pixels are known, all lengths are in those of the first film: frames are equal shares of the hand.
    let per_px = match ready.frame.unit {
        LengthUnit::Pixel => first_px,
        _ => ready.frame.per_px,
    };
    let profile = ready.profile.as_ref().ok().map(|p| JointSpaceProfile {
        across: p.across.iter().map(|x| (x - MIDDLE) * per_px).collect(),
        width: p.edges.iter().map(|e| (e[0] - e[1]) * per_px).collect(),
        ends: p
            .across
            .iter()
            .zip(&p.edges)
            .map(|(&x, e)| e.map(|y| to_film.apply([x, y])))
            .collect(),
    });
    let joint_space = ready.profile.as_ref().ok().map(|p| Measurement {
        value: p.mean() * per_px,
        unit: ready.frame.unit.sign().to_owned(),
        se: options.joint_space.edge_se_px * per_px,
        df: None,
    });
    FilmJointVisit {
        visit: view.visit.to_owned(),
        refused: ready.refused.clone(),
        centre: to_film.apply([MIDDLE; 2]),
        axis_deg: to_film.rotation().to_degrees(),
        frame: map(&to_film),
        frame_size: FRAME_PX,
        outlines: JointBone::BOTH.map(outline),
        profile,
        joint_space,
        flags,
    }
}

fn map(s: &Similarity) -> FilmMap {
    FilmMap {
        a: s.a,
        b: s.b,
        shift: s.shift,
    }
}

fn registration(
    bone: JointBone,
    pair: &Pair,
    found: &PlanarRegistration,
    ready: &[Ready],
    names: &[String],
    per_px: f64,
) -> FilmRegistration {
    let [a, b] = pair.visits;
    let on_films = ready[b]
        .frame
        .to_film
        .after(&found.transform)
        .after(&ready[a].frame.to_film.inverse());
    FilmRegistration {
        bone,
        from: names[a].clone(),
        to: names[b].clone(),
        map: map(&on_films),
        rotation_deg: found.transform.rotation().to_degrees(),
        scale: found.transform.scale(),
        joint_se: finite(found.quality.joint_se_px * per_px),
        covariance: found.covariance.map(|row| row.map(finite)),
        centre: found.centre,
        correlation: found.quality.correlation,
        forward_backward: found
            .quality
            .forward_backward_px
            .map(|d| finite(d * per_px)),
        failed: match &found.gate {
            Gate::Pass => None,
            Gate::Fail { reason } => Some(reason.clone()),
        },
    }
}

/// JSON has no infinity: what is unknown is stated as larger than any film.
fn finite(v: f64) -> f64 {
    if v.is_finite() { v } else { 1e9 }
}

fn closures(pairs: &[Pair], names: &[String], per_px: f64) -> Vec<FilmClosure> {
    let usable = |a: usize, b: usize| -> Option<[&PlanarRegistration; 2]> {
        let pair = pairs.iter().find(|p| p.visits == [a, b])?;
        let fits = [pair.fits[0].as_ref()?, pair.fits[1].as_ref()?];
        fits.iter().all(|f| f.gate.passed()).then_some(fits)
    };
    let joint = [MIDDLE; 2];
    let se = |f: [&PlanarRegistration; 2]| f.map(|r| r.displacement_se(joint, [0.0, -1.0]).powi(2));
    let mut all = Vec::new();
    for a in 0..names.len() {
        for b in a + 1..names.len() {
            for c in b + 1..names.len() {
                let (Some(ab), Some(bc), Some(ac)) = (usable(a, b), usable(b, c), usable(a, c))
                else {
                    continue;
                };
                let [pa, da] = ab.map(|r| r.transform);
                let [pb, db] = bc.map(|r| r.transform);
                let [pc, dc] = ac.map(|r| r.transform);
                let direct = pc.inverse().after(&dc).apply(joint);
                let over = pa
                    .inverse()
                    .after(&pb.inverse())
                    .after(&db)
                    .after(&da)
                    .apply(joint);
                let variance: f64 = [ab, bc, ac].into_iter().flat_map(se).sum();
                all.push(FilmClosure {
                    visits: [names[a].clone(), names[b].clone(), names[c].clone()],
                    gap: (direct[1] - over[1]).abs() * per_px,
                    se: variance.sqrt() * per_px,
                });
            }
        }
    }
    all
}

#[allow(
    clippy::too_many_arguments,
    reason = "what a change of joint space rests on"
)]
fn narrowing(
    joint: &str,
    ready: &[Ready],
    v: usize,
    fits: [Option<&PlanarRegistration>; 2],
    flags: Option<PositionFlags>,
    scales: &Scales,
    names: &[String],
    options: &FilmOptions,
) -> Judged {
    let profile = match &ready[0].profile {
        Ok(profile) => profile,
        Err(reason) => return Judged::unmeasured(format!("{}: {reason}", names[0])),
    };
    if let Some(reason) = &ready[v].refused {
        return Judged::unmeasured(format!("{}: {reason}", names[v]));
    }
    if let Err(reason) = &ready[v].profile {
        return Judged::unmeasured(format!("{}: {reason}", names[v]));
    }
    let [Some(proximal), Some(distal)] = fits else {
        return Judged::unmeasured("the bones were not registered");
    };
    let failed: Vec<String> = [("proximal", proximal), ("distal", distal)]
        .iter()
        .filter_map(|(name, f)| match &f.gate {
            Gate::Pass => None,
            Gate::Fail { reason } => Some(format!("{name} bone: {reason}")),
        })
        .collect();
    if !failed.is_empty() {
        return Judged::unmeasured(failed.join("; "));
    }
    let (wider, se) = widening(profile, proximal, distal);
    let both = proximal
        .displacement_se([MIDDLE; 2], [0.0, -1.0])
        .hypot(distal.displacement_se([MIDDLE; 2], [0.0, -1.0]));
    let most = options.registration.gate.max_joint_se_px;
    if !(both < most) {
        return Judged::unmeasured(format!(
            "uncertain: both bones together have a standard error of {both:.2} px at the joint, at most {most:.2} px is accepted"
        ));
    }
    let tilt = flags.map_or(0.0, |f| f.tilt_deg);
    let repeat = options.precision.joint_space(joint, scales.per_mm, tilt);
    let o = &options.joint_space;
    let feet = if is_foot(joint) && !options.precision.own()[0] {
        o.feet_mm * scales.per_mm
    } else {
        0.0
    };
    let (se, df) = repeat.with((se * scales.per_px).hypot(feet), None);
    let scale = Scale::new(
        scales.unit.clone(),
        o.delta_mm * scales.per_mm,
        o.prior_sd_mm * scales.per_mm,
    )
    .worded("wider", "narrower");
    crate::erosion::judge(
        -wider * scales.per_px,
        se,
        df,
        &scale,
        (&names[0], &names[v]),
        &howship_change::VerdictOptions {
            delta: None,
            ..options.verdict
        },
    )
}

/// Where an erosion that the reader points at meets a bone.
struct Pointed {
    /// Index into the given ones.
    index: usize,
    visit: usize,
    /// Of the envelope.
    row: usize,
    /// Length of the mouth in frame pixels.
    mouth: Option<f64>,
}

/// Farther than this from every outline (frame px, 4.5 mm at the usual field) a point is no erosion in profile.
const FARTHEST_PX: f64 = 45.0;
/// A point for which the reader names a bone lies on the other one if that is nearer by so much (frame px, 1.5 mm).
const OTHER_BONE_PX: f64 = 15.0;

/// The given erosions that lie on one bone.
///
/// # Errors
/// A point outside of the joint's field, or one said to be of this bone that lies on the other.
fn pointed(
    bone: JointBone,
    given: &[GivenErosion],
    names: &[String],
    ready: &[Ready],
    unrolled: &Bone,
    fits: &[Option<&PlanarRegistration>],
) -> Result<Vec<Pointed>, (usize, String)> {
    let mut all = Vec::new();
    for (index, g) in given.iter().enumerate() {
        let Some(visit) = names.iter().position(|n| *n == g.visit) else {
            continue;
        };
        let frame = &ready[visit].frame;
        let here = frame.to_film.inverse().apply(g.at);
        if !here.iter().all(|c| (0.0..=FRAME_PX as f64).contains(c)) {
            let [x, y] = frame.to_film.apply([MIDDLE; 2]).map(f64::round);
            return Err((
                index,
                format!(
                    "it lies outside of the joint's field, whose middle is ({x}, {y}) on that film; x and y are pixels of the film as stored"
                ),
            ));
        }
        let back = fits[visit].map_or_else(Similarity::identity, |f| f.transform.inverse());
        let Some((row, along)) = unrolled.envelope.nearest(back.apply(here)) else {
            continue;
        };
        let far = |b: JointBone| {
            let points = ready[visit].outline(b).map(|o| o.points.as_slice());
            points
                .unwrap_or_default()
                .iter()
                .fold(f64::INFINITY, |d, p| {
                    d.min((p[0] - here[0]).hypot(p[1] - here[1]))
                })
        };
        // A cavity's own floor is as near as the outline that it left.
        let own = along.min(far(bone));
        let other = far(match bone {
            JointBone::Proximal => JointBone::Distal,
            JointBone::Distal => JointBone::Proximal,
        });
        let here = match g.bone {
            None => own < other || (own == other && bone == JointBone::Proximal),
            Some(said) if said != bone => false,
            Some(_) if own > other + OTHER_BONE_PX => {
                let word = if bone == JointBone::Proximal {
                    "proximal"
                } else {
                    "distal"
                };
                let px = frame.to_film.scale();
                return Err((
                    index,
                    format!(
                        "it is said to be of the {word} bone, {:.0} pixels away, and lies at the other one",
                        own * px
                    ),
                ));
            }
            Some(_) => true,
        };
        if here && own < FARTHEST_PX {
            all.push(Pointed {
                index,
                visit,
                row,
                mouth: g.mouth.map(|m| m / frame.to_film.scale()),
            });
        }
    }
    Ok(all)
}

/// Two of the reader's points at one erosion would count it twice.
fn apart(points: &[Pointed], rows: &[std::ops::Range<usize>]) -> Option<[usize; 2]> {
    for (k, a) in points.iter().enumerate() {
        for (i, b) in points[..k].iter().enumerate() {
            let (ra, rb) = (&rows[k], &rows[i]);
            let shared = ra.end.min(rb.end).saturating_sub(ra.start.max(rb.start));
            if 2 * shared > ra.len().min(rb.len()) {
                return Some([b.index, a.index]);
            }
        }
    }
    None
}
