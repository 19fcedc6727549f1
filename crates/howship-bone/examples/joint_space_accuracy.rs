//! Accuracy of the joint space in three dimensions: its width at one visit, its repeatability, and its change.
//!
//! `cargo run -p howship-bone --example joint_space_accuracy -- SEED SEEDS [ROWS]`
//!
//! Phantom joints without lesions, drawn by the seed: texture, space of 0.7 to 2.2 mm. Each is seen at five visits: the
//! first; two rescans (fresh noise, the whole hand moved by up to 5° and 1 mm); one at which the phalanx has come 0.05 mm
//! nearer to the head; one at which it has moved by up to 0.3 mm along the finger and turned by up to 2°. Truth comes
//! from the bones' formulas: from points all over the head along its normal to the base, where the two face each other.
//! Printed: bias, spread and worst error of mean and minimum and how often their intervals hold; their SD over first
//! visit and rescans (RMS); error of the change, its intervals, how often no change and 0.05 mm are told from 0.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod experiment;

use experiment::{TEXTURES, at, options, set_texture, sorted, voxel_mm};
use howship_bone::{
    Estimate, GivenLesions, JointInput, JointSpaces, Unobserved, VisitScan, measure_joint,
};
use howship_change::Visit;
use howship_image::{PointMm, RigidTransform, VectorMm};
use howship_phantom::{BoneName, JointSpec, PoseSpec, Probe, VisitSpec, render_visit, truth};
use rand::{RngExt, SeedableRng};

const VISITS: usize = 5;
/// Of two bones that face each other within 45°.
const FACING: f64 = -0.7;
/// Further apart they are no joint, mm.
const MOST_MM: f64 = 4.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, count, rows @ ..] = &arguments[..] else {
        panic!("SEED SEEDS [ROWS]");
    };
    let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
    let mut found = Found::default();
    for seed in first..first + count {
        let (spec, texture) = joint(seed);
        let truth = Truth::of(&spec);
        let Some(measured) = measured(&spec) else {
            println!("seed {seed}, {texture}: not measured");
            found.missed += 1;
            continue;
        };
        if !rows.is_empty() {
            println!("seed {seed}, {texture}: {}", row(&measured, &truth));
        }
        found.add(&measured, &truth);
    }
    found.tell();
}

fn joint(seed: u64) -> (JointSpec, &'static str) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut within = |most: f64| most * (2.0 * rng.random::<f64>() - 1.0);
    let mut spec = JointSpec {
        seed,
        ..JointSpec::small(voxel_mm())
    };
    let texture = TEXTURES[(seed % TEXTURES.len() as u64) as usize].0;
    set_texture(&mut spec, texture);
    spec.erosions.clear();
    spec.anatomy.joint_space_mm = 1.45 + within(0.75);
    let hand = |within: &mut dyn FnMut(f64) -> f64| PoseSpec {
        rotation_deg: [within(5.0), within(5.0), within(5.0)],
        translation_mm: [within(1.0), within(1.0), within(0.4)],
    };
    let mut visits: Vec<VisitSpec> = (0..VISITS)
        .map(|v| VisitSpec {
            name: format!("M{v}"),
            hand: if v == 0 {
                PoseSpec::default()
            } else {
                hand(&mut within)
            },
            metacarpal: PoseSpec::default(),
            phalanx: PoseSpec::default(),
            scanner: None,
        })
        .collect();
    visits[3].phalanx.translation_mm = [0.0, 0.0, 0.05];
    visits[4].phalanx = PoseSpec {
        rotation_deg: [within(2.0), within(2.0), 0.0],
        translation_mm: [0.0, 0.0, within(0.3)],
    };
    spec.visits = visits;
    (spec, texture)
}

fn measured(spec: &JointSpec) -> Option<JointSpaces> {
    let scans: Vec<_> = (0..VISITS)
        .map(|v| render_visit(spec, v).expect("rendered").scan)
        .collect();
    // No lesions are looked for.
    let none = GivenLesions::Seeds(Vec::new());
    let input = JointInput {
        visits: VisitScan::pairs(Visit::unnamed(VISITS), &scans),
        lesions: Some(&none),
    };
    let result = measure_joint(&input, &options(), &Unobserved).ok()?;
    result.joint_spaces.into_iter().next()
}

/// What the formulas say.
struct Truth {
    mean: f64,
    minimum: f64,
    /// Change of the mean by the bones' motion, per visit.
    changes: [f64; VISITS],
}

/// One line from the head to the base: its ends and the area it stands for.
struct Line {
    from: PointMm,
    to: PointMm,
    area: f64,
}

