//! How probable it is that a cavity is an erosion, and what it is taken for.

use crate::cavity::VisitCavity;
use crate::lesion::MeasuredLesion;
use crate::quantities::Values;
use crate::tuning::KindTuning;
use howship_change::{ErosionProbability, Evidence, Judged, LesionKind, Quantity, Verdict};
use nalgebra::Matrix3;

/// What one visit shows of a cavity that tells erosions from the bone's own shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Looks {
    /// Brightness of the cortex around the mouth, of thick bone's. The break of an erosion lies in cortex; where a
    /// tendon, a ligament or a vessel enters, and along the lip of the joint's face, cortex is thin and full of holes.
    pub(crate) cortex: f64,
    /// Standard error of the intact surface across the mouth, mm: small where the bone around is smooth, large in
    /// grooves, over edges and beside lips, which no surface through what is around follows.
    pub(crate) surface_mm: f64,
    /// Longest over shortest semi-axis of the cavity (of its second moments).
    pub(crate) elongation: f64,
    /// Diameter of the circle of the mouth's area, what blur takes from it added, mm.
    pub(crate) width_mm: f64,
    /// Depth in 3-D over that width.
    pub(crate) depth_to_width: f64,
    /// Share of the wall behind which bone is as bright as the cortex around the mouth: a recess is lined by cortex, the
    /// floor of an erosion is cut trabeculae with marrow between them.
    pub(crate) lined: f64,
    /// Slope of the cortex's brightness across the mouth's rim, of its own brightness per mm: a break ends it sharply,
    /// into a recess it turns.
    pub(crate) rim_per_mm: f64,
}

impl Looks {
    /// Looks at a cavity at a visit; `None` where there is none.
    pub(crate) fn of(lesion: &MeasuredLesion, visit: usize, values: &Values) -> Option<Self> {
        let cavity = lesion.cavity(visit)?;
        let value = |q: Quantity| values.get(&q).map(|v| v.value);
        let area = value(Quantity::MouthArea)?;
        let width = diameter(area).hypot(2.0 * lesion.surface.mouth_blur_mm());
        let axes = semi_axes(cavity);
        Some(Self {
            lined: lesion.lined_share(visit),
            rim_per_mm: lesion.surface.rim_sharpness(visit),
            cortex: lesion.surface.cortex_around(visit),
            surface_mm: lesion.surface.height_se,
            elongation: axes[0] / axes[2],
            width_mm: width,
            depth_to_width: value(Quantity::Depth3d)? / width.max(1e-6),
        })
    }

    /// The evidence with its weights; `repeats` is the share of looks with fresh noise that find the cavity again,
    /// where that was asked.
    pub(crate) fn evidence(&self, repeats: Option<f64>, model: &KindTuning) -> Vec<Evidence> {
        let term = |name: &str, value: f64, unit: &str, logit: f64| Evidence {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            logit,
        };
        let most = |x: f64, low: f64, high: f64| x.clamp(low, high);
        let surface = (most(self.surface_mm, 0.005, 0.2) / model.usual_surface_mm).ln();
        let elongation = (most(self.elongation, 1.0, 5.0) / model.usual_elongation).ln();
        let width = (most(self.width_mm, 0.4, 4.0) / model.usual_width_mm).ln();
        let cortex = most(self.cortex, 0.3, 1.1) - model.usual_cortex;
        let depth = most(self.depth_to_width, 0.2, 1.2) - model.usual_depth;
        let lined = self.lined - model.usual_lined;
        let rim = most(self.rim_per_mm, 0.5, 2.0) - model.usual_rim;
        let mut all = vec![
            term("cortex_around", self.cortex, "", model.cortex * cortex),
            term(
                "surface_error",
                self.surface_mm,
                "mm",
                model.surface * surface,
            ),
            term(
                "elongation",
                self.elongation,
                "",
                model.elongation * elongation,
            ),
            term("mouth_width", self.width_mm, "mm", model.width * width),
            term(
                "depth_to_width",
                self.depth_to_width,
                "",
                model.depth * depth,
            ),
            term("wall_lined", self.lined, "", model.lined * lined),
            term("rim_sharpness", self.rim_per_mm, "1/mm", model.rim * rim),
        ];
        all.extend(
            repeats.map(|r| term("found_again", r, "", model.again * (r - model.usual_again))),
        );
        all
    }

    /// Narrow and deeper than wide: the way of a vessel.
    fn is_channel(&self, model: &KindTuning) -> bool {
        self.width_mm <= model.channel_width_mm && self.depth_to_width >= model.channel_depth
    }
}

