use super::stage;

stage! {
    /// Rays from a centre.
    RayTuning {
        reach_mm: f64 = 5.0, "mm", "furthest a ray looks: the largest lesions reported are balls of 2-3 mm radius", "choice";
        bone_level: f64 = 0.37, "of a bright trabecula", "what a ray meets above this is bone; where its edge lies is told by its own brightness", "inserted lesions, seeds 21-32; volume_ladder, seeds 2-3";
        share: f64 = 0.5, "of summit", "half-way, where blur does not move an edge", "geometry";
        least_slant: f64 = 0.2, "cosine", "a ray that leaves more slantingly tells nothing of the mouth's area", "geometry";
        at_envelope_mm: f64 = 0.06, "mm", "a hit this near to the envelope is the rim's blur, not a wall", "choice";
        at_envelope_blurs: f64 = 0.6, "SD of blur", "or this near, where that is more", "as 0.06 mm are of 0.1 mm";
    }
}

stage! {
    /// How stiff the wall is and what is believed of hits before they are seen.
    FitTuning {
        wall_sd_mm: f64 = 0.04, "mm", "spread of hits about the wall at which the fit begins, and at least: blur, noise, sampling", "inserted lesions, seeds 2, 21, 24, 26; volume_accuracy, seed 2; volume_ladder, seeds 2-3";
        most_sd_mm: f64 = 0.08, "mm", "at most: beyond, marrow behind the wall counts as its roughness", "the same";
        wall_share: f64 = 0.5, "", "share of rays that meet bone at the wall; refined by the fit", "choice";
        roughness_mm2: f64 = 25.0, "l(l+1)/mm²", "times the squared radius: the harmonic that is drawn half-way to the ellipsoid's where the wall is seen everywhere, waves of 1.3 mm", "inserted lesions, seeds 2, 21, 24, 26; volume_accuracy, seed 2; volume_ladder, seeds 2-3";
        least_roughness: f64 = 12.0, "l(l+1)", "an ellipsoid's shape is always left", "geometry";
        most_roughness: f64 = 72.0, "l(l+1)", "the highest harmonic there is", "geometry";
        unseen: f64 = 0.01, "", "holds the shape to the ellipsoid where no ray sees a wall", "choice";
        iterations: usize = 60, "", "most steps", "choice";
        factor_steps: usize = 4, "", "steps that share one factor of the information, which is nearly all of a step's work", "choice";
        longest_step_mm: f64 = 0.1, "mm", "of one iteration: the mixture is not convex", "choice";
        least_step_mm: f64 = 0.002, "mm", "where the iteration ends", "choice";
        least_share: f64 = 0.15, "", "of rays that meet the wall", "choice";
        most_share: f64 = 0.97, "", "the same", "choice";
        least_gap_mm: f64 = 0.1, "mm", "mean length of gaps, at least", "choice";
        most_gap_mm: f64 = 0.8, "mm", "at most: the largest marrow spaces", "choice";
        start_quantile: f64 = 0.3, "", "of hits: a start inside the wall, so that the fit grows outwards", "choice";
        start_mm: f64 = 0.3, "mm", "start where nothing was hit", "choice";
    }
}

stage! {
    /// Where the cavity's contents end and marrow begins.
    ContentsTuning {
        clear_blurs: f64 = 1.6, "SD of blur", "nearer to bone its blur outshines what differs", "verdict_calibration, seeds 461-464; inserted lesions, seeds 151-154";
        bone_level: f64 = 0.25, "of a bright trabecula", "brighter is bone, and what is near to it does not count", "choice";
        sample_mm: f64 = 0.06, "mm", "distance between samples along a ray", "a voxel";
        core: f64 = 0.6, "of the wall's distance", "the cavity's contents are looked at so far out", "choice";
        beyond_mm: f64 = 0.4, "mm", "and marrow from so far beyond the wall", "choice";
        depth_mm: f64 = 0.25, "mm", "both at least so deep under the envelope", "blur: three SDs";
        enough_mm3: f64 = 0.02, "mm³", "less of either says nothing", "choice";
        alike_voxels: f64 = 4.0, "voxels", "the noise of so many is alike", "choice";
        least_z: f64 = 4.0, "SE", "what differs by less may be noise", "choice";
        most_sd: f64 = 1.5, "SD", "brighter by so much after smoothing is bone in part", "choice";
        distance_step_mm: f64 = 0.05, "mm", "marrow's value by its distance to bone is had in steps of", "blur";
        within_mm: f64 = 0.4, "mm", "further from what is near to bone nothing more is asked", "choice";
        as_far_mm: f64 = 0.1, "mm", "visits that show the same have bone as far away, within so much", "noise and blur";
        over_mm: f64 = 0.08, "mm", "half the length of a ray that tells where the wall is", "blur";
        weight: f64 = 0.1, "", "of the likelihood of voxels beside that of hits, which are neighbours too", "choice";
        most_pull: f64 = 25.0, "1/mm", "either way, at most as a hit at one SD from the wall pulls: contents may vary, as where fat lies within a lesion", "geometry";
    }
}

