//! Accuracy experiments of films of formula joints with known truth.
//!
//! `cargo run --release -p howship-film --example film_errors -- EXPERIMENT [--joints N] [--seed S] [--tilt DEG]`
//!
//! | experiment | what is printed |
//! |---|---|
//! | `matched` | change of joint space and of an erosion's area; both films in one pose, other noise and exposure |
//! | `tilted` | the same with tilt and roll drawn evenly from ± `--tilt` degrees |
//! | `coverage` | how often 95 % intervals hold the truth, under random pose, exposure, noise |
//! | `null` | verdicts of erosions that did not change, with tilt |
//! | `look OUT.pgm` | a picture of one joint's two films with outlines |
//!
//! Seeds below 100,000 were used to choose settings; results are of seeds from 100,000 on.

#![allow(clippy::print_stdout, reason = "an experiment prints its numbers")]

use howship_change::{FilmJoint, FilmQuantity, JointBone, Verdict};
use howship_film::{
    FilmOptions, GivenErosion, JointName, JointPlace, JointView, Precision, measure_joint,
};
use howship_image::{Film, FilmScale, ScaleSource};
use howship_phantom::film::{
    DetectorSpec, FilmGeometry, FilmLesionSpec, JointFilm, JointFilmSpec, JointFilmTruth,
    JointFilmVisit, ProcessingSpec, Segment,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone, Copy)]
struct Plan {
    tilt_deg: f64,
    /// Whether in-plane turn, shift, lift, exposure and processing differ too.
    moved: bool,
    changed: bool,
    given: bool,
}

struct Outcome {
    truth: [JointFilmTruth; 2],
    spec: JointFilmSpec,
    result: FilmJoint,
}

fn draw(seed: u64, plan: Plan) -> JointFilmSpec {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut within = |low: f64, high: f64| rng.random_range(low..=high);
    let proximal = if within(0.0, 1.0) < 0.6 {
        Segment::Metacarpal
    } else {
        Segment::Proximal
    };
    let mcp = proximal == Segment::Metacarpal;
    let mut spec = JointFilmSpec {
        ray: 2 + (within(0.0, 2.99) as usize),
        proximal,
        scale: within(0.92, 1.08),
        joint_space_mm: if mcp {
            within(1.3, 1.9)
        } else {
            within(0.8, 1.2)
        },
        seed,
        // The joint's field and what repositioning shifts.
        geometry: FilmGeometry {
            size_px: [256, 256],
            origin_px: [127.5, 127.5],
            ..FilmGeometry::default()
        },
        ..JointFilmSpec::default()
    };
    let change = |v: f64| if plan.changed { v } else { 1.0 };
    let depth = within(0.8, 2.0);
    let side = if within(0.0, 1.0) < 0.5 { 0.0 } else { 180.0 };
    spec.proximal_lesions = vec![FilmLesionSpec {
        angle_deg: side + within(-12.0, 12.0),
        from_joint_mm: if mcp {
            within(5.0, 7.5)
        } else {
            within(3.5, 5.0)
        },
        along_mm: within(1.8, 3.2),
        around_mm: within(2.5, 4.5),
        depth_mm: depth,
        depth_course: vec![1.0, change(within(0.4, 1.6))],
        width_course: vec![1.0, change(within(0.8, 1.2))],
        ..FilmLesionSpec::default()
    }];
    let narrowing = if plan.changed { within(-0.4, 0.2) } else { 0.0 };
    let tilt = plan.tilt_deg;
    let detector = |photons: f64, low: f64, amount: f64| DetectorSpec {
        photons_per_mm2: photons,
        processing: ProcessingSpec {
            unsharp_amount: amount,
            ..ProcessingSpec::default()
        },
        scatter_to_primary: low,
        ..DetectorSpec::default()
    };
    let amount = within(0.0, 0.8);
    let first = JointFilmVisit {
        name: "M0".into(),
        flexion_deg: 3.0,
        detector: detector(within(1e5, 4e5), 0.15, amount),
        ..JointFilmVisit::default()
    };
    let second = JointFilmVisit {
        name: "M12".into(),
        in_plane_deg: if plan.moved { within(-6.0, 6.0) } else { 0.0 },
        shift_mm: if plan.moved {
            [within(-1.0, 1.0), within(-1.0, 1.0)]
        } else {
            [0.0; 2]
        },
        lift_mm: if plan.moved { within(-4.0, 4.0) } else { 0.0 },
        tilt_deg: within(-tilt, tilt),
        roll_deg: within(-tilt, tilt),
        flexion_deg: 3.0 + within(-tilt, tilt),
        joint_space_change_mm: narrowing,
        detector: detector(within(1e5, 4e5), within(0.12, 0.2), amount),
        ..JointFilmVisit::default()
    };
    spec.visits = vec![first, second];
    spec
}

