use super::stage;

stage! {
    /// Errors of a volume and of its change.
    ErrorTuning {
        level_sd: f64 = 0.03, "of contrast", "where between soft tissue and bone a wall lies is a convention", "274 volumes, accuracy.md, the model errors of a volume";
        drift_sd: f64 = 0.01, "of contrast", "drift of the density scale between visits", "Burghardt, J Bone Miner Res 2013: long-term 0.7-2 %";
        wall_sd_mm: f64 = 0.015, "mm", "systematic error of a wall's position, common to all of it and to all visits: blur of cut trabeculae, stiffness of the model", "274 volumes, accuracy.md, the model errors of a volume";
        wall_sd_blurs: f64 = 0.7, "SD of blur", "and so much of what a blur is more than `usual_blur_mm`: half the brightness of a dense margin as thin as the blur lies up to 0.7 SDs before its face", "geometry";
        patch_sd_mm: f64 = 0.05, "mm", "error of a wall's position that differs from one stretch of it to the next: marrow spaces that open into the cavity, trabeculae that stand in it", "274 volumes, accuracy.md, the model errors of a volume";
        patch_mm2: f64 = 1.0, "mm²", "surface over which that error is alike: a marrow space's", "choice: only its product with the square of `patch_sd_mm` counts";
        forget_mm: f64 = 0.33, "mm", "a wall that has moved so far meets other marrow spaces, and errs anew", "84 changes, accuracy.md, the model errors of a change";
        change_sd: f64 = 0.05, "of change", "the model follows what is gained or lost only so closely", "84 changes, accuracy.md, the model errors of a change";
        views_part: f64 = 1.0, "", "of the spread over the centres that a cavity is seen from: they see one wall", "choice";
        floor_mm3: f64 = 0.01, "mm³", "discretisation of rays and patches: what is left where nothing else errs", "choice";
        floor_blurs: f64 = 16.8, "cubed SD of blur", "and so much of what a blur is more than `usual_blur_mm`: half of a ball of two SDs' radius, which blur hides", "geometry; looked at on volume_accuracy, 0.25 mm voxels, usual, seeds 12-14";
        usual_blur_mm: f64 = 0.1, "mm", "SD of the blur of the images on which the errors were set", "phantom and real scan, 60.7 and 82 µm";
        marrow_mm3: f64 = 0.45, "mm³", "a ball of 0.95 mm: the largest marrow space between trabeculae", "choice";
        rim_part: f64 = 3.0, "", "a ray at the rim errs by what its other reading would change, over this", "choice";
        least_freedom: f64 = 4.0, "", "degrees of freedom of a wall, at least", "choice";
        usual_freedom: f64 = 30.0, "", "where no patch errs", "choice";
        least_change_freedom: f64 = 3.0, "", "of a change, at least", "choice";
        least_bone: f64 = 0.15, "of contrast", "density of bone that comes or goes, at least", "choice";
        doubt_share: f64 = 0.15, "of volume", "views that spread more leave the wall undetermined", "choice";
        doubt_mm3: f64 = 0.15, "mm³", "if they spread by more than this", "choice";
        doubt_change: f64 = 0.1, "of change", "and by more than this share of the change", "choice";
    }
}

impl ErrorTuning {
    /// Systematic error of a wall's position in an image with this SD of blur, mm.
    pub(crate) fn wall_sd(&self, blur_mm: f64) -> f64 {
        self.wall_sd_mm + self.wall_sd_blurs * (blur_mm - self.usual_blur_mm).max(0.0)
    }

    /// Variance of a volume by what differs along its wall of so many mm², mm⁶: errors of patches add in squares.
    pub(crate) fn patchy(&self, wall_mm2: f64) -> f64 {
        self.patch_sd_mm.powi(2) * self.patch_mm2 * wall_mm2
    }

    /// The same of a change, mm⁶, between walls of so many mm² with so many mm³ between them.
    ///
    /// Where a wall has moved by d, its errors before and after differ by a variance of `2 s² (1 − exp(−d/l))`, at most
    /// `2 s² d/l`; summed over patches that is what lies between the walls times `2 s² a/l`, and never more than what
    /// both walls err by.
    pub(crate) fn patchy_change(&self, moved_mm3: f64, walls_mm2: f64) -> f64 {
        self.patchy(2.0 * moved_mm3 / self.forget_mm)
            .min(self.patchy(walls_mm2))
    }

    /// What is left of a volume's error where nothing else errs, in an image with this SD of blur (mm), mm³.
    pub(crate) fn floor(&self, blur_mm: f64) -> f64 {
        let more = blur_mm.powi(3) - self.usual_blur_mm.powi(3);
        self.floor_mm3 + self.floor_blurs * more.max(0.0)
    }
}

