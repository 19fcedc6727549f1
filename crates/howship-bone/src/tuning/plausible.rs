//! Where tissues lie in their units, and how far the visits of one joint may differ.

use super::stage;

stage! {
    /// Between reading and measuring: what speaks against the unit that values claim.
    PlausibleTuning {
        least_values: usize = 5, "values", "an image with fewer different ones is a mask", "choice";
        soft_mgha_low: f64 = -300.0, "mgHA/cm³", "soft tissue lies above this: fat is about -100", "Laib 1998, Burghardt 2010 (from memory), widened by noise and partial volume";
        soft_mgha_high: f64 = 350.0, "mgHA/cm³", "and below this: muscle is about 50; native counts of it are thousands", "as above";
        soft_hu_low: f64 = -400.0, "HU", "soft tissue lies above this: fat is -100", "definition of the unit, widened by noise and partial volume";
        soft_hu_high: f64 = 550.0, "HU", "and below this: muscle is 50", "as above";
        dense_mgha: f64 = 1900.0, "mgHA/cm³", "the densest hundredth inside bones lies below this: compact bone holds at most about 1200", "Burghardt 2010 (from memory), widened by noise";
        dense_hu: f64 = 5500.0, "HU", "and below this: compact bone of fingers is 1200 to 2500 HU between 60 and 120 kVp", "attenuation of hydroxyapatite (NIST XCOM), widened by noise; metal is brighter";
        emptiest_mgha: f64 = -700.0, "mgHA/cm³", "nothing has less, noise included: no attenuation at all is the calibration's intercept, about -390", "calibration of the XtremeCT";
        air_mgha_low: f64 = -480.0, "mgHA/cm³", "air lies above this", "intercept of the XtremeCT's calibration, -391, less noise";
        air_mgha_high: f64 = -300.0, "mgHA/cm³", "and below this", "as above";
        share: f64 = 0.02, "of the field", "such values are evidence from this share on", "choice";
        hounsfield_air: f64 = 0.001, "of the field", "an image in HU whose air is seen has more voxels than this below the emptiest density", "choice";
        filled: f64 = 0.95, "of the field", "that bones fill at most: more is said, and refused where erosions are looked for", "choice";
        volume_spread: f64 = 0.25, "", "relative difference of a bone's outlined volume between visits that is said, over what all show", "no bone changes by as much";
        volume_errors: f64 = 4.0, "standard errors", "that the two must be apart beside", "as `size`";
        volume_times: f64 = 2.0, "", "from which on a given mask of the one or the other is of another bone, or a part", "choice: a mask's cut through a shaft moves by less";
        level_spread: f64 = 0.2, "", "relative difference of the mean of bone between visits that is said", "an XtremeCT drifts by less than 0.03 a year (from memory)";
    }
}

stage! {
    /// Whether a given mask lies on the bone of its image, and ends where it ends.
    MaskTuning {
        points: usize = 1500, "points", "of each bone's outline that are looked at", "choice";
        first_points: usize = 600, "points", "of all outlines that the first, wide look compares", "choice: the mean of so many steps errs by a few percent of the contrast";
        enough: usize = 100, "points", "fewer do not tell", "choice";
        normal_mm: f64 = 0.3, "mm", "length over which the outline's direction is taken", "choice";
        aside_mm: f64 = 0.3, "mm", "how far inside and outside of the outline values are compared: about the thickness of thin cortex", "choice";
        reach_mm: f64 = 3.0, "mm", "largest shift along an axis that is tried", "choice";
        first_mm: f64 = 0.5, "mm", "grid of shifts to begin with, halved about the best", "choice";
        last_mm: f64 = 0.1, "mm", "finest grid", "choice";
        least_mm: f64 = 0.3, "mm", "smaller shifts lose no erosion: two or three voxels of HR-pQCT in working size", "choice";
        edge: f64 = 0.4, "of contrast", "the step of an outline that lies on bone, at least; a mask drawn wide has none", "choice";
        around: f64 = 0.6, "of outline", "has half of that edge where a mask fits: less is a part of dark cortex (MRI)", "choice";
        kept: f64 = 0.7, "", "share of the best step from which on a mask stays where it is", "choice";
        close_mm: f64 = 0.5, "mm", "radius of a ball that marrow spaces do not hold", "choice";
        least_filled: f64 = 0.8, "of what it encloses", "is mask: a segmentation of bone tissue leaves out its marrow, a cyst drawn out of a bone is less", "geometry";
        under_mm: f64 = 0.1, "mm", "bone is looked for from so far under the outline: what blurs over from a neighbour is out of reach", "choice";
        step_mm: f64 = 0.05, "mm", "steps inwards", "choice";
        wide_mm: f64 = 0.2, "mm", "from outline to bone at most: a ball of `pass_mm` that passes everywhere finds no break", "howship demo --small: masks 0.1 mm wide find both erosions, 0.2 mm none; Scanco's own contour lies 0.0 mm wide";
        cut_from_mm: f64 = 0.35, "mm", "outside of a mask bone is looked for from here on: what blurs over from the bone inside is out of reach", "choice";
        cut_to_mm: f64 = 0.75, "mm", "as far: less than a joint space", "choice";
        cut_share: f64 = 0.04, "of outline", "with bone outside of it is said", "a plane through half a ball of trabeculae: 0.1";
    }
}