impl Truth {
    fn of(spec: &JointSpec) -> Self {
        let poses = truth(spec).expect("a truth");
        let lines = lines(&Bones {
            probe: Probe::new(spec, 0).expect("a probe"),
            centres: [0, 1].map(|b| PointMm::from(poses.bones[b].centre_mm)),
        });
        let total: f64 = lines.iter().map(|l| l.area).sum();
        let width = |l: &Line| (l.to - l.from).norm();
        let mut widths: Vec<(f64, f64)> = lines.iter().map(|l| (width(l), l.area)).collect();
        widths.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut below = 0.0;
        let minimum = widths.iter().find(|(_, area)| {
            below += area;
            below >= 0.01 * total
        });
        let change = |visit: usize| {
            let motion = |bone: BoneName| poses.motion(bone.label(), visit).unwrap();
            let back = motion(BoneName::Metacarpal).inverse();
            let moved: RigidTransform = back.after(&motion(BoneName::Phalanx));
            let along = |l: &Line| (moved.apply(l.to) - l.to).dot(&(l.to - l.from).normalize());
            lines.iter().map(|l| l.area * along(l)).sum::<f64>() / total
        };
        Self {
            mean: lines.iter().map(|l| width(l) * l.area).sum::<f64>() / total,
            minimum: minimum.map_or(f64::NAN, |w| w.0),
            changes: std::array::from_fn(change),
        }
    }
}

/// The bones' formulas at the first visit.
struct Bones {
    probe: Probe,
    /// A point inside each bone.
    centres: [PointMm; 2],
}

/// Directions spread evenly about a point: each stands for the same solid angle.
const DIRECTIONS: usize = 30_000;

impl Bones {
    fn depth(&self, bone: BoneName, at: PointMm) -> f64 {
        self.probe.bone(bone, at)
    }

    fn normal(&self, bone: BoneName, at: PointMm) -> VectorMm {
        let axes = [VectorMm::x(), VectorMm::y(), VectorMm::z()];
        let f = |a: VectorMm| self.depth(bone, at + a) - self.depth(bone, at - a);
        VectorMm::from(axes.map(|a| f(a * 1e-3))).normalize()
    }

    /// Points of a bone's surface seen from its centre, each with its direction, that lie near the other bone.
    fn surface(&self, bone: BoneName, other: BoneName) -> Vec<(PointMm, VectorMm)> {
        let centre = self.centres[bone.label() as usize - 1];
        let golden = std::f64::consts::PI * (3.0 - 5f64.sqrt());
        let point = |k: usize| {
            let z = 1.0 - (2.0 * k as f64 + 1.0) / DIRECTIONS as f64;
            let (sin, cos) = (golden * k as f64).sin_cos();
            let ring = (1.0 - z * z).sqrt();
            let direction = VectorMm::new(ring * cos, ring * sin, z);
            let depth = |t: f64| -self.depth(bone, centre + direction * t);
            let at = centre + direction * first_root(&depth, 8.0)?;
            (self.depth(other, at) < MOST_MM).then_some((at, direction))
        };
        (0..DIRECTIONS).filter_map(point).collect()
    }
}

/// Lines between the bones over the surface half-way between them, where they face each other.
fn lines(bones: &Bones) -> Vec<Line> {
    let [head, base] = [BoneName::Metacarpal, BoneName::Phalanx];
    let across: Vec<PointMm> = bones.surface(base, head).iter().map(|p| p.0).collect();
    let nearest = |x: PointMm| {
        let away = |q: &&PointMm| (**q - x).norm_squared();
        across.iter().min_by(|a, b| away(a).total_cmp(&away(b)))
    };
    let line = |(from, direction): (PointMm, VectorMm)| {
        let out = bones.normal(head, from);
        // As far from the head as from the base.
        let (mut low, mut high) = (0.0, 0.5 * MOST_MM);
        for _ in 0..12 {
            let middle = 0.5 * (low + high);
            let x = from + out * middle;
            if (nearest(x)? - x).norm() > middle {
                low = middle;
            } else {
                high = middle;
            }
        }
        let x = from + out * high;
        let to = *nearest(x)?;
        let from_base = (x - to).normalize();
        if high >= 0.49 * MOST_MM || from_base.dot(&out) > FACING {
            return None;
        }
        // The head's surface at this direction, grown to half-way, seen along the line.
        let radius = (from - bones.centres[0]).norm();
        let surface = radius * radius / direction.dot(&out).max(0.2);
        let grown = (1.0 + high / radius).powi(2);
        let slant = (out - from_base).normalize().dot(&out);
        let area = surface * grown / slant;
        Some(Line { from, to, area })
    };
    let surface = bones.surface(head, base);
    surface.into_iter().filter_map(line).collect()
}

