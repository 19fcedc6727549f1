use super::turned;
use crate::input::{GivenLesions, JointInput, Unobserved, VisitScan};
use crate::scene::{Ball, options, stated, with_mask};
use crate::{Error, measure_joint};
use howship_change::{Quantity, Visit};
use howship_image::{DensityUnit, Geometry, PointMm, Scan, Volume};
use rand::{RngExt, SeedableRng};
use std::f64::consts::TAU;

const BONE_MM: f64 = 5.0;
const CORTEX_MM: f64 = 0.4;
const SUNK_MM: f64 = 0.3;
const SOFT: f64 = 350.0;
const MARROW: f64 = 900.0;
const CORTEX: f64 = 20.0;

/// A ball of marrow in a dark cortex with a ball of soft tissue, of this radius, taken out of it at +x.
struct Head {
    hole_mm: f64,
    /// Factor on all values.
    gain: f64,
    /// Value of what lies from 1.5 mm outside of the bone on.
    far: f64,
    seed: u64,
}

impl Head {
    fn new(hole_mm: f64) -> Self {
        Self {
            hole_mm,
            gain: 1.0,
            far: SOFT,
            seed: 1,
        }
    }

    fn value(&self, at: PointMm) -> f64 {
        let depth = BONE_MM - at.coords.norm();
        let in_hole = (at - PointMm::new(BONE_MM - SUNK_MM, 0.0, 0.0)).norm() < self.hole_mm;
        let waves = at.coords.map(|x| (x * TAU / 1.5).sin());
        match depth {
            d if d < -1.5 => self.far,
            d if d < 0.0 || in_hole => SOFT,
            d if d < CORTEX_MM => CORTEX,
            // Trabeculae, by which its turns can be told.
            _ => MARROW * (1.0 + 0.25 * waves.x * waves.y * waves.z),
        }
    }

    /// Means over 27 points of each voxel of 0.2 mm, noise of 2 % of marrow beside.
    fn render(&self) -> Scan {
        let (voxel, n) = (0.2, 68);
        let origin = -0.5 * (f64::from(n) - 1.0) * voxel;
        let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let grid = Geometry::new([n as usize; 3], [voxel; 3], [origin; 3], identity).unwrap();
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(self.seed);
        let mut noise = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let third = |k: usize| k as f64 / 3.0 - 1.0 / 3.0;
        let volume = Volume::from_fn(grid.clone(), |voxel| {
            let point = |k: usize| {
                let parts = [k % 3, k / 3 % 3, k / 9].map(third);
                std::array::from_fn(|a| voxel[a] as f64 + parts[a])
            };
            let sum: f64 = (0..27).map(|k| self.value(grid.world(point(k)))).sum();
            (self.gain * (sum / 27.0 + 0.02 * MARROW * noise())) as f32
        });
        stated(volume, DensityUnit::Arbitrary)
    }

    /// What the two balls have in common, mm³.
    fn truth(&self) -> f64 {
        let (big, small, apart) = (BONE_MM, self.hole_mm, BONE_MM - SUNK_MM);
        let sum = big + small - apart;
        let rest = apart * apart + 2.0 * apart * (big + small) - 3.0 * (big - small).powi(2);
        std::f64::consts::PI * sum * sum * rest / (12.0 * apart)
    }
}

fn measured(scans: &[Scan]) -> Result<crate::JointResult, Error> {
    let visits = scans.iter().zip(Visit::unnamed(scans.len()));
    let visits = visits.map(|(scan, visit)| VisitScan {
        visit,
        ..with_mask(scan, |at| u32::from(at.coords.norm() < BONE_MM))
    });
    let seeds = GivenLesions::Seeds(vec![[BONE_MM - 1.0, 0.0, 0.0]]);
    let input = JointInput {
        visits: visits.collect(),
        lesions: Some(&seeds),
    };
    measure_joint(&input, &options(), &Unobserved)
}