/// P(erosion) of some evidence.
pub(crate) fn probability(evidence: &[Evidence], model: &KindTuning) -> f64 {
    let logit = model.constant + evidence.iter().map(|e| e.logit).sum::<f64>();
    1.0 / (1.0 + (-logit).exp())
}

/// Whether it is worth asking if a cavity is found again: only where that can decide.
pub(crate) fn is_open_question(looks: &Looks, model: &KindTuning) -> bool {
    let p = probability(&looks.evidence(None, model), model);
    (model.ask_from..=model.ask_to).contains(&p)
}

/// What a cavity is taken for, and P(erosion) as it is reported.
pub(crate) fn likelihood(
    looks: &Looks,
    repeats: Option<f64>,
    visit: &str,
    model: &KindTuning,
) -> ErosionProbability {
    let evidence = looks.evidence(repeats, model);
    ErosionProbability {
        probability: probability(&evidence, model),
        visit: visit.to_owned(),
        evidence,
    }
}

/// What a cavity is taken for that nobody pointed at. One that changed is an erosion whatever it looks like: a recess of
/// the bone's own shape does not grow or fill in.
pub(crate) fn kind(
    looks: Option<&Looks>,
    probability: Option<f64>,
    is_round: bool,
    judged: Option<&Judged>,
    model: &KindTuning,
) -> LesionKind {
    let likely = is_round && probability.is_some_and(|p| p >= model.reported);
    if likely || judged.is_some_and(|j| has_changed(j, model)) {
        LesionKind::Erosion
    } else if !is_round || looks.is_some_and(|l| l.is_channel(model)) {
        LesionKind::VascularChannel
    } else {
        LesionKind::NaturalRecess
    }
}

/// A verdict of change, or a change that is more likely than not.
fn has_changed(judged: &Judged, model: &KindTuning) -> bool {
    let likely = |p: f64| p >= model.changed;
    matches!(judged.verdict, Verdict::Healing | Verdict::Progressing)
        || judged
            .probability
            .is_some_and(|p| likely(p.healing) || likely(p.progressing))
}

fn diameter(area: f64) -> f64 {
    (4.0 * area / std::f64::consts::PI).sqrt()
}