fn run(seed: u64, plan: Plan, options: &FilmOptions) -> Result<Outcome, Failure> {
    let spec = draw(seed, plan);
    let joint = JointFilm::new(&spec)?;
    let truth = [joint.truth(0)?, joint.truth(1)?];
    let films = [film(&joint, 0, &truth[0])?, film(&joint, 1, &truth[1])?];
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5EED);
    let mut views = Vec::new();
    for (k, name) in ["M0", "M12"].into_iter().enumerate() {
        // A landmark is off by a third of a millimetre, an axis by two degrees.
        let mut off = |by: f64| rng.random_range(-by..=by);
        let axis = (truth[k].bones[0].axis_deg + off(2.0)).to_radians();
        views.push(JointView {
            visit: name,
            film: &films[k],
            place: JointPlace {
                centre: truth[k].centre_px.map(|c| c + off(3.0)),
                axis: [axis.sin(), -axis.cos()],
                field_px: None,
            },
            side: None,
        });
    }
    let mut given = Vec::new();
    if plan.given {
        given.push(GivenErosion {
            visit: "M0".into(),
            bone: Some(JointBone::Proximal),
            at: truth[0].lesions[0].mouth_px,
            mouth: None,
        });
    }
    let name = if spec.proximal == Segment::Metacarpal {
        "MCP2"
    } else {
        "PIP2"
    };
    let name = JointName {
        joint: name,
        hand: 1,
    };
    let result = measure_joint(name, &views, &given, options)?;
    Ok(Outcome {
        truth,
        spec,
        result,
    })
}

fn film(joint: &JointFilm, visit: usize, truth: &JointFilmTruth) -> Result<Film, Failure> {
    let picture = joint.render(visit)?;
    let [w, h] = picture.size_px;
    let mm = truth.pixel_mm / truth.magnification;
    let scale = FilmScale::known([mm; 2], ScaleSource::Phantom);
    Ok(Film::new(w, h, picture.values, scale)?)
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}

fn table(name: &str, errors: &[f64]) {
    let n = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / n;
    let sd = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let mut size: Vec<f64> = errors.iter().map(|e| e.abs()).collect();
    println!(
        "{name:44} n {n:5} bias {mean:+.4} SD {sd:.4} |error| median {:.4} P95 {:.4} max {:.4}",
        quantile(&mut size, 0.5),
        quantile(&mut size, 0.95),
        quantile(&mut size, 1.0)
    );
}

fn held(name: &str, z: &[(f64, bool)]) {
    let n = z.len() as f64;
    let inside = z.iter().filter(|(_, ok)| *ok).count() as f64 / n;
    let mut size: Vec<f64> = z.iter().map(|(z, _)| z.abs()).collect();
    println!(
        "{name:44} 95 % intervals hold the truth in {:.1} % of {n}; error over SE: robust SD {:.2}",
        100.0 * inside,
        1.4826 * quantile(&mut size, 0.5)
    );
}