stage! {
    /// One lesion at all visits.
    LesionTuning {
        half_mm: f64 = 4.0, "mm", "half the edge of the cube that is looked at", "choice";
        sunk_mm: f64 = 1.5, "mm", "its middle lies so far under the mouth: a deep lesion needs more below than the envelope needs above", "geometry: the envelope is looked for within 1.9 mm";
        rounds: usize = 3, "", "of measuring and moving to a better centre", "choice";
        nothing_mm3: f64 = 0.01, "mm³", "less is no cavity", "choice";
        sizeable_mm3: f64 = 0.05, "mm³", "smaller cavities do not move the centre", "choice";
        shell_from_mm: f64 = 0.3, "mm", "bone around a lesion is looked at from so far behind the wall", "choice";
        shell_step_mm: f64 = 0.15, "mm", "in steps of", "choice";
        shell_steps: usize = 5, "", "so many: to 0.9 mm", "choice";
        shell_depth_mm: f64 = 0.1, "mm", "at least so deep under the envelope", "choice";
        shell_enough: usize = 200, "samples", "fewer say nothing of the bone around", "choice";
        bright_quantile: f64 = 0.9, "", "of that shell: what a whole trabecula looks like here", "choice";
        least_contrast: f64 = 0.5, "of usual", "a neighbourhood without trabeculae must not pull the level into noise", "choice";
        most_contrast: f64 = 1.6, "of usual", "nor cortex lift it", "choice";
        roomy_mm: f64 = 0.12, "mm", "a centre needs void this far around", "choice";
        roomy_depth_mm: f64 = 0.05, "mm", "and lies at least this deep", "choice";
        emptiest_depth_mm: f64 = 0.15, "mm", "the emptiest place lies at least this deep", "choice";
        emptiest_steps: usize = 8, "", "places tried along each ray, a tenth of its length apart", "choice";
        look_around: f64 = 0.2, "of radius", "the other centres' distance: still inside at every visit", "choice";
        look_least_mm: f64 = 0.05, "mm", "at least", "choice";
        look_most_mm: f64 = 0.25, "mm", "at most", "choice";
        level_step: f64 = 0.05, "of contrast", "step of the derivative by the wall level", "choice";
        open_mm2: f64 = 0.1, "mm²", "a smaller break is none: a disc of 0.36 mm", "choice";
        unseen_share: f64 = 0.03, "of volume", "what a cortex that has closed may hide of the lesion behind it", "inserted lesions, seeds 1-3, 21-32, 41-49";
    }
}

stage! {
    /// Where a line passes from soft tissue into bone.
    EdgeTuning {
        summit_mm: f64 = 0.25, "mm", "what a line meets is as bright as its brightest value so far behind the first bone", "blur: three SDs of 0.085 mm";
        summit_blurs: f64 = 2.5, "SD of blur", "or so far, where that is more", "geometry: 0.6 % of the brightness is left";
        past_summit: f64 = 0.7, "of summit", "darker again: the trabecula has ended", "choice";
        before_mm: f64 = 0.2, "mm", "its edge is looked for so far before the first bone", "blur";
        before_blurs: f64 = 2.0, "SD of blur", "or so far, where that is more", "as 0.2 mm are of 0.1 mm";
        steep_quantile: f64 = 0.9, "", "of the slopes of a patch's edges: the flatter ones are met slantingly", "choice";
        most_blur_voxels: f64 = 1.5, "voxels", "SD of a scanner's blur, at most", "XtremeCT II: 0.98-1.06 (6,341 outer cortical edges)";
        full_quantile: f64 = 0.95, "", "of what is brighter than half of usual bone: thick cortex", "choice";
    }
}
