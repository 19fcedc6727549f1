use super::stage;

stage! {
    /// Segmentation of the bones of one visit.
    BonesTuning {
        working_mm: f64 = 0.13, "mm", "voxels are averaged in blocks up to this size: bones and candidates need no finer grid, and 0.13 leaves two voxels of 60.7 µm together", "choice";
        smooth_mm: f64 = 0.06, "mm", "SD of the Gaussian on the working grid: half a voxel, takes noise, keeps thin cortex", "choice";
        most_parts: usize = 12, "", "components looked at: a wrist shows ten bones", "choice";
        most_cores: usize = 4, "", "bones that one component may fall into", "choice";
        split_first: f64 = 1.2, "× threshold", "first higher threshold at which bones that touch may part", "choice";
        split_second: f64 = 1.4, "× threshold", "second", "choice";
        split_third: f64 = 1.7, "× threshold", "third", "choice";
        split_last: f64 = 2.0, "× threshold", "last: above it cortex itself falls apart", "choice";
        split_into: usize = 8, "parts", "a part smaller than the component by this is no bone of its own: spurs and osteophytes are", "choice";
        smallest_part: usize = 30, "× smaller", "than the largest bone: loose bodies and sesamoids", "choice";
        most_labels: usize = 64, "labels", "of a mask, at most: a hand has 27 bones; an image given in its place has thousands of values", "choice";
        slab_slices: usize = 48, "slices", "middle slices in which soft tissue and noise are measured: enough voxels, little time", "choice";
    }
}

stage! {
    /// Erosions in which the ball that closes a bone lies.
    DishTuning {
        ball_mm: f64 = 8.0, "mm", "radius of a ball that spans them: larger than a finger bone's own, grooves and necks then show", "phantoms, seeds 8801-8807, and a real joint";
        working_mm: f64 = 0.25, "mm", "blocks on which it is worked out, up to this size", "choice: a quarter of a dish's depth";
        core_mm: f64 = 0.25, "mm", "spaces are told apart this far under that ball's surface", "choice: a voxel there";
        under_mm: f64 = 1.0, "mm", "as close to what is spanned as this a cavity is looked at under the larger ball: the closing ball leaves a dish's deeper part", "choice: half of the depth of a dish";
        apart_mm: f64 = 2.0, "mm", "two places in dishes are one dish's if they are nearer", "choice: half of what the closing ball needs";
        least_mm3: f64 = 0.5, "mm³", "a dish holds at least so much under it", "choice: a few voxels are chance";
        least_mm: f64 = 0.45, "mm", "and is so deep under it", "phantoms, seeds 8801-8807: 0.49-0.92; their natural forms below 0.4";
        around_mm: f64 = 1.5, "mm", "about such a space the ball's surface is the bone's", "choice: from there to a rim";
        joint_mm: f64 = 2.5, "mm", "a space whose middle lies nearer to another bone is a joint's face", "joint spaces of fingers: 1-2 mm";
    }
}

stage! {
    /// Levels of tissue and noise.
    LevelsTuning {
        near_mm: f64 = 0.5, "mm", "soft tissue is looked at from this distance to bone: nearer, blur reaches in", "choice";
        far_mm: f64 = 3.0, "mm", "to this distance: farther away lie other tissues and air", "choice";
        air: f64 = -0.6, "× bone threshold", "below this lies air: soft tissue is near zero in every calibrated unit", "choice";
        lag: usize = 4, "voxels", "second differences over this distance: slow variation cancels, noise there is independent", "geometry";
        enough_soft: usize = 500, "voxels", "fewer say nothing of soft tissue", "choice";
        enough_differences: usize = 200, "voxels", "fewer say nothing of noise", "choice";
        usual_soft: f64 = 0.15, "× bone threshold", "soft tissue where a crop shows none", "choice";
        usual_noise: f64 = 0.1, "of contrast", "noise where a crop shows no soft tissue", "choice";
        most_correlation: f64 = 0.98, "", "of neighbours' noise: beyond, the scale cannot be told", "choice";
        least_correlation: f64 = 0.02, "", "below, noise is white", "choice";
        white_scale: f64 = 0.3, "voxels", "scale of white noise: a voxel's own width", "geometry";
        most_scale: f64 = 3.0, "voxels", "largest scale of noise believed", "choice";
        most_voxels: usize = 4_000_000, "voxels", "larger slabs are thinned", "choice";
    }
}