stage! {
    /// The change seen in densities.
    DensityTuning {
        step_mm: f64 = 0.1, "mm", "distance between sampling points", "choice";
        bone_sd: f64 = 0.16, "", "relative uncertainty of the density of bone that comes or goes, weighed beside the lesion: trabeculae are not evenly spread", "verdict_calibration, seeds 460-466 and 480-486: interval score";
        outside_mm: f64 = 0.15, "mm", "the band reaches so far outside both walls", "choice";
        inside_mm: f64 = 0.25, "mm", "and so far inside them", "choice";
        own_sd: f64 = 0.3, "", "the same of new bone that was weighed in its own place: a shell of a voxel or two shows what it holds, not how dense it is", "verdict_calibration, SIZE=full seed 633, small 643-656, real 261-268: interval score";
        by_walls: f64 = 0.6, "of the walls' error", "is an error of the densities too, that weigh bone over the place that the walls give them; where bone came or went", "verdict_calibration, seeds 460-466, five textures: errors of both correlate at 0.9 there, at 0.1 where nothing changed";
        behind_mm: f64 = 0.2, "mm", "what bone behind the walls has become by itself is seen over this length beyond the band", "half of a sclerotic margin";
        behind_sd: f64 = 0.5, "", "relative error of what is taken from the band for it: it is seen beyond, not in the band", "choice";
        changed_far_mm: f64 = 1.0, "mm", "bone that came or went is followed so far beyond both walls", "choice";
        changed_blur_mm: f64 = 0.12, "mm", "SD of the Gaussian before a difference is looked at", "choice: two voxels";
        changed_quiet_mm: f64 = 0.5, "mm", "its noise is told so far beyond both walls", "choice";
        noise_block: usize = 4, "points", "edge of the blocks over which noise of the difference is told: the band's thickness", "outside_mm and inside_mm together";
        changed_sds: f64 = 4.0, "SD", "of noise: a difference above this is a change; a point in 16,000 is by chance", "inserted lesions, seeds 64, 91, 92, 96";
        changed_bone: f64 = 0.25, "of bone", "and above this", "choice";
        changed_dark: f64 = 0.4, "of bone", "where bone came or went the emptier visit is as dark as this", "half-way, less what smoothing mixes in";
        changed_sd: f64 = 0.3, "", "relative error of what is so found", "choice: as of bone weighed beside the lesion";
        clear_mm: f64 = 0.2, "mm", "bone and filling are weighed so far from a wall: its blur ends there", "blur: two and a half SDs of 0.085 mm";
        own_clear_mm: f64 = 0.1, "mm", "bone that came or went is weighed so far from its wall: of a thin shell little else is left, and blur is reckoned with", "choice";
        margin_from: f64 = 1.2, "of bone beside", "bone that went was a margin of its own from this on", "choice: shells in trabeculae differ by a fifth";
        margin_full: f64 = 1.4, "of bone beside", "and wholly from this on", "choice: twice as much";
        beside_mm: f64 = 0.6, "mm", "bone beside the lesion is weighed to so far from it", "choice";
        layer_mm: f64 = 0.1, "mm", "thickness of the layers under the envelope in which bone is weighed", "half of a thin cortex";
        layers: usize = 10, "", "so many, the last without an end", "choice";
        enough: f64 = 20.0, "points", "fewer say nothing", "choice";
        floor_mm6: f64 = 4e-4, "mm⁶", "variance that is left where nothing else errs: 0.02 mm³", "verdict_calibration, seeds 460-466: unchanged lesions, 0.03 mm³ with noise";
        empty_mm3: f64 = 1e-3, "mm³", "a smaller cavity has no wall to be near to", "choice";
        disagree: f64 = 9.0, "squared SE", "beyond three standard errors the two estimates contradict each other", "convention";
    }
}

stage! {
    /// Part of a cavity that is lined as the bone's outside is.
    LiningTuning {
        lined: f64 = 0.7, "of cortex", "a wall this bright is lined; cut trabeculae are half as bright", "choice";
        depth_mm: f64 = 0.35, "mm", "wall less deep is the cut edge of the cortex", "thickness of a thin cortex and its blur";
        rounds: usize = 2, "", "of averaging over the neighbouring rays: 19 rays, 0.4 mm² of a ball of 1.3 mm", "choice";
        least_share: f64 = 0.25, "of wall", "less that is lined is chance; weighed by volume", "choice";
        most_share: f64 = 0.85, "of wall", "a cavity lined throughout has no lesion beside the recess", "choice";
        part: f64 = 0.65, "", "of the lined volume is one standard error: the interval then reaches from all of it to none, and as far as the lined part is itself misjudged", "inserted lesions, seed 63";
    }
}