/// The erosion nearest to the phantom's mouth.
fn lesion(outcome: &Outcome) -> Option<&howship_change::FilmErosion> {
    let [x, y] = outcome.truth[0].lesions[0].mouth_px;
    let far = |e: &&howship_change::FilmErosion| (e.at[0] - x).hypot(e.at[1] - y);
    let near = outcome
        .result
        .erosions
        .iter()
        .min_by(|a, b| far(a).total_cmp(&far(b)))?;
    (far(&near) < 25.0).then_some(near)
}

fn in_profile(outcome: &Outcome) -> bool {
    outcome
        .truth
        .iter()
        .all(|t| t.lesions[0].mouth_mm > 0.5 && t.lesions[0].half_lost_mm2 > 0.1)
}

/// Where half of the bone's chord is lost.
fn area_truth(truth: &JointFilmTruth) -> f64 {
    truth.lesions[0].half_lost_mm2
}

fn report(outcomes: &[Outcome]) {
    let refused = outcomes
        .iter()
        .filter(|o| o.result.refused.is_some())
        .count();
    println!("{} joints, refused whole: {refused}", outcomes.len());
    let mut space = Vec::new();
    let mut width = Vec::new();
    let mut intervals = Vec::new();
    let mut unmeasured = 0;
    let mut regs = Vec::new();
    for o in outcomes {
        if let Some(m) = &o.result.visits.first().and_then(|v| v.joint_space.as_ref()) {
            width.push(m.value - o.truth[0].joint_space_mm);
        }
        let truth = -(o.truth[1].joint_space_mm - o.truth[0].joint_space_mm);
        match o.result.narrowing.first().and_then(|j| j.change.as_ref()) {
            Some(c) => {
                space.push(c.value - truth);
                let ok = c.interval[0] <= truth && truth <= c.interval[1];
                intervals.push(((c.value - truth) / c.se, ok));
            }
            None => unmeasured += 1,
        }
        for r in &o.result.registrations {
            let k = usize::from(r.bone == JointBone::Distal);
            if let Some(m) = o.truth[0].bones[k].map_to(&o.truth[1].bones[k]) {
                let p = o.truth[0].bones[k].end_px;
                let q = r.map.apply(p);
                let t = [0, 1].map(|a| m[a][0] * p[0] + m[a][1] * p[1] + m[a][2]);
                regs.push((q[1] - t[1]) * o.truth[0].pixel_mm);
            }
        }
    }
    table("registration at the bone's end, along y (mm)", &regs);
    table("joint space at one visit (mm)", &width);
    table("change of joint space (mm)", &space);
    held("change of joint space", &intervals);
    println!("change of joint space not measured: {unmeasured}");
    let (mut single, mut change, mut relative, mut intervals) = (vec![], vec![], vec![], vec![]);
    let (mut cont, mut found, mut wrong) = (vec![], 0, 0);
    let mut verdicts = [0; 4];
    let hidden = outcomes.iter().filter(|o| !in_profile(o)).count();
    println!("erosions not in profile (no mouth in the outline): {hidden}");
    for o in outcomes {
        let near = lesion(o).map(|e| e.id);
        wrong += o
            .result
            .erosions
            .iter()
            .filter(|e| Some(e.id) != near)
            .count();
        let Some(e) = lesion(o).filter(|_| in_profile(o)) else {
            continue;
        };
        found += 1;
        verdicts[e.verdict.verdict as usize] += 1;
        let (a, b) = (area_truth(&o.truth[0]), area_truth(&o.truth[1]));
        if let Some(m) = e.visits[0].measurements.get(&FilmQuantity::Area) {
            single.push((m.value - a) / a);
        }
        if let Some(m) = e.visits[0]
            .measurements
            .get(&FilmQuantity::CorticalContinuity)
        {
            let t = 1.0 - o.truth[0].lesions[0].open_share;
            cont.push(((m.value - t) / m.se, (m.value - t).abs() < 1.96 * m.se));
        }
        if let Some(c) = e.changes.first().and_then(|j| j.change.as_ref()) {
            change.push(c.value - (b - a));
            relative.push((c.value - (b - a)) / a);
            let ok = c.interval[0] <= b - a && b - a <= c.interval[1];
            intervals.push(((c.value - (b - a)) / c.se, ok));
        }
    }
    println!(
        "erosions found {found} of {}, elsewhere {wrong}",
        outcomes.len()
    );
    table("area at one visit (share of it)", &single);
    table("change of area (mm²)", &change);
    table("change of area (share of the area)", &relative);
    held("change of area", &intervals);
    held("cortical continuity at baseline", &cont);
    println!(
        "verdicts: healing {} stable {} progressing {} uncertain {}",
        verdicts[Verdict::Healing as usize],
        verdicts[Verdict::Stable as usize],
        verdicts[Verdict::Progressing as usize],
        verdicts[Verdict::Uncertain as usize]
    );
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().ok_or("name an experiment")?;
    let (mut joints, mut seed, mut tilt, mut out) = (40usize, 0u64, 5.0, String::new());
    let mut given = true;
    let (mut csv, mut settings) = (None, Vec::new());
    while let Some(a) = arguments.next() {
        if a == "--found" {
            given = false;
            continue;
        }
        if !a.starts_with("--") {
            out = a;
            continue;
        }
        let value = arguments.next().ok_or(format!("{a} needs a value"))?;
        match a.as_str() {
            "--joints" => joints = value.parse()?,
            "--seed" => seed = value.parse()?,
            "--tilt" => tilt = value.parse()?,
            "--csv" => csv = Some(value),
            "--set" => settings.push(value),
            _ => return Err(format!("unknown argument {a}").into()),
        }
    }
    let plan = |tilt_deg, moved, changed| Plan {
        tilt_deg,
        moved,
        changed,
        given,
    };
    let plan = match what.as_str() {
        "matched" => plan(0.0, false, true),
        "tilted" | "coverage" => plan(tilt, true, true),
        "null" => plan(tilt, true, false),
        "look" => plan(0.0, false, true),
        _ => return Err(format!("unknown experiment {what}").into()),
    };
    let mut options = FilmOptions::default();
    if what != "null" {
        // The phantom's own positioning, not that of published series.
        options.precision = Precision::Tilt {
            sd_deg: plan.tilt_deg / 3f64.sqrt(),
        };
    }
    for text in &settings {
        options = set(&options, text)?;
    }
    if what == "look" {
        return look(&out, run(seed, plan, &options)?);
    }
    let outcomes: Vec<Outcome> = (seed..seed + joints as u64)
        .into_par_iter()
        .map(|s| run(s, plan, &options))
        .collect::<Result<_, _>>()?;
    println!(
        "{what}, seeds {seed} to {}, tilt ± {} degrees",
        seed + joints as u64 - 1,
        plan.tilt_deg
    );
    report(&outcomes);
    if let Some(path) = csv {
        std::fs::write(path, rows(&outcomes))?;
    }
    Ok(())
}