stage! {
    /// What an image must show for erosions to be found.
    SuitabilityTuning {
        coarse_mm: f64 = 0.2, "mm", "larger voxels are as large as the breaks of SPECTRA's definition (two slices of 82 µm)", "Barnabe, J Rheumatol 2016";
        cortex_mm: f64 = 0.5, "mm", "the outer layer that is cortex", "choice";
        marrow_mm: f64 = 1.0, "mm", "deeper than this lies marrow", "choice";
        enough: usize = 50, "voxels", "fewer give no mean", "choice";
    }
}

stage! {
    /// Bones found again at later visits.
    AlignmentTuning {
        margin_mm: f64 = 1.2, "mm", "soft tissue left around a bone's crop", "choice";
        mask_mm: f64 = 0.5, "mm", "soft tissue that takes part in registration, so that the surface lies inside the mask", "howship-register asks for 0.3-1 mm";
        least_shown: f64 = 0.4, "of a bone", "must lie in the later field where another bone's motion says where it lies: less than after a search, which may go astray", "choice, as for far starts";
        stride: usize = 97, "voxels", "every so many voxels of a bone are asked in whose outline they come to lie", "choice";
    }
}

stage! {
    /// Starts for joints that lie far apart in the scanner's coordinates.
    CoarseTuning {
        smooth_mm: f64 = 0.5, "mm", "SD of the Gaussian under which a start 2 mm and 10° off still agrees", "choice";
        samples: usize = 1500, "points", "compared for one start", "as howship-register's search";
        around_mm: f64 = 1.0, "mm", "soft tissue that takes part: outlines count", "choice";
        turns: usize = 24, "", "steps of 15° about the axis: registration reaches 18°", "geometry";
        along_mm: f64 = 6.0, "mm", "shifts tried along the axis: stacks cut the bones at other places", "choice";
        across_mm: f64 = 3.0, "mm", "and across it", "choice";
        shift_step_mm: f64 = 1.5, "mm", "between shifts", "choice";
        least_shown: f64 = 0.4, "of samples", "must lie in the later field", "choice";
        apart_rad: f64 = 0.4, "rad", "starts that turn less and", "choice";
        apart_mm: f64 = 3.0, "mm", "shift less from a better one are the same", "choice";
        starts: usize = 5, "", "that are refined", "choice";
        bones: usize = 2, "", "largest bones for which far starts are looked for", "choice";
        said_mm: f64 = 6.0, "mm", "a joint further away is said to be", "reach of howship-register's search";
        said_deg: f64 = 18.0, "°", "and one turned by more", "reach of howship-register's search";
    }
}

stage! {
    /// Whether what was aligned is one bone.
    IdentityTuning {
        mean_mm: f64 = 0.5, "mm", "SD of the local mean: what is finer is texture", "choice";
        deep_mm: f64 = 1.0, "mm", "under the envelope: cortex does not reach there", "choice";
        enough: usize = 2000, "points", "fewer do not tell", "choice";
        over_noise: f64 = 0.8, "× noise", "a texture weaker than this is none: the noise is that of full resolution, several times the working image's", "choice";
        least_correlation: f64 = 0.15, "", "of one bone's texture; another's is zero within 0.02", "phantoms of other seeds, the real joint with fresh noise";
    }
}