stage! {
    /// Whether bones are as large at every visit.
    SizeTuning {
        smooth_mm: f64 = 0.15, "mm", "SD of the Gaussian under which a stretch of 5 % over half a bone is still seen as one", "choice";
        around_mm: f64 = 0.3, "mm", "soft tissue around the bone that takes part: its edge", "choice";
        most: usize = 60_000, "points", "of a bone; more are thinned", "choice";
        enough: usize = 2000, "points", "fewer do not tell", "choice";
        rounds: usize = 5, "", "of Gauss-Newton", "choice";
        correlated: f64 = 30.0, "× variance", "neighbouring values err alike, and so does bone that changed", "choice";
        said: f64 = 0.02, "", "stretch that is said: 6 % of a volume", "choice";
        refused: f64 = 0.03, "", "stretch from which on nothing is compared: 9 % of a volume, as much as the smallest relevant change", "choice";
        errors: f64 = 4.0, "standard errors", "that a stretch must be away from none", "choice";
    }
}

stage! {
    /// Whether an image has all its slices.
    SlicesTuning {
        slab_mm: f64 = 0.5, "mm", "thickness of a slab: a displaced part of a bone's end can be as thin", "choice";
        reach_mm: f64 = 1.0, "mm", "largest shift that is tried; a larger one of half a bone does not pass the gate", "choice";
        enough: usize = 150, "points", "of a slab; fewer do not tell", "choice";
        seen: f64 = 0.9, "of a slab", "must lie in the image at a shift", "choice";
        fits: f64 = 0.6, "correlation", "from which on a slab is found again", "choice";
        clear: f64 = 0.15, "correlation", "by which each slab must fit better at its own shift than at the other's", "choice";
        voxels: f64 = 1.5, "voxels", "between shifts that differ: more than the error of a whole voxel", "choice";
        least_mm: f64 = 0.15, "mm", "between shifts that differ, at smaller voxels", "choice";
        torn: f64 = 1.3, "× the largest step near it", "step from one slice to the next that tears the image", "phantom joint: at most 1.06 in whole images, 1.57 to 2.2 where 2 or 4 slices are missing";
        copied: f64 = 0.02, "× the largest step near it", "between a slice and its copy: noise alone is more", "choice";
        apart_mm: f64 = 2.5, "mm", "between slabs that are compared: a stretch of 3 %, refused as such, is half of `least_mm` there", "choice";
    }
}

stage! {
    /// Whether the values of a visit are shifted against the baseline's.
    OffsetTuning {
        hounsfield: f64 = 2.59, "HU", "in one mgHA/cm³ of the XtremeCT's calibration", "0.2409 /cm × 1603.5 / 1000";
        near_mm: f64 = 0.6, "mm", "from bone on, soft tissue is out of the reach of its blur", "as `alike`";
        far_mm: f64 = 3.0, "mm", "as far", "as `levels`";
        air: f64 = 0.5, "of contrast", "below soft tissue by more is air", "as `alike`";
        bright: f64 = 0.3, "of contrast", "what is darker inside a bone is marrow or a lesion", "choice";
        block_mm: f64 = 1.25, "mm", "edge of the blocks over which a shift is averaged", "as `alike`";
        full_share: f64 = 0.1, "of a block", "must be of that tissue", "choice";
        enough_blocks: usize = 20, "blocks", "fewer tell nothing", "as `alike`";
        phase: f64 = 0.2113, "voxels", "from voxels' middles the first image is looked at: linear interpolation blurs there as it does on average between voxels", "f (1 - f) = 1/6";
        bone_share: f64 = 0.5, "of soft tissue's shift", "that bone shifts by at least where it is an offset: swelling moves no bone", "choice";
        least_mgha: f64 = 15.0, "mgHA/cm³", "a smaller shift of soft tissue is none: fat and muscle lie 60 apart", "attenuation of fat and muscle (-100 and 50 HU)";
        refused_mgha: f64 = 50.0, "mgHA/cm³", "from this on nothing is compared: bones are found at 300 mgHA/cm³, and a sixth more is another outline", "howship demo --small with offsets of 20 to 150";
        unlike_mgha: f64 = 100.0, "mgHA/cm³", "difference of soft tissue's medians that is refused before bones are aligned: more than all fat instead of all muscle", "as `least_mgha`";
    }
}

stage! {
    /// Whether two visits are one scan.
    ScanTuning {
        near_mm: f64 = 0.6, "mm", "soft tissue is looked at from here on: nearer, the bone's blur reaches in", "as `alike`";
        far_mm: f64 = 2.5, "mm", "as far: farther away lie skin and air", "choice";
        lag: f64 = 2.0, "voxels", "of the working grid, over which second differences are taken", "choice: noise there has little in common";
        most: usize = 40_000, "points", "more are thinned", "choice";
        enough: usize = 2000, "points", "fewer do not tell: their correlation errs by 0.02", "choice";
        least_noise: f64 = 0.01, "of contrast", "with less an image has no noise to compare", "choice";
        most_spreads: f64 = 3.0, "SD", "larger differences are edges of tissues", "choice";
        alike: f64 = 0.4, "correlation", "of noise from which on two scans are one: of scans that were taken twice it is 0 to 0.15", "phantom and real joint: rescans and copies";
    }
}