/// Semi-axes of the ellipsoid that has the cavity's second moments, up to one factor, longest first, mm.
fn semi_axes(cavity: &VisitCavity) -> [f64; 3] {
    let middle = cavity.centroid() - cavity.centre;
    let (mut moments, mut volume) = (Matrix3::zeros(), 0.0);
    for (direction, r) in cavity.boundary() {
        moments += direction * direction.transpose() * (r.powi(5) / 5.0);
        volume += r.powi(3) / 3.0;
    }
    let moments = moments / volume.max(1e-12) - middle * middle.transpose();
    let root = |x: &f64| x.max(1e-9).sqrt();
    let mut axes: Vec<f64> = moments.symmetric_eigenvalues().iter().map(root).collect();
    axes.sort_by(|a, b| b.total_cmp(a));
    [axes[0], axes[1], axes[2]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, measured, options};
    use howship_change::{Change, Scale, VerdictOptions, decide};
    use howship_image::{PointMm, VectorMm};

    fn looks() -> Looks {
        Looks {
            cortex: 0.9,
            surface_mm: 0.015,
            elongation: 1.3,
            width_mm: 1.6,
            depth_to_width: 0.9,
            lined: 0.1,
            rim_per_mm: 1.4,
        }
    }

    fn p(looks: &Looks, repeats: Option<f64>) -> f64 {
        let model = options().tuning.kind;
        probability(&looks.evidence(repeats, &model), &model)
    }

    #[test]
    fn each_thing_alone_moves_it_the_way_it_should() {
        let usual = p(&looks(), None);
        assert!(usual > 0.9, "{usual}");
        let worse = [
            Looks {
                cortex: 0.5,
                ..looks()
            },
            Looks {
                surface_mm: 0.1,
                ..looks()
            },
            Looks {
                elongation: 2.5,
                ..looks()
            },
            Looks {
                width_mm: 0.6,
                ..looks()
            },
            Looks {
                depth_to_width: 0.4,
                ..looks()
            },
            Looks {
                lined: 0.6,
                ..looks()
            },
            Looks {
                rim_per_mm: 0.9,
                ..looks()
            },
        ];
        for look in worse {
            assert!(p(&look, None) < usual, "{look:?}");
        }
        assert!(p(&looks(), Some(0.2)) < p(&looks(), Some(1.0)));
        // A thin plate, over an edge, long, lined, its rim round: what the bone's own recesses look like.
        let recess = Looks {
            cortex: 0.6,
            surface_mm: 0.06,
            elongation: 2.0,
            lined: 0.5,
            rim_per_mm: 1.0,
            ..looks()
        };
        assert!(p(&recess, None) < 0.2);
    }

    #[test]
    fn the_evidence_adds_up_to_the_probability() {
        let model = options().tuning.kind;
        let told = likelihood(&looks(), Some(0.6), "M0", &model);
        let logit = model.constant + told.evidence.iter().map(|e| e.logit).sum::<f64>();
        assert!((told.probability - 1.0 / (1.0 + (-logit).exp())).abs() < 1e-12);
        assert_eq!(told.evidence.len(), 8);
    }

    fn judged(value: f64, se: f64) -> Judged {
        let scale = Scale::new("mm³", 0.1, 10.0);
        let change = Change::new(value, se, None, &scale, ("M0", "M6")).unwrap();
        decide(change, &scale, None, &VerdictOptions::default()).unwrap()
    }

    #[test]
    fn what_changes_is_never_hidden() {
        let model = options().tuning.kind;
        let of = |p: f64, round: bool, judged: Option<&Judged>| {
            kind(Some(&looks()), Some(p), round, judged, &model)
        };
        assert_eq!(of(0.9, true, None), LesionKind::Erosion);
        assert_eq!(of(0.1, true, None), LesionKind::NaturalRecess);
        assert_eq!(of(0.9, false, None), LesionKind::VascularChannel);
        let stays = judged(0.0, 0.05);
        assert_eq!(of(0.1, true, Some(&stays)), LesionKind::NaturalRecess);
        for grown_or_healed in [1.0, -1.0] {
            let called = judged(grown_or_healed, 0.05);
            assert_eq!(of(0.01, true, Some(&called)), LesionKind::Erosion);
            assert_eq!(of(0.01, false, Some(&called)), LesionKind::Erosion);
        }
        // Uncertain, and more likely larger than not.
        let likely = judged(0.5, 0.4);
        assert_eq!(likely.verdict, Verdict::Uncertain);
        assert_eq!(of(0.1, true, Some(&likely)), LesionKind::Erosion);
        let narrow = Looks {
            width_mm: 0.6,
            depth_to_width: 1.3,
            ..looks()
        };
        let channel = kind(Some(&narrow), Some(0.1), true, Some(&stays), &model);
        assert_eq!(channel, LesionKind::VascularChannel);
    }

    /// Second moments of the lens that two balls share, summed over a fine grid.
    fn true_elongation(scene: &Ball) -> f64 {
        let (centre, r) = scene.holes[0];
        let (mut n, mut sum, mut squares) = (0.0, VectorMm::zeros(), Matrix3::zeros());
        let steps = 60;
        for k in 0..steps * steps * steps {
            let at = |i: i32| r * (2.0 * (f64::from(i % steps) + 0.5) / f64::from(steps) - 1.0);
            let d = VectorMm::new(at(k), at(k / steps), at(k / steps / steps));
            if d.norm() < r && (centre + d).coords.norm() < scene.radius {
                (n, sum, squares) = (n + 1.0, sum + d, squares + d * d.transpose());
            }
        }
        let mean = sum / n;
        let e = (squares / n - mean * mean.transpose()).symmetric_eigenvalues();
        (e.max() / e.min()).sqrt()
    }

    #[test]
    fn elongation_and_depth_are_the_lenss() {
        let options = options();
        for sink in [0.1, 0.5] {
            let scene = Ball::solid().with_cavity(VectorMm::new(0.1, 0.3, 1.0), sink, 0.9);
            let lesion = measured(&[&scene], &options);
            let values = crate::quantities::quantities(&lesion, 0);
            let looks = Looks::of(&lesion, 0, &values).unwrap();
            let truth = true_elongation(&scene);
            // The wall is a few hundredths of a millimetre off: 5 % of the short axis.
            assert!(
                (looks.elongation / truth - 1.0).abs() < 0.07,
                "{} of {truth}",
                looks.elongation
            );
            let depth = scene.radius - ((scene.holes[0].0 - PointMm::origin()).norm() - 0.9);
            let width = 2.0 * scene.mouth_mm();
            assert!(
                (looks.depth_to_width / (depth / width) - 1.0).abs() < 0.15,
                "{looks:?}"
            );
            assert!(
                (looks.width_mm / width - 1.0).abs() < 0.12,
                "{} of {width}",
                looks.width_mm
            );
        }
    }
}