/// Before, nothing was measured in this contrast: cavities are brighter than the cortex around them.
#[test]
fn soft_tissue_in_bright_marrow_is_measured_to_a_tenth() {
    for hole_mm in [1.3, 1.7, 2.1, 2.5] {
        let head = Head::new(hole_mm);
        let result = measured(&[head.render()]).unwrap();
        assert!(
            result
                .warnings
                .iter()
                .any(|w| w.contains("as in T1-weighted MRI")),
            "{:?}",
            result.warnings
        );
        let volume = &result.lesions[0].visits[0].measurements[&Quantity::Volume];
        let error = volume.value - head.truth();
        assert!(
            error.abs() < 0.1 * head.truth() && error.abs() < 1.96 * volume.se,
            "{hole_mm}: {} ± {} for {}",
            volume.value,
            volume.se,
            head.truth()
        );
        // Pictures are in the image's own contrast: the cortex is darker than what lies around the bone.
        let picture = &result.patches[0].images[0];
        let darkest = picture.data().iter().copied().fold(f32::INFINITY, f32::min);
        assert!(f64::from(darkest) < 0.5 * SOFT, "{darkest}");
        assert!(result.joint_spaces.is_empty());
        // No number that would be taken for mineral's.
        let mineral = Quantity::MarginDensity;
        assert!(
            !result.lesions[0].visits[0]
                .measurements
                .contains_key(&mineral)
        );
        assert!(result.lesions[0].erosion_probability.is_none());
    }
}

/// The receiver's gain differs from one visit to the next, as does fat around the joint.
#[test]
fn a_change_is_told_whatever_the_gain() {
    let first = Head::new(1.8);
    let same = Head {
        gain: 0.0017,
        seed: 2,
        ..Head::new(1.8)
    };
    let grown = Head {
        gain: 60.0,
        far: 0.95 * MARROW,
        seed: 3,
        ..Head::new(2.1)
    };
    let scans = [first.render(), same.render(), grown.render()];
    let result = measured(&scans).unwrap();
    let lesion = &result.lesions[0];
    let volumes: Vec<f64> = (0..3)
        .map(|v| lesion.visits[v].measurements[&Quantity::Volume].value)
        .collect();
    let truth = grown.truth() - first.truth();
    assert!(
        (volumes[1] - volumes[0]).abs() < 0.05 * first.truth(),
        "{volumes:?}"
    );
    assert!(
        (volumes[2] - volumes[0] - truth).abs() < 0.15 * truth,
        "{volumes:?} {truth}"
    );
    let change = &lesion.change[&Quantity::Volume];
    assert!(
        change.interval[0] < truth && truth < change.interval[1],
        "{change:?} {truth}"
    );
}

#[test]
fn bright_bone_is_left_as_it_is_and_two_contrasts_are_refused() {
    let mineral = stated(Ball::textured().render(), DensityUnit::Arbitrary);
    let marrow = Head::new(1.8).render();
    let ball = || with_mask(&mineral, |at| u32::from(at.coords.norm() < 3.5));
    let head = || with_mask(&marrow, |at| u32::from(at.coords.norm() < BONE_MM));
    let seeds = GivenLesions::Seeds(vec![[BONE_MM - 1.0, 0.0, 0.0]]);
    let told = |visits, lesions| {
        let input = JointInput { visits, lesions };
        turned(&input, &options()).map(|t| t.is_some())
    };
    let asked = |visits| told(visits, Some(&seeds));
    assert_eq!(asked(vec![ball(), ball()]), Ok(false));
    assert_eq!(asked(vec![head(), head()]), Ok(true));
    for visits in [vec![head(), ball()], vec![ball(), head()]] {
        assert!(matches!(asked(visits), Err(Error::Implausible { .. })));
    }
    // Nobody pointed at erosions, which are found in bright bone alone.
    let unfound = told(vec![head()], None).unwrap_err();
    assert!(unfound.hint().unwrap().contains("--lesions"), "{unfound}");
    assert_eq!(told(vec![ball()], None), Ok(false));
    // A mask drawn half a millimetre wide of bright bone is no marrow's contrast.
    let wide = with_mask(&mineral, |at| u32::from(at.coords.norm() < 4.0));
    assert_eq!(asked(vec![wide]), Ok(false));
}
