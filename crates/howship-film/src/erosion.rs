//! Erosions in profile: places where the bone's edge lies inside of the intact outline, followed over visits.

mod detect;
mod follow;
mod healing;
mod surroundings;

pub use detect::GivenErosion;
pub(crate) use detect::sites;
pub(crate) use follow::{Bone, Context, follow, judge};

use crate::exposure::ExposureOptions;
use crate::floor::FloorOptions;
use crate::lost::LostOptions;
use serde::{Deserialize, Serialize};

/// How erosions are found, carried and measured. Pixels of the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErosionOptions {
    /// How floors are found and matched.
    pub floor: FloorOptions,
    /// How lost bone is measured.
    pub lost: LostOptions,
    /// How grey levels of two films are matched.
    pub exposure: ExposureOptions,
    /// Depth from which outline counts as mouth (px).
    pub mouth_px: f64,
    /// Least greatest depth of a lesion found by itself (px).
    pub least_depth_px: f64,
    /// Least area of a lesion found by itself (px²): 0.6 mm² at the usual field.
    pub least_area_px2: f64,
    /// How many times its own standard error a new lesion's area must be.
    pub least_z: f64,
    /// Outline nearer to the other bone than this is joint surface: no erosion is looked for there (px).
    pub clear_px: f64,
    /// Half of the outline searched about a given erosion whose extent is not given (px).
    pub given_half_px: f64,
    /// Error of an area, and of a change of area, that comes from what counts as lost (blur, tone, other forms beside
    /// the mouth), as a share of it: from the phantom, against the area where half of the bone's chord is lost.
    pub form_share: f64,
    /// And a part of it that does not grow with the change (px²): 0.2 mm², the spread of changes in matched pose on
    /// the phantom's fitted seeds.
    pub form_px2: f64,
    /// Standard deviation of the mean shift of a mouth between visits by matching where nothing changed, on serial
    /// films of real joints (px; proximal, distal): the prior of the bone's own figure. Measured on 90 pairs over
    /// mouths of 20 px; true changes included.
    pub shift_sd_px: [f64; 2],
    /// Degrees of freedom that prior is worth.
    pub shift_df: f64,
    /// Length over which shifts are correlated (px).
    pub correlated_px: f64,
    /// Standard error of a floor's mean depth on one film (px).
    pub floor_se_px: f64,
    /// SD of the share of a mouth with a cortical line over 12 px where nothing changed.
    pub continuity_sd: f64,
    /// Brightness of the outline's plate above soft tissue, over that of the intact outline beside the mouth, from
    /// which the cortical line counts as seen.
    pub line_share: f64,
    /// Continuity of the former mouth that `healing` demands.
    pub healed_continuity: f64,
    /// Smallest change of area that would matter (mm²).
    pub delta_mm2: f64,
    /// SD of the weak prior of a true change of area (mm²).
    pub prior_sd_mm2: f64,
}

impl Default for ErosionOptions {
    fn default() -> Self {
        Self {
            floor: FloorOptions::default(),
            lost: LostOptions::default(),
            exposure: ExposureOptions::default(),
            mouth_px: 2.0,
            least_depth_px: 4.5,
            least_area_px2: 80.0,
            least_z: 4.0,
            clear_px: 10.0,
            given_half_px: 34.0,
            form_share: 0.4,
            form_px2: 27.0,
            shift_sd_px: [0.77, 0.48],
            shift_df: 4.0,
            correlated_px: 12.0,
            floor_se_px: 1.0,
            continuity_sd: 0.20,
            line_share: 0.65,
            healed_continuity: 0.75,
            delta_mm2: 0.25,
            prior_sd_mm2: 5.0,
        }
    }
}