/// `erosion.floor.bending=0.1`: one setting, its value as JSON.
fn set(options: &FilmOptions, text: &str) -> Result<FilmOptions, Failure> {
    let (name, value) = text.split_once('=').ok_or("--set takes name=value")?;
    let mut json = serde_json::to_value(options)?;
    let at = format!("/{}", name.replace('.', "/"));
    *json.pointer_mut(&at).ok_or(format!("no setting {name}"))? = serde_json::from_str(value)?;
    Ok(serde_json::from_value(json)?)
}

/// One row per joint, to look into what makes errors.
fn rows(outcomes: &[Outcome]) -> String {
    let mut text = String::from(
        "seed,mcp,tilt,roll,flexion,dspace,dspace_true,space_se,misfit,rotation,scale,ratio,asymmetry,flag,area,area_true,shadow,darea,darea_true,darea_se,continuity,continuity_true,filling0,filling1\n",
    );
    for o in outcomes {
        let v = &o.spec.visits[1];
        let flags = o
            .result
            .visits
            .get(1)
            .and_then(|v| v.flags)
            .unwrap_or_default();
        let space = o.result.narrowing.first().and_then(|j| j.change.clone());
        let e = lesion(o);
        let at = |k: usize, q| {
            e.and_then(|e| e.visits[k].measurements.get(&q))
                .map_or(f64::NAN, |m| m.value)
        };
        let change = e.and_then(|e| e.changes.first()?.change.clone());
        let (a, b) = (area_truth(&o.truth[0]), area_truth(&o.truth[1]));
        let numbers = [
            o.spec.seed as f64,
            f64::from(u8::from(o.spec.proximal == Segment::Metacarpal)),
            v.tilt_deg,
            v.roll_deg,
            v.flexion_deg,
            space.as_ref().map_or(f64::NAN, |c| c.value),
            o.truth[0].joint_space_mm - o.truth[1].joint_space_mm,
            space.as_ref().map_or(f64::NAN, |c| c.se),
            flags.misfit,
            flags.relative_rotation_deg,
            flags.relative_scale,
            flags.width_to_length,
            flags.condyle_asymmetry,
            flags.tilt_deg,
            at(0, FilmQuantity::Area),
            a,
            o.truth[0].lesions[0].shadow_mm2,
            change.as_ref().map_or(f64::NAN, |c| c.value),
            b - a,
            change.as_ref().map_or(f64::NAN, |c| c.se),
            at(0, FilmQuantity::CorticalContinuity),
            1.0 - o.truth[0].lesions[0].open_share,
            at(0, FilmQuantity::Filling),
            at(1, FilmQuantity::Filling),
        ];
        text += &numbers.map(|n| format!("{n:.5}")).join(",");
        text.push('\n');
    }
    text
}