stage! {
    /// Numbers of a lesion and their errors.
    ///
    /// The model errors are what lesions inserted into a real scan show beyond the errors of single visits.
    QuantityTuning {
        apart: f64 = 0.6, "", "share of model errors at two visits that is not common (0: the same, 1: nothing in common)", "inserted lesions, seeds 1-3, 21-32, 41-49";
        rim_model_mm: f64 = 0.1, "mm", "how far a rim lies off where the half-way level puts it, all round", "inserted lesions, seeds 1-3, 21-32, 41-49";
        chord_model: f64 = 0.15, "of length", "what the ends of a chord lie off beside that: large mouths have ragged rims", "inserted lesions, seeds 1-3, 21-32, 41-49";
        wall_model_mm: f64 = 0.25, "mm", "how far a stretch of wall lies off: texture is smoothed over, marrow opens behind it", "inserted lesions, seeds 1-3, 21-32, 41-49";
        surface_model: f64 = 0.06, "of surface", "what texture adds to or takes from a wall's surface", "inserted lesions, seeds 1-3, 21-32, 41-49";
        inside_model: f64 = 0.015, "of contrast", "how far a cavity's mean density lies off: blur of the wall reaches in", "inserted lesions, seeds 1-3, 21-32, 41-49";
        rim_sd_mm: f64 = 0.06, "mm", "position error of one stretch of a rim: cut trabeculae and thin cortex fray it", "choice";
        rim_scale_mm: f64 = 0.4, "mm", "length along a rim over which its error is alike", "choice";
        area_floor_mm2: f64 = 0.01, "mm²", "error of a mouth's area, at least", "choice";
        surface_floor_mm2: f64 = 0.05, "mm²", "error of a wall's surface, at least", "choice";
        known_mm3: f64 = 0.05, "mm³", "below, a surface's relative error is taken as whole", "choice";
        cone: f64 = 0.955, "cosine", "a floor's error is averaged over 0.3 rad", "choice";
        floor_mm: f64 = 0.02, "mm", "error of a depth, at least", "choice";
        diameter_stride: usize = 3, "rays", "every so many take part in the diameter", "choice";
        margin_mm: f64 = 0.25, "mm", "thickness of the margin behind the wall; the rim lies behind it", "Yue 2017 gives rim density; depth by choice";
        rim_mm: f64 = 0.75, "mm", "where the rim ends", "choice";
        shell_steps: usize = 4, "", "samples across margin and rim", "choice";
        shell_depth_mm: f64 = 0.05, "mm", "under the envelope, at least", "choice";
        inside_from_mm: f64 = 0.05, "mm", "filling is looked at from the centre's", "choice";
        inside_step_mm: f64 = 0.1, "mm", "in steps of", "choice";
        inside_margin_mm: f64 = 0.12, "mm", "to so far before the wall: blur reaches in", "choice";
        enough_patches: usize = 5, "", "fewer patches give no mean", "choice";
    }
}

stage! {
    /// The joint space between two bones.
    SpaceTuning {
        most_mm: f64 = 4.0, "mm", "bones further apart are no joint: finger joints have 0.8-2.5 mm", "peer's joints: 0.7-3.2 mm";
        least_mm2: f64 = 6.0, "mm²", "smaller surfaces that face each other are no joint", "choice";
        facing: f64 = -0.7, "cosine", "the bones face each other within 45°: at the rim they turn away", "choice";
        taper: f64 = 0.3, "cosine", "over which a place's weight falls from all to nothing about that: none hangs on one voxel's noise", "choice";
        reach_mm: f64 = 0.15, "mm", "outlines' directions are differences over so far either way: they are made of voxels", "choice";
        average_mm: f64 = 0.5, "mm", "widths are means of those within: of noisy ones the least would be the noise's", "geometry";
        curved_mm: f64 = 1.3, "mm", "and how the gap curves is told from those within, and taken from the mean", "geometry";
        compact_share: f64 = 0.998, "", "of a bone's voxels are less dense than its compact bone", "choice";
        behind_mm: f64 = 0.2, "mm", "a profile is compared with a plate's to so far behind its edge: further in plates differ in thickness", "choice";
        smooth_mm: f64 = 0.06, "mm", "SD of the Gaussian before edges are looked for", "as in the images around a lesion";
        step_mm: f64 = 0.03, "mm", "between samples along a line", "geometry";
        look_mm: f64 = 0.4, "mm", "edges are looked for this far from the outline", "choice";
        plate_mm: f64 = 0.45, "mm", "the subchondral plate's brightness is its peak within this depth", "choice";
        place_share: f64 = 0.01, "of change", "by so much a change errs where other places count", "phantoms, seeds 1, 4, 5";
        place_spread: f64 = 0.1, "of SD", "the same, of how far the motion differs over the places", "phantoms, seeds 1, 4, 5";
        edge_sd_mm: f64 = 0.03, "mm", "error of one stretch of edge", "two blocks with noise (tests)";
        alike_mm2: f64 = 0.25, "mm²", "area over which an edge errs alike", "choice";
        level_sd_mm: f64 = 0.02, "mm", "common to all: a plate a tenth less dense than compact bone has edges 0.01 mm further in", "phantoms, seeds 1 and 4";
    }
}
