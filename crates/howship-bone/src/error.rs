use howship_image::DensityUnit;

/// What can be wrong with a joint that is to be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing to measure.
    #[error("no visit was given")]
    NoVisits,
    /// Nothing in the field looks like bone.
    #[error(
        "visit `{visit}`: no bone found: no connected region above {threshold} {unit} of at least {minimum_mm3} mm³"
    )]
    NoBone {
        /// Which visit.
        visit: String,
        /// The threshold used.
        threshold: f64,
        /// Its unit.
        unit: DensityUnit,
        /// Smallest bone looked for.
        minimum_mm3: f64,
    },
    /// All voxels are the same.
    #[error("visit `{visit}`: every voxel is {value}: the image is empty")]
    Constant {
        /// Which visit.
        visit: String,
        /// The value.
        value: f32,
    },
    /// Visits in units that cannot be compared.
    #[error(
        "visit `{visit}` is in {found}, the first visit in {expected}: densities in two units cannot be compared"
    )]
    UnitsDiffer {
        /// Which visit.
        visit: String,
        /// Its unit.
        found: DensityUnit,
        /// The first visit's.
        expected: DensityUnit,
    },
    /// A volume without unit needs to be told where the bones are.
    #[error("visit `{visit}` has no density unit, so bone cannot be told by a threshold")]
    UnitUnknown {
        /// Which visit.
        visit: String,
    },
    /// Remodelling was asked for, and no density says what is formed.
    #[error(
        "visit `{visit}` is in {unit}: formed and resorbed bone are defined by densities in mgHA/cm³"
    )]
    NoDensity {
        /// Which visit.
        visit: String,
        /// Its unit.
        unit: DensityUnit,
    },
    /// No bone of the baseline was found again.
    #[error("visit `{visit}` does not show the baseline's joint: {reason}")]
    OtherJoint {
        /// Which visit.
        visit: String,
        /// What was tried, bone by bone.
        reason: String,
    },
    /// The joint fits only if its image is mirrored.
    #[error(
        "visit `{visit}` shows the baseline's joint mirrored: it is the other side, or its axes were flipped in an export"
    )]
    Mirrored {
        /// Which visit.
        visit: String,
    },
    /// Bones are larger or smaller than at baseline.
    #[error(
        "visit `{visit}`: bones are {how} than at `{first}`, and no adult's bone grows or shrinks: the voxel size of one of the files is wrong"
    )]
    SizeDiffers {
        /// Which visit.
        visit: String,
        /// The baseline.
        first: String,
        /// By how much along which axes of the visit's image.
        how: String,
    },
    /// A part of a bone lies displaced along the slices against the part before it.
    #[error(
        "visit `{visit}`: from {at_mm:.1} mm after the first slice on, {bone} lies {:.2} mm {} than the part before: slices are {} there (or the other way round at `{first}`), or the finger moved between two stacks",
        .by_mm.abs(), nearer_or_farther(*.by_mm), missing_or_repeated(*.by_mm)
    )]
    SlicesDiffer {
        /// Which visit.
        visit: String,
        /// The baseline.
        first: String,
        /// The bone's name.
        bone: String,
        /// From where on, along the slices of the visit's image.
        at_mm: f64,
        /// How far what follows lies from its place, away from the first slice.
        by_mm: f64,
    },
    /// A given mask fits the bone only when it is shifted.
    #[error(
        "visit `{visit}`: the mask does not lie on the bone: it fits when shifted by {by_mm:.1?} mm (LPS), where its outline is an edge of {there_percent} % of the bone's contrast, not {here_percent} % as where it lies"
    )]
    MaskShifted {
        /// Which visit.
        visit: String,
        /// The shift that fits, world mm.
        by_mm: [f64; 3],
        /// Mean step across the outline where the mask lies, % of the bone's contrast.
        here_percent: f64,
        /// The same where it fits.
        there_percent: f64,
    },
    /// A given mask is wider than its bone.
    #[error(
        "visit `{visit}`: the mask is wider than its bone: from the outline of bone {bone} inwards {}", to_bone(*.away_mm, *.looked_mm)
    )]
    MaskWide {
        /// Which visit.
        visit: String,
        /// Which bone, from 1 along z.
        bone: u32,
        /// Median over the outline, mm; infinite where most of it has no bone near.
        away_mm: f64,
        /// How far inwards bone was looked for, mm.
        looked_mm: f64,
    },
    /// A mask of bone tissue, or of the cortex, where whole bones are asked for.
    #[error(
        "visit `{visit}`: the mask leaves out {:.0} % of what bone {bone} encloses, as a segmentation of bone tissue does", 100.0 * .hollow
    )]
    MaskPorous {
        /// Which visit.
        visit: String,
        /// Which bone, from 1 along z.
        bone: u32,
        /// Share of the filled bone that is no mask, 0 to 1.
        hollow: f64,
    },
    /// A visit's mask is of another bone, or of a part of the baseline's.
    #[error(
        "visit `{visit}`: its mask holds {:.0} mm³ of {bone} where the outline at `{first}` holds {:.0} mm³ of what both visits show, and the bone itself is the same", .volumes_mm3[1], .volumes_mm3[0]
    )]
    MaskOfOther {
        /// Which visit.
        visit: String,
        /// The baseline.
        first: String,
        /// Which bone.
        bone: String,
        /// Inside the outlines at baseline and at the visit, over what every visit shows.
        volumes_mm3: [f64; 2],
    },
    /// Bones fill the field, so that no surface is seen.
    #[error(
        "visit `{visit}`: {} {filled_percent} % of the field, and of a bone whose surface is not shown no erosion can be found",
        if *.masked { "the mask covers" } else { "what lies above the threshold fills" }
    )]
    NoSurface {
        /// Which visit.
        visit: String,
        /// Share of the field inside bones, %.
        filled_percent: f64,
        /// Whether a mask says where bone is, not a threshold.
        masked: bool,
    },
    /// A mask or lesion image does not fit its scan.
    #[error("the {what} does not lie on the grid of visit `{visit}`: {source}")]
    Grid {
        /// `mask` or `lesion image`.
        what: &'static str,
        /// Which visit.
        visit: String,
        /// How they differ.
        source: howship_image::Error,
    },
    /// The values of a visit are shifted against the baseline's.
    #[error(
        "visit `{visit}` reads otherwise than `{first}` throughout: {how}: an offset of the density scale, which no tissue changes by"
    )]
    OtherOffset {
        /// Which visit.
        visit: String,
        /// The baseline.
        first: String,
        /// The shift of both tissues, in words.
        how: String,
    },
    /// Two visits are one scan.
    #[error(
        "visit `{visit}` has the noise of `{first}` (correlation {correlation:.2}, where two scans have none): it is the same scan, rounded, cropped, scaled, moved or saved anew"
    )]
    SameScan {
        /// Which visit.
        visit: String,
        /// The earlier one.
        first: String,
        /// Of their noise.
        correlation: f64,
    },
    /// A lesion given by the user cannot be measured.
    #[error("lesion seed at {seed:?} mm: {reason}")]
    Seed {
        /// World position, baseline.
        seed: [f64; 3],
        /// Why.
        reason: String,
    },
    /// None of the lesions given by the user is there.
    #[error(
        "no cavity was found at any of the {count} places given as lesions; the first is {first:?} mm"
    )]
    NothingAtSeeds {
        /// World position of the first, baseline.
        first: [f64; 3],
        /// How many were given.
        count: usize,
    },
    /// An option that makes no sense.
    #[error("option {name} = {value}: {allowed}")]
    Option {
        /// Which.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// An image without any value.
    #[error("none of its {count} voxels is a number (all are NaN, infinite or absurd)")]
    NoNumbers {
        /// How many.
        count: usize,
    },
    /// Values that are no numbers where something is measured.
    #[error(
        "{count} voxel(s) are no numbers (NaN, infinite), one at {at_mm:.2?} mm, {distance_mm:.1} mm from bone: nothing can be measured there"
    )]
    NotNumbers {
        /// How many.
        count: usize,
        /// Where the nearest one is, world mm.
        at_mm: [f64; 3],
        /// How far from bone, mm.
        distance_mm: f64,
    },
    /// Tissues do not lie where their unit says that they must.
    #[error("visit `{visit}`: {reason}")]
    Implausible {
        /// Which visit.
        visit: String,
        /// The evidence.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// Repeats of which none repeats anything.
    #[error("no lesion has a number that was measured at least twice")]
    NothingRepeated,
    /// A repeat that is no number.
    #[error("a value of `{thing}` is no number")]
    RepeatNotFinite {
        /// What was repeated.
        thing: String,
    },
    /// The user asked to stop.
    #[error("stopped")]
    Stopped,
    /// A grid or unit went wrong.
    #[error(transparent)]
    Image(#[from] howship_image::Error),
    /// An image operation refused.
    #[error(transparent)]
    Operation(#[from] howship_ops::Error),
    /// Registration refused.
    #[error("bone `{bone}`, visit `{visit}`: {source}")]
    Registration {
        /// Which bone.
        bone: String,
        /// Which visit.
        visit: String,
        /// Why.
        source: howship_register::Error,
    },
    /// A verdict's numbers were refused.
    #[error(transparent)]
    Verdict(#[from] howship_change::Error),
}

/// How far bone lies under a mask's outline, in words.
fn to_bone(away_mm: f64, looked_mm: f64) -> String {
    if away_mm.is_finite() {
        format!("it is {away_mm:.1} mm to bone over half of it")
    } else {
        format!("half of it has no bone within {looked_mm} mm")
    }
}

impl Error {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::NoBone { .. } => Some(
                "is the unit right (`--unit`), is this a bone scan; of smaller bones say `--minimum-bone`; or give a bone mask with `--mask`",
            ),
            Self::Constant { .. } | Self::NoNumbers { .. } => {
                Some("export the image again, or check that it is the right file (`howship info`)")
            }
            Self::UnitsDiffer { .. } => Some("convert one (`howship convert --unit`)"),
            Self::UnitUnknown { .. } => Some(
                "state what the numbers are: `--unit mgHA/cm3` or `--unit HU` for densities, `--calibration` alone \
                 for a scanner's native counts; or give the bones with `--mask`",
            ),
            Self::NoDensity { .. } => Some(
                "state the scanner's calibration (`--calibration`), or the unit where the values are mgHA/cm³ (`--unit`)",
            ),
            Self::OtherJoint { .. } => Some(
                "check that both are the same joint, side and patient, or measure each alone (`howship measure`)",
            ),
            Self::Mirrored { .. } => Some("nothing was compared"),
            Self::SizeDiffers { .. } => Some(
                "compare the two with `howship info`, and write the right voxel size into the wrong file; in a child who grew nothing can be compared rigidly",
            ),
            Self::SlicesDiffer { .. } => Some(
                "read the image anew from the scanner's own files (DICOM with positions), or crop it to one side",
            ),
            Self::OtherOffset { .. } => Some(
                "was one of them exported with another intercept or calibration? Compare them with `howship info`, and export the wrong one again, or write the right intercept into it; each alone can be measured (`howship measure`) where its own density is right",
            ),
            Self::SameScan { .. } => Some(
                "a copy would be called stable: give the scan that was taken at each visit; `howship measure` takes one visit",
            ),
            Self::MaskShifted { .. } => Some(
                "was the mask cropped without its origin, or drawn on another visit? Compare the two with `howship info`; without `--mask` bones are found",
            ),
            Self::MaskWide { .. } => Some(
                "draw it along the bone's outer surface, and give soft tissue and background the value 0; of calibrated images bones are found without `--mask`",
            ),
            Self::MaskPorous { .. } => Some(
                "give whole bones, marrow and lesions with them (Scanco: the contour, not the segmentation); of calibrated images bones are found without `--mask`",
            ),
            Self::MaskOfOther { .. } => Some(
                "give a mask of the same bones at every visit, in the images' order; with a mask of the first visit alone later ones are found in calibrated images",
            ),
            Self::NoSurface { masked: true, .. } => Some(
                "what is no bone must be 0: has the background a label of its own? Of calibrated images bones are found without `--mask`",
            ),
            Self::NoSurface { masked: false, .. } => Some(
                "is the threshold in the unit of the values (`--threshold`, `howship info --voxels`)? Else give a larger field, or the bones with `--mask`",
            ),
            Self::Seed { .. } => {
                Some("seeds are LPS millimetres of the first visit, inside or next to the lesion")
            }
            Self::NothingAtSeeds { .. } => Some(
                "seeds are LPS millimetres of the first visit (of RAS millimetres the signs of x and y turn); without `--lesions` erosions are looked for",
            ),
            Self::Implausible { advice, .. } => Some(advice),
            Self::Registration { .. } => {
                Some("check that both visits show this bone, or give the bones with `--mask`")
            }
            Self::NothingRepeated => {
                Some("a precision error needs rescans that show the same lesions")
            }
            Self::NoVisits
            | Self::RepeatNotFinite { .. }
            | Self::Grid { .. }
            | Self::Option { .. }
            | Self::NotNumbers { .. }
            | Self::Stopped
            | Self::Image(_)
            | Self::Operation(_)
            | Self::Verdict(_) => None,
        }
    }

    /// The visit that it is about, where it is about one.
    #[must_use]
    pub fn visit(&self) -> Option<&str> {
        match self {
            Self::NoBone { visit, .. }
            | Self::Constant { visit, .. }
            | Self::Implausible { visit, .. }
            | Self::OtherJoint { visit, .. }
            | Self::Mirrored { visit }
            | Self::OtherOffset { visit, .. }
            | Self::SameScan { visit, .. }
            | Self::MaskShifted { visit, .. }
            | Self::MaskWide { visit, .. }
            | Self::MaskPorous { visit, .. }
            | Self::MaskOfOther { visit, .. }
            | Self::NoSurface { visit, .. }
            | Self::SizeDiffers { visit, .. }
            | Self::SlicesDiffer { visit, .. }
            | Self::UnitsDiffer { visit, .. }
            | Self::UnitUnknown { visit }
            | Self::NoDensity { visit, .. }
            | Self::Grid { visit, .. }
            | Self::Registration { visit, .. } => Some(visit),
            _ => None,
        }
    }

    /// Whether it is about the lesions that were given.
    #[must_use]
    pub fn about_lesions(&self) -> bool {
        matches!(self, Self::Seed { .. } | Self::NothingAtSeeds { .. })
    }

    /// Whether it is about the mask that was given for its visit, not about the image.
    #[must_use]
    pub fn about_mask(&self) -> bool {
        matches!(
            self,
            Self::MaskShifted { .. }
                | Self::MaskWide { .. }
                | Self::MaskPorous { .. }
                | Self::MaskOfOther { .. }
                | Self::NoSurface { masked: true, .. }
        )
    }
}

fn nearer_or_farther(by_mm: f64) -> &'static str {
    if by_mm < 0.0 {
        "nearer to it"
    } else {
        "farther from it"
    }
}

fn missing_or_repeated(by_mm: f64) -> &'static str {
    if by_mm < 0.0 { "missing" } else { "repeated" }
}
