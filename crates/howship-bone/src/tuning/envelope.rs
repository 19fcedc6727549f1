use super::stage;

stage! {
    /// Images around a lesion.
    LocalTuning {
        fine_voxels: f64 = 0.4, "voxels", "SD of the finer Gaussian where voxels are coarse", "choice";
        fine_mm: f64 = 0.06, "mm", "SD of the finer Gaussian, at least: one voxel of XtremeCT II tames noise and keeps trabeculae", "choice";
        coarse: f64 = 2.0, "× fine", "SD of the coarser Gaussian: tells cortex from its absence", "choice";
        coarse_voxels: f64 = 0.6, "voxels", "at least", "choice";
        step_voxels: f64 = 0.25, "voxels", "distance between samples along a ray", "geometry";
    }
}

stage! {
    /// The envelope across a lesion's mouth.
    SurfaceTuning {
        pixel_voxels: f64 = 1.5, "voxels", "distance between height samples", "choice";
        pixel_mm: f64 = 0.1, "mm", "at least", "choice";
        most_pixel_mm: f64 = 0.25, "mm", "at most: coarser pixels lose small mouths", "choice";
        radius_mm: f64 = 3.0, "mm", "radius of the patch: beyond, a finger bone turns away", "anatomy";
        most_radius_mm: f64 = 4.2, "mm", "the same about a wide mouth", "closed form: mouths of 5.5 mm";
        wide_rounds: usize = 2, "", "of fitting a wider patch about a wide mouth", "choice: what it shows of the mouth may be wider still";
        wide_from_mm: f64 = 1.5, "mm", "of mouths whose half width is more the surroundings tell the middle less well", "half of the patch's usual radius";
        wide_sd: f64 = 0.1, "mm/mm", "the surface there errs by this much more for each mm beyond", "phantom, dishes, seeds 8820-8824";
        edge_level: f64 = 0.5, "of contrast", "half-way, where blur does not move an edge", "geometry";
        guess_mm: f64 = 1.5, "mm", "the coarse envelope is followed so far above and below the plane", "choice";
        guess_step_mm: f64 = 0.1, "mm", "in steps of", "choice";
        above_mm: f64 = 0.4, "mm", "edges are looked for from this far above the coarse envelope", "choice";
        below_mm: f64 = 0.3, "mm", "to this far below", "choice";
        enough_edges: usize = 60, "", "fewer edges do not say where the surface was", "choice";
        enough_kept: usize = 40, "", "the same after outliers have gone", "choice";
        reach_mm: f64 = 1.2, "mm", "edges this far beyond the mouth take part", "choice";
        falloff_mm: f64 = 1.0, "mm", "over which edges away from the mouth lose weight", "choice";
        rounds: usize = 8, "", "of reweighting", "choice";
        loose_rounds: usize = 3, "", "first rounds with a wider scale", "choice";
        outlier: f64 = 4.0, "scales", "edges further off have no weight (Tukey)", "Beaton, Tukey, Technometrics 1974";
        below_share: f64 = 0.75, "", "edges below the surface are outliers sooner: breaks lie below", "choice";
        least_scale_mm: f64 = 0.015, "mm", "spread of edges, at least: a quarter voxel", "choice";
        loose_scale_mm: f64 = 0.1, "mm", "at most in the first rounds", "choice";
        most_scale_mm: f64 = 0.06, "mm", "at most in the last rounds", "choice";
        stiff_cubic: f64 = 5.0, "edges", "holds back cubic terms", "choice";
        stiff_square: f64 = 0.1, "edges", "holds back curvature", "choice";
        sheet_rounds: usize = 2, "", "of fitting the thin plate and finding the mouth under it", "choice";
        sheet_step_mm: f64 = 0.25, "mm", "distance between the plate's nodes", "choice";
        sheet_stiffness: f64 = 1.0, "edges", "bending energy of the plate: waves of 1.1 mm are halved", "geometry";
        disagree: f64 = 0.5, "", "share of what plate and cubic surface differ by that counts as error", "choice";
        recentre_mm: f64 = 0.15, "mm", "a mouth whose middle lies further off is looked at again from there", "choice";
        recentre_cosine: f64 = 0.996, "cosine", "the same for its normal: 5°", "choice";
        alike_mm2: f64 = 0.25, "mm²", "heights of one surface are alike over half a millimetre", "choice";
        least_se: f64 = 0.25, "scales", "the height's standard error, at least", "choice";
        cortex_quantile: f64 = 0.7, "", "most of a patch is intact cortex: this quantile of brightness is what cortex looks like here", "choice";
        broken: f64 = 0.35, "of cortex", "darker places are broken: thin porous cortex keeps more", "inserted lesions, seeds 1-3, 21-32";
        coverage_width: f64 = 0.5, "of cortex", "over which cover goes from all to nothing", "choice";
        plate: f64 = 0.4, "of bone", "darker around a mouth: no cortical plate that could be broken", "choice";
        plate_over_mm: f64 = 0.05, "mm", "the plate is looked at from this far over the envelope", "choice";
        plate_samples: usize = 9, "", "in so many steps", "choice";
        plate_step_mm: f64 = 0.05, "mm", "of so much: a mean over 0.4 mm, because thin cortex is porous and pores are no breaks", "choice";
        plate_blur_mm: f64 = 0.15, "mm", "SD of the blur along the surface", "choice";
        blur_reach: f64 = 2.5, "SD", "where that blur is cut off", "geometry";
        seed_mm: f64 = 0.6, "mm", "a mouth further from the middle is another lesion's", "choice";
        rounded_rim_mm: f64 = 0.25, "mm", "blur rounds a mouth's rim off this far: edges there lie below the surface that was", "inserted lesions, seeds 1-3, 21-32";
        rounded_rim_blurs: f64 = 2.5, "SD of blur", "or so far, where that is more", "as 0.25 mm are of 0.1 mm";
        rim_mm: f64 = 0.2, "mm", "the rim between the broken level and half-way, at most", "choice";
    }
}