/// Where a function of length falls from above 0 to below it for the first time.
fn first_root(f: &dyn Fn(f64) -> f64, most: f64) -> Option<f64> {
    const STEP: f64 = 0.05;
    let steps = (most / STEP) as usize;
    let after = (1..=steps)
        .map(|k| STEP * k as f64)
        .find(|&t| f(t) <= 0.0)?;
    let (mut low, mut high) = (after - STEP, after);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if f(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

fn row(measured: &JointSpaces, truth: &Truth) -> String {
    let mut text = format!("mean {:.3}, minimum {:.3};", truth.mean, truth.minimum);
    for visit in measured.visits.iter().flatten() {
        text += &format!(" {:.3} {:.3},", visit.mean.value, visit.minimum.value);
    }
    for (change, truth) in measured.changes.iter().zip(truth.changes) {
        if let Some(c) = change {
            text += &format!(" {:+.4} ± {:.4} for {truth:+.4},", c.mean.value, c.mean.se);
        }
    }
    text
}

/// Errors of one quantity and how often its interval held.
#[derive(Default)]
struct Errors {
    errors: Vec<f64>,
    held: usize,
}

impl Errors {
    fn add(&mut self, estimate: Estimate, truth: f64) {
        let error = estimate.value - truth;
        self.errors.push(error);
        self.held += usize::from(error.abs() <= 1.96 * estimate.se);
    }

    fn tell(&self, what: &str) {
        let n = self.errors.len();
        let mean = self.errors.iter().sum::<f64>() / n as f64;
        let sizes = sorted(self.errors.iter().map(|e| e.abs()).collect());
        println!(
            "{what}: bias {mean:+.4}, median |error| {:.4}, 95th percentile {:.4}, worst {:.4} mm; intervals hold {} of {n}",
            at(&sizes, 0.5),
            at(&sizes, 0.95),
            at(&sizes, 1.0),
            self.held
        );
    }
}

#[derive(Default)]
struct Found {
    mean: Errors,
    minimum: Errors,
    /// Squared SD of mean and minimum over the rescans of each joint.
    spread: [Vec<f64>; 2],
    change: Errors,
    /// Of unchanged visits and of those 0.05 mm nearer: told from 0, of all.
    told: [[usize; 2]; 2],
    missed: usize,
}

impl Found {
    fn add(&mut self, measured: &JointSpaces, truth: &Truth) {
        let unchanged: Vec<_> = measured.visits[..3].iter().flatten().collect();
        if let Some(first) = unchanged.first() {
            self.mean.add(first.mean, truth.mean);
            self.minimum.add(first.minimum, truth.minimum);
        }
        let widths = [
            unchanged.iter().map(|v| v.mean.value).collect::<Vec<_>>(),
            unchanged.iter().map(|v| v.minimum.value).collect(),
        ];
        for (spread, widths) in self.spread.iter_mut().zip(widths) {
            if widths.len() > 1 {
                let mean = widths.iter().sum::<f64>() / widths.len() as f64;
                let squares: f64 = widths.iter().map(|w| (w - mean).powi(2)).sum();
                spread.push(squares / (widths.len() as f64 - 1.0));
            }
        }
        for (visit, (change, &truth)) in measured.changes.iter().zip(&truth.changes).enumerate() {
            let Some(change) = change else { continue };
            self.change.add(change.mean, truth);
            if (1..=3).contains(&visit) {
                let told = &mut self.told[usize::from(visit == 3)];
                told[0] += usize::from(change.mean.value.abs() > 1.96 * change.mean.se);
                told[1] += 1;
            }
        }
    }

    fn tell(&self) {
        self.mean.tell("mean width");
        self.minimum.tell("minimum");
        let rms = |v: &[f64]| (v.iter().sum::<f64>() / v.len() as f64).sqrt();
        let [mean, minimum] = [0, 1].map(|k| rms(&self.spread[k]));
        println!("SD over rescans (RMS): mean {mean:.4}, minimum {minimum:.4} mm");
        self.change.tell("change of the mean");
        let [still, nearer] = self.told;
        println!(
            "told from 0: unchanged {} of {}; 0.05 mm nearer {} of {}; joints not measured {}",
            still[0], still[1], nearer[0], nearer[1], self.missed
        );
    }
}
