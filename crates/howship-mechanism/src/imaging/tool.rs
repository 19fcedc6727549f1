use super::areal_contrast;
use crate::Error;
use crate::bone::{LesionCourse, LesionTraits, MineralLaw, half_ellipsoid};
use howship_change::{Change, Scale, Verdict, VerdictOptions, decide};

/// What a tool measures of a lesion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Depth on HR-pQCT, mm: what is mineralised counts as bone.
    Depth,
    /// Volume on HR-pQCT, mm³.
    Volume,
    /// Rim of a lesion in profile on a film, mm; a wider rim is a negative change, as repair is everywhere.
    Rim,
    /// Contrast of new bone of a lesion en face on a film; more is a negative change.
    EnFace,
    /// Volume on MRI, mm³: new matrix gives no signal of marrow and counts as bone at once.
    MriVolume,
}

impl Quantity {
    /// Unit.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Depth | Self::Rim => "mm",
            Self::Volume | Self::MriVolume => "mm³",
            Self::EnFace => "contrast",
        }
    }
}

/// A way to measure lesions, with its precision and the scale on which changes are judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Name in tables.
    pub name: String,
    /// What it measures.
    pub quantity: Quantity,
    /// SD of one measurement repeated in vivo, in the quantity's unit.
    pub precision: f64,
    /// Where the precision is from.
    pub source: String,
    /// Smallest relevant change and prior.
    pub scale: Scale,
    /// Mineral law that says what is seen.
    pub law: MineralLaw,
}

/// Observed changes at which the verdict turns.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Critical {
    /// `healing` at or below it.
    pub healing: f64,
    /// `progressing` at or above it.
    pub progressing: f64,
}

impl Tool {
    /// Depth by hand on HR-pQCT: RMS-SD 0.32 mm (29 patients, 406 erosions scanned and read twice).
    #[must_use]
    pub fn depth(law: MineralLaw) -> Self {
        Self {
            name: "HR-pQCT depth".into(),
            quantity: Quantity::Depth,
            precision: 0.32,
            source: "scan-rescan in vivo, by hand, XCT I: 29 patients, 406 erosions".into(),
            scale: Scale::new("mm", 0.2, 5.0),
            law,
        }
    }

    /// Volume by hand on HR-pQCT: RMS-SD 0.93 mm³ (same study).
    #[must_use]
    pub fn volume(law: MineralLaw) -> Self {
        Self {
            name: "HR-pQCT volume".into(),
            quantity: Quantity::Volume,
            precision: 0.93,
            source: "scan-rescan in vivo, by hand, XCT I: 29 patients, 406 erosions".into(),
            scale: Scale::new("mm³", 0.25, 10.0),
            law,
        }
    }

    /// Rim on a film: 0.06 mm (0.6 of a 0.1 mm pixel; assumption: no repeatability of rims is published).
    #[must_use]
    pub fn rim(law: MineralLaw) -> Self {
        Self {
            name: "film, rim in profile".into(),
            quantity: Quantity::Rim,
            precision: 0.06,
            source: "assumption: 0.6 pixel".into(),
            scale: Scale::new("mm", 0.05, 5.0),
            law,
        }
    }

    /// Contrast en face on a film: 0.01 (assumption).
    #[must_use]
    pub fn en_face(law: MineralLaw) -> Self {
        Self {
            name: "film, en face".into(),
            quantity: Quantity::EnFace,
            precision: 0.01,
            source: "assumption".into(),
            scale: Scale::new("contrast", 0.01, 1.0),
            law,
        }
    }

    /// Volume on MRI: 2 mm³ (assumption: agreement with CT is loose, r 0.64-0.89, Døhn 2007).
    #[must_use]
    pub fn mri(law: MineralLaw) -> Self {
        Self {
            name: "MRI volume".into(),
            quantity: Quantity::MriVolume,
            precision: 2.0,
            source: "assumption; agreement with CT 0.64-0.89 (Ann Rheum Dis 2007;66:1388)".into(),
            scale: Scale::new("mm³", 0.25, 10.0),
            law,
        }
    }

    /// Every tool at its default.
    #[must_use]
    pub fn all(law: MineralLaw) -> Vec<Self> {
        vec![
            Self::rim(law),
            Self::en_face(law),
            Self::depth(law),
            Self::volume(law),
            Self::mri(law),
        ]
    }

    /// True change of what the tool measures, baseline to the course's value `at`; negative is repair.
    ///
    /// A lesion that is not in profile shows no rim: whoever draws lesions says which are.
    #[must_use]
    pub fn true_change(
        &self,
        traits: &LesionTraits,
        course: &LesionCourse,
        lateral: f64,
        at: usize,
    ) -> f64 {
        let mineral = match self.law {
            MineralLaw::A => course.mineral_a[at],
            MineralLaw::B => course.mineral_b[at],
        };
        let depth = course.depth_change[at];
        // Matrix that is not mineralised yet is not there for X-rays.
        let seen = depth + (course.matrix[at] - mineral) / 1e3;
        let volume = |d: f64| {
            half_ellipsoid(traits.size, d, lateral) - half_ellipsoid(traits.size, 0.0, lateral)
        };
        match self.quantity {
            Quantity::Depth => seen,
            Quantity::Volume => volume(seen),
            Quantity::Rim => -mineral / 1e3,
            Quantity::EnFace => -areal_contrast(mineral),
            Quantity::MriVolume => volume(depth),
        }
    }

    /// Standard error of a change between two visits.
    #[must_use]
    pub fn change_error(&self) -> f64 {
        self.precision * std::f64::consts::SQRT_2
    }

    /// The verdict on an observed change: the one of every other measurement ([`howship_change::decide`]).
    ///
    /// # Errors
    /// A precision that is not positive.
    pub fn verdict(&self, observed: f64) -> Result<Verdict, Error> {
        let change = Change::new(
            observed,
            self.change_error(),
            None,
            &self.scale,
            ("M0", "later"),
        )?;
        Ok(decide(change, &self.scale, None, &VerdictOptions::default())?.verdict)
    }

    /// Where the verdict turns, found by bisection on [`Self::verdict`] to 1e-9 of the change's error.
    ///
    /// # Errors
    /// A precision that is not positive.
    pub fn critical(&self) -> Result<Critical, Error> {
        let reach = self.scale.delta + 12.0 * self.change_error();
        let edge = |sign: f64, wanted: Verdict| -> Result<f64, Error> {
            let (mut no, mut yes) = (0.0, reach);
            if self.verdict(sign * yes)? != wanted {
                return Ok(f64::INFINITY);
            }
            while yes - no > 1e-9 * self.change_error() {
                let middle = 0.5 * (no + yes);
                if self.verdict(sign * middle)? == wanted {
                    yes = middle;
                } else {
                    no = middle;
                }
            }
            Ok(yes)
        };
        Ok(Critical {
            healing: -edge(-1.0, Verdict::Healing)?,
            progressing: edge(1.0, Verdict::Progressing)?,
        })
    }
}
