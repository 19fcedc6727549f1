use super::stage;

stage! {
    /// Cavities that open through the cortex.
    DetectTuning {
        pass_mm: f64 = 0.18, "mm", "a ball of this radius must pass a mouth: narrower breaks are vascular channels or noise", "choice; Peters 2019 follows breaks from 0.41 mm";
        core_mm: f64 = 0.28, "mm", "a ball of this radius must fit into the cavity: marrow spaces are smaller", "choice";
        cyst_mm: f64 = 0.55, "mm", "a cavity without mouth must hold a ball of this radius to be called a cyst", "choice";
        cyst_core: f64 = 0.6, "of cyst radius", "the core whose roundness is asked", "choice";
        cyst_depth_mm: f64 = 0.2, "mm", "a cyst lies at least this deep", "choice";
        cyst_round: f64 = 6.0, "× ball", "a core much larger than its ball is a canal", "choice";
        cyst_least_mm3: f64 = 0.05, "mm³", "smallest ball with which a core is compared", "choice";
        margin_mm: f64 = 1.6, "mm", "looked at around a bone", "choice";
        room_reach_mm: f64 = 2.5, "mm", "largest room that is told apart", "choice";
        outside_from_mm: f64 = 0.25, "mm", "the layer outside the envelope from which balls start", "choice";
        outside_to_mm: f64 = 0.6, "mm", "its outer end: further away lies a neighbour", "choice";
        inside_mm: f64 = 0.05, "mm", "a cavity begins this far under the envelope", "choice";
        opening_voxels: f64 = 1.5, "voxels", "thickness of the layer in which an opening shows", "choice";
        deepest_mm: f64 = 0.25, "mm", "shallower cavities are roughness of the surface", "choice";
        opening_mm3: f64 = 0.02, "mm³", "smaller openings are noise", "choice";
        beyond_mm: f64 = 0.3, "mm", "a ball may reach out of the mouth this far", "choice";
        climb_step_mm: f64 = 0.4, "mm", "step from the mouth to ever roomier places", "choice";
        climb_steps: usize = 20, "", "most such steps", "choice";
        climb_reach_mm: f64 = 2.5, "mm", "a place further from the mouth belongs to another", "choice";
        roomiest_mm: f64 = 2.0, "mm", "half edge of the cube in which the roomiest point is looked for", "choice";
        apart_mm: f64 = 0.3, "mm", "two starts nearer to each other are one", "choice";
    }
}

stage! {
    /// Places where bone came or went between two visits.
    ChangedTuning {
        change: f64 = 0.35, "of contrast", "change that counts: walls that shift by a fraction of a voxel, and trabeculae that interpolation blurs, change less", "choice";
        smallest_mm3: f64 = 0.1, "mm³", "the smallest lesion that is reported", "published sizes start at 0.08 (Chiba, EULAR 2017)";
        room_mm: f64 = 0.15, "mm", "a ball of this radius must fit there", "choice";
        room_reach_mm: f64 = 1.5, "mm", "largest room that is told apart", "choice";
        around_mm: f64 = 0.5, "mm", "where a wall moved a little, what changed is a thin shell: the roomiest void within this distance is the place", "choice";
        deepest_mm: f64 = 2.5, "mm", "deeper places have no mouth", "choice";
        inside_mm: f64 = 0.05, "mm", "a place begins this far under the envelope", "choice";
        beyond_mm: f64 = 0.3, "mm", "a ball may reach out of the mouth this far", "choice";
    }
}

stage! {
    /// Candidates of all visits in one frame.
    PlacesTuning {
        known_mm: f64 = 0.3, "mm", "centres nearer to each other are one candidate", "choice";
        cysts_apart_mm: f64 = 0.8, "mm", "centres of cysts nearer to each other are one cyst", "choice";
        normal_mm: f64 = 0.4, "mm", "length over which the envelope's normal is taken", "choice";
        seed_outside_mm: f64 = 1.5, "mm", "a seed further outside every bone is refused", "choice";
        seed_under_mm: f64 = 0.3, "mm", "a seed on or outside the surface is moved this far under it", "choice";
        seed_depth_mm: f64 = 0.1, "mm", "a seed at least this deep is left where it is", "choice";
    }
}

