use crate::phantom::{Bone, add_noise, cube, mahalanobis, mask, motion, render};
use howship_image::{PointMm, RigidTransform};
use howship_register::{RigidOptions, register_rigid};

/// 95 % quantile of χ² with six degrees of freedom.
const CHI2_6: f64 = 12.592;

#[test]
fn the_stated_covariance_holds_the_truth() {
    let grid = cube(52, 0.0607);
    let bone = Bone::new(61, [1.2, 1.0, 1.1], 0.5, 0.055);
    let fixed_clean = render(&[(&bone, RigidTransform::identity())], &grid);
    let mask = mask(&bone, &grid, 0.25);
    let options = RigidOptions {
        search: false,
        ..RigidOptions::default()
    };
    let (mut inside, mut sum) = (0, 0.0);
    let seeds = 48;
    let mut clean = Vec::new();
    for pose in 0..4 {
        let truth = motion(600 + pose, PointMm::origin(), 0.08, 0.1);
        clean.push((truth, render(&[(&bone, truth)], &grid)));
    }
    for seed in 0..seeds {
        let (truth, moving) = &clean[seed as usize % clean.len()];
        let (mut fixed, mut moving) = (fixed_clean.clone(), moving.clone());
        add_noise(&mut fixed, 72.0, 2 * seed);
        add_noise(&mut moving, 72.0, 2 * seed + 1);
        let found = register_rigid(
            &fixed,
            &moving,
            Some(&mask),
            None,
            &RigidTransform::identity(),
            &options,
        )
        .unwrap();
        let d2 = mahalanobis(&found, truth);
        sum += d2;
        inside += usize::from(d2 < CHI2_6);
    }
    let share = inside as f64 / seeds as f64;
    eprintln!(
        "coverage {share:.3} of {seeds}; mean squared distance {:.2}, 6 expected",
        sum / seeds as f64
    );
    // 48 draws: three binomial standard errors below 0.95 are 0.856.
    assert!((0.856..=1.0).contains(&share), "{share}");
    assert!((4.5..=7.5).contains(&(sum / seeds as f64)));
}