stage! {
    /// What images differ by that is no change of bone.
    AlikeTuning {
        around_mm: f64 = 0.4, "mm", "soft tissue around the bones that takes part, so that what blur carries over the surface counts", "choice";
        block_mm: f64 = 1.25, "mm", "edge of the blocks whose mineral is compared: as small as a lesion, so that one that changed spoils few", "choice";
        full_share: f64 = 0.5, "of a block", "must be bone, or as near", "choice";
        least_mineral: f64 = 0.1, "of contrast", "mean of a block with less is marrow or soft tissue", "choice";
        enough_blocks: usize = 20, "blocks", "fewer tell nothing", "choice";
        biweight: f64 = 4.7, "SDs", "blocks further off have no weight", "Tukey's biweight at 95 % efficiency";
        rounds: usize = 6, "", "of the biweight mean", "converges in three";
        errors: f64 = 2.0, "standard errors", "a scale nearer to 1 is 1", "choice";
        smooth_voxels: f64 = 0.6, "voxels", "SD of the Gaussian before gradients: a narrower one is not what it says on a grid", "geometry";
        enough_points: usize = 5000, "voxels", "fewer do not tell blur", "choice";
        least_edges: f64 = 0.02, "", "difference of the logarithms of the squared gradients that is none: lesions that came or went", "choice";
        least_blur_mm: f64 = 0.02, "mm", "SD: less is not made up for", "choice";
        most_blur_mm: f64 = 0.15, "mm", "SD: more is not made up for, detail would go with it", "choice";
        halvings: usize = 7, "", "of the range of the variance: to 0.0001 mm²", "geometry";
        near_mm: f64 = 0.6, "mm", "from bone on, noise is seen without its blur", "choice";
        far_mm: f64 = 3.0, "mm", "as far", "as `levels`";
        air: f64 = 0.5, "of contrast", "below soft tissue by more is air or fat", "choice";
        said_percent: f64 = 0.5, "%", "a scale that differs by less is not spoken of", "choice";
        said_blur_mm: f64 = 0.03, "mm", "nor such a blur", "choice";
    }
}

stage! {
    /// Images in which marrow is bright and cortex dark.
    MarrowTuning {
        soft_from_mm: f64 = 0.6, "mm", "from the masks' surface outwards soft tissue is seen without bone's blur", "as `alike.near_mm`";
        soft_to_mm: f64 = 1.5, "mm", "as far: capsule, muscle and fluid, not yet fat under the skin", "choice";
        marrow_from_mm: f64 = 1.2, "mm", "from it inwards there is marrow, and no cortex of a finger", "choice";
        marrow_to_mm: f64 = 2.5, "mm", "as far: a phalanx's middle", "choice";
        enough: usize = 50, "voxels", "fewer do not tell", "choice";
        step_mm: f64 = 0.05, "mm", "steps of depth", "choice";
        half_mm: f64 = 0.1, "mm", "half of the depths that are one step's", "choice";
        seen: f64 = 0.4, "of contrast", "marrow is seen from the depth on where it is so bright", "choice: 0.25 to 0.7 moves three volumes of 11 to 28 mm³ by 1 to 6 % (phantom, full size, 0.25 mm, seed 651)";
        brightest: f64 = 1.2, "of contrast", "what is brighter than marrow before it is cortex: no MRI", "choice";
        dark_mm: f64 = 0.15, "mm", "marrow begins at least so deep, and a voxel: thinner cortex is none", "choice";
        blur_voxels: f64 = 0.6, "voxels", "SD of the blur with which the masks' surface is drawn: a voxel's own and a scanner's", "choice";
        outside: f64 = 0.25, "of contrast", "the most that what lies outside of the masks differs from soft tissue: fat there is no bone", "choice";
        nothing: f64 = 0.5, "of what is hidden", "an erosion that looks smaller is not measured", "choice";
        hidden_sd: f64 = 0.25, "of what is hidden", "by so much a volume errs beside what else it errs by", "choice";
        coarse_mm: f64 = 0.25, "mm", "voxels larger than this make every cavity too small", "volume_accuracy, SIZE=full CONTRAST=mri, seeds 671-672";
        coarse_sd: f64 = 0.5, "of voxel", "and by so much of what they are larger a wall errs beside", "same, 0.4 mm";
        wall_level: f64 = 0.5, "of contrast", "marrow fills its space: its wall lies half-way", "geometry";
    }
}