stage! {
    /// Width and depth in slices.
    SpectraTuning {
        along_axis: f64 = 0.7, "cosine", "a mouth that faces along the axis more than this is cut open all round by axial slices", "geometry (45°)";
        across: f64 = 0.2, "sine", "a normal nearer to the axis gives no plane across it", "geometry";
        half_pixels: f64 = 0.75, "pixels", "half the thickness of a slice of the mouth", "geometry";
        widest: f64 = 0.95, "of the widest", "slices as wide as this tell the depth together: which of them is the widest depends on noise", "choice";
        near_mm: f64 = 0.12, "mm", "wall within this distance of a slice belongs to it", "choice";
    }
}

stage! {
    /// Which cavities are erosions.
    SelectTuning {
        depth3d_mm: f64 = 0.3, "mm", "shallower is roughness of the surface", "choice";
        depth_mm: f64 = 0.2, "mm", "the same in slices", "choice";
        deep_for_mouth: f64 = 3.0, "× mouth", "much deeper than the mouth is wide, unless wide inside: a vessel's channel, or marrow that opens at a stack's cut end", "choice";
        wide_inside: f64 = 0.35, "of the ball of its length", "deeper than that and yet no channel: wide under a narrow mouth", "choice: a channel of three widths is 0.11, a half-ellipsoid of one 0.5";
        roundness: f64 = 0.06, "of the ball of its length", "long and thin: a channel", "choice";
        whole: f64 = 0.4, "of the largest", "a measurement of less is of a part of the lesion", "choice";
        shared: f64 = 0.3, "of a cavity", "share inside another from which on both are one", "choice";
        sizeable_mm3: f64 = 0.05, "mm³", "smaller cavities do not say which lesion is which", "choice";
    }
}

stage! {
    /// What tells an erosion from the bone's own shape: a logistic model, and what follows from it.
    KindTuning {
        constant: f64 = 0.66, "logit", "of a cavity that is usual in everything", "erosion_probability";
        cortex: f64 = 3.8, "logit per unit", "of the cortex's brightness around the mouth", "erosion_probability";
        usual_cortex: f64 = 0.8, "", "brightness that speaks neither way", "choice";
        surface: f64 = -1.6, "logit per e-fold", "of the intact surface's standard error", "erosion_probability";
        usual_surface_mm: f64 = 0.03, "mm", "error that speaks neither way", "choice";
        elongation: f64 = -0.44, "logit per e-fold", "of longest over shortest axis", "erosion_probability";
        usual_elongation: f64 = 1.6, "", "elongation that speaks neither way", "choice";
        width: f64 = 1.4, "logit per e-fold", "of the mouth's width", "erosion_probability";
        usual_width_mm: f64 = 1.3, "mm", "width that speaks neither way", "choice";
        depth: f64 = 1.1, "logit per unit", "of depth over width", "erosion_probability";
        usual_depth: f64 = 0.8, "", "depth over width that speaks neither way", "choice";
        lined: f64 = -4.3, "logit per unit", "of the share of wall that is as bright as a lining", "erosion_probability";
        usual_lined: f64 = 0.25, "", "share that speaks neither way", "choice";
        rim: f64 = 6.4, "logit per 1/mm", "of how sharply the cortex ends at the mouth", "erosion_probability";
        usual_rim: f64 = 1.2, "1/mm", "sharpness that speaks neither way", "choice";
        again: f64 = 2.0, "logit per unit", "of the share of looks that find it again", "erosion_probability";
        usual_again: f64 = 0.8, "", "share that speaks neither way", "choice";
        ask_from: f64 = 0.1, "", "P from which it is asked whether the cavity is found again: only there can it decide", "choice";
        ask_to: f64 = 0.9, "", "and up to which", "choice";
        reported: f64 = 0.5, "", "P from which a cavity is reported as an erosion", "erosion_probability; docs/accuracy.md";
        changed: f64 = 0.5, "", "P(healing) or P(progressing) from which a cavity is reported whatever it looks like", "choice: more likely than not";
        channel_width_mm: f64 = 0.75, "mm", "widest mouth of a vessel", "choice";
        channel_depth: f64 = 1.0, "× width", "a channel is at least as deep as wide", "choice";
    }
}

stage! {
    /// Looking again for a cavity in the same image with fresh noise added.
    RepeatTuning {
        replicates: usize = 5, "", "looks with fresh noise: a share in fifths", "choice";
        half_mm: f64 = 2.6, "mm", "half edge of the cube about the cavity that is looked at, at least", "choice";
        around_mm: f64 = 0.8, "mm", "and so far beyond the cavity's furthest point: the layer outside the bone from which it is entered", "geometry";
    }
}
