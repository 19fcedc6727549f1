use crate::shape::Course;
use crate::{Error, NoiseSpec, PoseSpec, error::Check};
use howship_change::Quantity;
use howship_image::{Labels, Region};
use serde::{Deserialize, Serialize};

/// Lesions, their course and motions to put into a real scan.
///
/// With no lesions and two visits this makes a pair without any change: fresh noise and poses only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InsertSpec {
    /// Seed of everything random.
    pub seed: u64,
    /// The visits in order; the first is baseline and has its own fresh noise and pose too.
    pub visits: Vec<InsertVisit>,
    /// The lesions.
    pub lesions: Vec<InsertedLesion>,
    /// The part of the scan to work on; all of it where absent. What poses would pull in from beyond the scan is cut off.
    pub region: Option<Region>,
    /// Whether the base is denoised. Without it the base's own noise is shared by all visits, which makes a test too easy.
    pub denoise: bool,
    /// Noise added at every visit; the scan's own SD with the default correlation where absent.
    pub noise: Option<NoiseSpec>,
    /// Full width at half maximum of the scanner's blur, mm: softens the new walls.
    pub blur_fwhm_mm: f64,
    /// Density that fills lesions, mgHA/cm³; the scan's own soft tissue where absent.
    pub fill_density: Option<f64>,
    /// Change of volume above which a lesion truly heals or progresses, mm³: the floor of δ.
    pub delta_mm3: f64,
    /// Share of its first volume above which it does, where that is more than the floor; 0 for none.
    pub delta_share: f64,
}

/// One visit of an inserted series.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InsertVisit {
    /// Name: `M0`, `M6` or a date.
    pub name: String,
    /// Motion of the whole hand, about the middle of the part worked on.
    pub hand: PoseSpec,
    /// Further motions of single bones, about their centroids, before the hand's.
    pub bones: Vec<BonePose>,
}

/// Motion of one bone.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BonePose {
    /// Label of the bone.
    pub label: u32,
    /// Its motion.
    pub pose: PoseSpec,
}

/// A lesion to insert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InsertedLesion {
    /// Bone label; 0 for any bone.
    pub bone: u32,
    /// Its mouth is put at the surface point nearest to this one (LPS mm of the scan); a random place where absent.
    pub near_mm: Option<[f64; 3]>,
    /// Width across the scan's z axis, mm.
    pub width_mm: f64,
    /// Width along it, mm.
    pub length_mm: f64,
    /// Depth below the surface, mm.
    pub depth_mm: f64,
    /// How far the widest section lies below the surface, mm.
    pub sink_mm: f64,
    /// Exponent of the superellipsoid: 2 is an ellipsoid.
    pub exponent: f64,
    /// Relative amplitude of the wall's irregularity, 0 to 0.4.
    pub irregularity: f64,
    /// Factor on the depth at each visit; 0: no lesion; all 1 where empty.
    pub depth_course: Vec<f64>,
    /// Factor on both widths at each visit; 0: no lesion; all 1 where empty.
    pub width_course: Vec<f64>,
}

impl Default for InsertSpec {
    /// A pair without lesions and without change.
    fn default() -> Self {
        let visit = |name: &str| InsertVisit {
            name: name.into(),
            ..InsertVisit::default()
        };
        Self {
            seed: 1,
            visits: vec![visit("M0"), visit("M6")],
            lesions: Vec::new(),
            region: None,
            denoise: true,
            noise: None,
            blur_fwhm_mm: 0.14,
            fill_density: None,
            delta_mm3: Quantity::Volume.default_delta(),
            delta_share: Quantity::Volume.default_delta_share(),
        }
    }
}

impl Default for InsertedLesion {
    fn default() -> Self {
        Self {
            bone: 0,
            near_mm: None,
            width_mm: 2.0,
            length_mm: 2.0,
            depth_mm: 2.0,
            sink_mm: 0.0,
            exponent: 2.0,
            irregularity: 0.0,
            depth_course: Vec::new(),
            width_course: Vec::new(),
        }
    }
}

impl InsertSpec {
    /// Without the motions of bones that a scan does not show, so that a series drawn for any scan fits this one.
    pub fn keep_bones_of(&mut self, labels: &Labels) {
        let mut shown = labels.data().to_vec();
        shown.sort_unstable();
        shown.dedup();
        for visit in &mut self.visits {
            let there = |bone: &BonePose| shown.binary_search(&bone.label).is_ok();
            visit.bones.retain(there);
        }
    }

    /// The specification's own numbers, checked.
    ///
    /// # Errors
    /// The first field that is not usable, by name.
    pub fn check(&self) -> Result<(), Error> {
        if self.visits.is_empty() {
            return Err(Error::NoVisits);
        }
        for (i, visit) in self.visits.iter().enumerate() {
            if self.visits[..i].iter().any(|v| v.name == visit.name) {
                return Err(Error::VisitName {
                    visit: i,
                    name: visit.name.clone(),
                });
            }
            visit.hand.check(&format!("visits[{i}].hand"))?;
            for (j, bone) in visit.bones.iter().enumerate() {
                bone.pose.check(&format!("visits[{i}].bones[{j}].pose"))?;
            }
        }
        Check::within(
            "blur_fwhm_mm",
            self.blur_fwhm_mm,
            0.0..=10.0,
            "blur is 0 to 10 mm",
        )?;
        Check::positive("delta_mm3", self.delta_mm3)?;
        Check::within(
            "delta_share",
            self.delta_share,
            0.0..=1.0,
            "it is a share, 0 to 1",
        )?;
        if let Some(density) = self.fill_density {
            Check::finite("fill_density", density)?;
        }
        if let Some(noise) = &self.noise {
            noise.check("noise")?;
        }
        for (i, lesion) in self.lesions.iter().enumerate() {
            lesion.check(&format!("lesions[{i}]"), self.visits.len())?;
        }
        Ok(())
    }
}

impl InsertedLesion {
    pub(crate) fn course(&self) -> Course<'_> {
        Course {
            width_mm: self.width_mm,
            length_mm: self.length_mm,
            depth_mm: self.depth_mm,
            sink_mm: self.sink_mm,
            exponent: self.exponent,
            irregularity: self.irregularity,
            depth_course: &self.depth_course,
            width_course: &self.width_course,
        }
    }

    fn check(&self, field: &str, visits: usize) -> Result<(), Error> {
        for value in self.near_mm.iter().flatten() {
            Check::finite(format!("{field}.near_mm"), *value)?;
        }
        self.course().check(field, visits)
    }
}
