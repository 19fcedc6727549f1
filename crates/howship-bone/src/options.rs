use crate::Error;
use crate::precision::Precision;
use crate::tuning::Tuning;
use howship_change::VerdictOptions;
use howship_image::DensityUnit;

/// How a joint is measured. Lengths in mm, densities in the scan's unit.
#[derive(Debug, Clone, PartialEq)]
pub struct BoneOptions {
    /// Value above which tissue is bone; the unit's default where absent
    /// (300 mgHA/cm³; 350 HU, near 130-250 mgHA/cm³ depending on the energy).
    pub threshold: Option<f64>,
    /// Radius of the ball that closes the periosteal surface over breaks (2 mm: mouths up to 4 mm).
    pub closing_mm: f64,
    /// Smallest bone, mm³ of voxels above the threshold (15).
    pub minimum_bone_mm3: f64,
    /// Smallest lesion reported, mm³ (0.1; the smallest of the published ones is 0.08).
    pub minimum_lesion_mm3: f64,
    /// Smallest diameter of a mouth (0.41: Peters, 2019).
    pub minimum_mouth_mm: f64,
    /// Where between soft tissue (0) and bone (1) a void ends when cavities are looked for (0.37).
    pub wall_level: f64,
    /// Whether cavities that are unlikely to be erosions are reported as lesions too.
    pub all: bool,
    /// Definition of formed and resorbed bone.
    pub remodelling: RemodellingDefinition,
    /// Whether bones are aligned and their remodelling is told, and nothing else: neither erosions nor joint spaces.
    pub only_remodelling: bool,
    /// How verdicts are reached.
    pub verdict: VerdictOptions,
    /// The group's own precision errors, which then stand in place of the built-in errors of changes.
    pub precision: Option<Precision>,
    /// The numbers that tune each stage; changed in experiments only.
    pub tuning: Tuning,
}

impl Default for BoneOptions {
    fn default() -> Self {
        Self {
            threshold: None,
            closing_mm: 2.0,
            minimum_bone_mm3: 15.0,
            minimum_lesion_mm3: 0.1,
            minimum_mouth_mm: 0.41,
            wall_level: 0.37,
            all: false,
            remodelling: RemodellingDefinition::timelapsed(),
            only_remodelling: false,
            verdict: VerdictOptions::default(),
            precision: None,
            tuning: Tuning::default(),
        }
    }
}

impl BoneOptions {
    /// The bone threshold for a unit; `None` where the unit has no default and none was given.
    #[must_use]
    pub fn threshold_for(&self, unit: DensityUnit) -> Option<f64> {
        self.threshold.or(match unit {
            DensityUnit::MgHaPerCm3 => Some(300.0),
            DensityUnit::Hounsfield => Some(350.0),
            DensityUnit::Native | DensityUnit::Arbitrary => None,
        })
    }

    /// Refuses numbers that make no sense.
    ///
    /// # Errors
    /// Names the option.
    pub fn check(&self) -> Result<(), Error> {
        let positive = [
            ("closing_mm", self.closing_mm),
            ("minimum_bone_mm3", self.minimum_bone_mm3),
            ("minimum_lesion_mm3", self.minimum_lesion_mm3),
            ("minimum_mouth_mm", self.minimum_mouth_mm),
        ];
        for (name, value) in positive {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::Option {
                    name,
                    value,
                    allowed: "a positive number",
                });
            }
        }
        if !(0.1..=0.9).contains(&self.wall_level) {
            let (name, value) = ("wall_level", self.wall_level);
            return Err(Error::Option {
                name,
                value,
                allowed: "0.1 to 0.9",
            });
        }
        if let Some(value) = self.threshold.filter(|t| !t.is_finite()) {
            return Err(Error::Option {
                name: "threshold",
                value,
                allowed: "a finite number",
            });
        }
        Ok(())
    }
}

/// When a voxel counts as formed or resorbed.
#[derive(Debug, Clone, PartialEq)]
pub struct RemodellingDefinition {
    /// Name in print.
    pub name: &'static str,
    /// SD of the Gaussian applied to both images, voxels.
    pub sigma_voxels: f64,
    /// Density change that counts, mgHA/cm³.
    pub change: f64,
    /// Density above which a voxel is bone, mgHA/cm³.
    pub bone: f64,
    /// Smallest cluster, voxels (6-connected).
    pub cluster: usize,
}

impl RemodellingDefinition {
    /// |Δ| > 225 mgHA/cm³ where bone appears or vanishes, clusters of at least 12 voxels, after a Gaussian of
    /// 1.2 voxels: the XtremeCT II setting of timelapsed-hrpqct 2.0.
    #[must_use]
    pub fn timelapsed() -> Self {
        Self {
            name: "timelapsed",
            sigma_voxels: 1.2,
            change: 225.0,
            bone: 320.0,
            cluster: 12,
        }
    }

    /// Threshold 475 mgHA/cm³, clusters of 5, no smoothing: the UCSF profile of the same program.
    #[must_use]
    pub fn ucsf() -> Self {
        Self {
            name: "ucsf",
            sigma_voxels: 0.0,
            change: 225.0,
            bone: 475.0,
            cluster: 5,
        }
    }

    /// By its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "timelapsed" => Some(Self::timelapsed()),
            "ucsf" => Some(Self::ucsf()),
            _ => None,
        }
    }
}
