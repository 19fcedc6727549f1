//! Later visits brought into the baseline's frame, for other programs.

use crate::file_names::slugs;
use crate::folder::OutputFolder;
use crate::measure::Outcome;
use crate::series::Series;
use crate::{Error, Observer};
use howship_change::Bone;
use howship_formats::{WriteOptions, write};
use howship_image::{CubicSpline, Geometry, Labels, Mask, RigidTransform, Scan, Volume};
use howship_ops::{NO_FEATURE, nearest_feature};
use rayon::prelude::*;

/// Steps of the grid on which it is decided which bone is nearest, mm: seams lie in soft tissue.
const NEAREST_MM: f64 = 0.5;

/// Writes `resampled-VISIT.nii.gz` of every later visit: its values on the baseline's grid.
///
/// # Method
/// Bones move apart from each other, so that no one motion brings a whole joint onto another: every voxel takes the
/// motion of the bone that lies nearest to it at baseline (to 0.5 mm), by cubic spline. Between bones, halfway, there is
/// a seam. Where the visit shows nothing, or no registration of that bone passed its gate, the value is the smallest of
/// the baseline. For measuring take `transforms/`: resampling smooths noise.
///
/// # Errors
/// A file that cannot be written, a stop wanted by the observer.
pub fn write_resampled(
    folder: &OutputFolder,
    series: &Series,
    outcome: &Outcome,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let Some(baseline) = series.scans.first() else {
        return Ok(());
    };
    let whole = baseline.volume().whole()?;
    let grid = whole.geometry();
    let outside = whole.data().iter().copied().filter(|v| v.is_finite());
    let outside = outside.fold(f32::INFINITY, f32::min).min(f32::MAX);
    let nearest = Nearest::new(&outcome.joint.bone_labels)?;
    let slugs = slugs(series.visits.iter().map(|v| v.name.as_str()));
    for (visit, scan) in series.scans.iter().enumerate().skip(1) {
        crate::check(observer)?;
        let name = &series.visits[visit].name;
        let motions = motions(&outcome.file.bones, name);
        let shown = scan.volume().whole()?;
        let volume = through(&shown, grid, &nearest, &motions, outside)?;
        let moved = Scan {
            volume,
            unit: scan.unit,
            calibration: scan.calibration,
            known: scan.known,
        };
        let path = folder
            .path()
            .join(format!("resampled-{}.nii.gz", slugs[visit]));
        write(&path, &moved, &WriteOptions::default())?;
    }
    Ok(())
}

/// Each bone's motion from the baseline to a visit, where its registration passed.
fn motions(bones: &[Bone], visit: &str) -> Vec<(u32, RigidTransform)> {
    let of = |bone: &Bone| {
        let mut there = bone.registrations.iter();
        let there = there.find(|r| r.visit == visit && r.failed.is_none())?;
        Some((bone.id, RigidTransform::from_matrix(there.matrix)?))
    };
    bones.iter().filter_map(of).collect()
}

/// Which bone is nearest, on a coarse grid over the baseline's.
struct Nearest {
    step: [usize; 3],
    labels: Labels,
}

impl Nearest {
    fn new(bones: &Labels) -> Result<Self, Error> {
        let (size, spacing) = (bones.size(), bones.geometry().spacing());
        let step = spacing.map(|s| (NEAREST_MM / s).floor().max(1.0) as usize);
        let coarse = std::array::from_fn(|a| size[a].div_ceil(step[a]));
        let spacing = std::array::from_fn(|a| spacing[a] * step[a] as f64);
        let grid = Geometry::aligned(coarse, spacing)?;
        let sampled = Labels::from_fn(grid.clone(), |v| {
            let at: [usize; 3] = std::array::from_fn(|a| v[a] * step[a]);
            bones.at(at[0], at[1], at[2])
        });
        let feature = nearest_feature(&Mask::from_fn(grid.clone(), |[x, y, z]| {
            u8::from(sampled.at(x, y, z) != 0)
        }));
        let labels = feature.map(|site| {
            let known = (site != NO_FEATURE).then(|| sampled.data().get(site as usize));
            known.flatten().copied().unwrap_or(0)
        });
        Ok(Self { step, labels })
    }

    fn bone(&self, voxel: [usize; 3]) -> u32 {
        let [x, y, z] = std::array::from_fn(|a| voxel[a] / self.step[a]);
        self.labels.at(x, y, z)
    }
}

fn through(
    source: &Volume<f32>,
    grid: &Geometry,
    nearest: &Nearest,
    motions: &[(u32, RigidTransform)],
    outside: f32,
) -> Result<Volume<f32>, Error> {
    let spline = CubicSpline::new(source.clone());
    let [nx, ny, _] = grid.size();
    let mut values = vec![outside; grid.voxels()];
    values
        .par_chunks_mut(nx * ny)
        .enumerate()
        .for_each(|(z, plane)| {
            for (i, value) in plane.iter_mut().enumerate() {
                let voxel = [i % nx, i / nx, z];
                let bone = nearest.bone(voxel);
                let Some((_, motion)) = motions.iter().find(|m| m.0 == bone) else {
                    continue;
                };
                let at = motion.apply(grid.world(voxel.map(|i| i as f64)));
                *value = spline
                    .sample(source.geometry().index(at))
                    .unwrap_or(outside);
            }
        });
    Ok(Volume::new(grid.clone(), values)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_image::{PointMm, VectorMm};

    /// Two bones that moved differently: each comes back to where it was, by its own motion.
    #[test]
    fn every_bone_comes_back_by_its_own_motion() {
        let grid = Geometry::new(
            [24, 20, 40],
            [0.2; 3],
            [5.0, -3.0, 2.0],
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        )
        .unwrap();
        let bones = Labels::from_fn(grid.clone(), |[_, _, z]| match z {
            0..12 => 1,
            28..40 => 2,
            _ => 0,
        });
        let value = |p: PointMm| (p.x + 2.0 * p.y + 3.0 * p.z) as f32;
        let motion = |shift: [f64; 3]| {
            RigidTransform::about(
                grid.centre(),
                VectorMm::new(0.0, 0.0, 0.1),
                VectorMm::from(shift),
            )
        };
        let motions = [(1, motion([0.1, 0.0, 0.0])), (2, motion([0.0, -0.2, 0.1]))];
        for (bone, own) in &motions {
            // What the visit shows is the baseline seen through this bone's motion.
            let visit = Volume::from_fn(grid.clone(), |v| {
                value(own.inverse().apply(grid.world(v.map(|i| i as f64))))
            });
            let nearest = Nearest::new(&bones).unwrap();
            let back = through(&visit, &grid, &nearest, &motions, -1.0).unwrap();
            let z = if *bone == 1 { 6 } else { 34 };
            let here = grid.world([12.0, 10.0, z as f64]);
            let got = back.at(12, 10, z);
            assert!(
                (got - value(here)).abs() < 1e-3,
                "{got} for {}",
                value(here)
            );
            assert_eq!(nearest.bone([0, 0, 18]), 1, "the nearer of two");
        }
        let none = through(
            &Volume::filled(grid.clone(), 1.0),
            &grid,
            &Nearest::new(&bones).unwrap(),
            &[],
            -7.0,
        )
        .unwrap();
        assert!(none.data().iter().all(|v| *v == -7.0));
    }
}