/// Both films side by side, three times enlarged, with outlines and the erosion's.
fn look(path: &str, outcome: Outcome) -> Result<(), Failure> {
    const ZOOM: usize = 3;
    let joint = JointFilm::new(&outcome.spec)?;
    let mut pictures = Vec::new();
    for v in 0..2 {
        let film = film(&joint, v, &outcome.truth[v])?;
        let (w, h) = (film.width(), film.height());
        let mut picture = vec![0u8; w * h * ZOOM * ZOOM];
        for y in 0..h * ZOOM {
            for x in 0..w * ZOOM {
                picture[x + w * ZOOM * y] = (film.at(x / ZOOM, y / ZOOM) / 17.0) as u8;
            }
        }
        let mut lines: Vec<([f64; 2], u8)> = Vec::new();
        for outline in &outcome.result.visits[v].outlines {
            lines.extend(outline.iter().map(|p| (*p, 255)));
        }
        for e in &outcome.result.erosions {
            lines.extend(e.visits[v].outline.iter().map(|p| (*p, 0)));
        }
        for (p, value) in lines {
            let [x, y] = p.map(|c| ((c + 0.5) * ZOOM as f64) as usize);
            if x < w * ZOOM && y < h * ZOOM {
                picture[x + w * ZOOM * y] = value;
            }
        }
        pictures.push((w * ZOOM, h * ZOOM, picture));
    }
    let (w, h, _) = pictures[0];
    let mut bytes = format!("P5\n{} {h}\n255\n", 2 * w).into_bytes();
    for y in 0..h {
        for (_, _, p) in &pictures {
            bytes.extend_from_slice(&p[y * w..(y + 1) * w]);
        }
    }
    println!("{:?}", outcome.truth[0].lesions);
    println!("{:?}", outcome.result.narrowing);
    for e in &outcome.result.erosions {
        println!(
            "{:?} {:?}\n{:?}",
            e.bone,
            e.source,
            e.visits.iter().map(|v| &v.measurements).collect::<Vec<_>>()
        );
    }
    Ok(std::fs::write(path, bytes)?)
}
