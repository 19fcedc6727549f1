use super::profile::Profile;
use crate::Error;
use crate::detect::outward_of;
use crate::input::VisitScan;
use crate::tuning::MarrowTuning;
use howship_image::{PointMm, Scan, VectorMm, Volume, sample_linear};
use howship_stats::normal_cdf;
use rayon::prelude::*;

/// What bone reads in a turned image, in which soft tissue is 0: as in CT, whatever a receiver's gain was.
pub(super) const BONE: f64 = 1000.0;

/// An image with bone at [`BONE`] and soft tissue at 0.
pub(super) fn turn(
    visit: &VisitScan<'_>,
    profile: &Profile,
    tuning: &MarrowTuning,
) -> Result<Scan, Error> {
    let whole = visit.scan.volume.whole()?;
    let grid = whole.geometry();
    let bones = visit.mask.as_ref().map(|mask| mask.on(grid));
    let bones = bones.unwrap_or_else(|| howship_image::Labels::filled(grid.clone(), 0));
    let distance = howship_ops::signed_distance(&bones.map(|label| u8::from(label != 0)));
    let voxel = grid.max_spacing();
    let away = |value: f32| ((f64::from(value) - profile.soft) / profile.contrast()).abs() as f32;
    let turning = Turning {
        away: whole.map(away),
        // A mask's surface is a staircase.
        distance: howship_ops::gaussian(&distance, [voxel; 3])?,
        profile,
        blur_mm: tuning.blur_voxels * voxel,
        outside: tuning.outside,
    };
    let mut volume = Volume::filled(grid.clone(), 0f32);
    let [nx, ny, _] = grid.size();
    let slices = volume.data_mut().par_chunks_mut(nx * ny);
    slices.enumerate().for_each(|(z, slice)| {
        for (i, value) in slice.iter_mut().enumerate() {
            *value = (BONE * turning.bone([i % nx, i / nx, z])) as f32;
        }
    });
    Ok(Scan {
        volume,
        unit: visit.scan.unit,
        known: visit.scan.known,
        calibration: None,
    })
}

/// What one voxel's turned value is made of.
struct Turning<'a> {
    /// How far values are from soft tissue, in contrasts of marrow.
    away: Volume<f32>,
    /// Signed distance to the bones' surface, mm, negative inside.
    distance: Volume<f32>,
    profile: &'a Profile,
    blur_mm: f64,
    outside: f64,
}

impl Turning<'_> {
    /// From soft tissue (0) to bone (1).
    fn bone(&self, voxel: [usize; 3]) -> f64 {
        let grid = self.away.geometry();
        let [x, y, z] = voxel;
        let depth = -f64::from(self.distance.at(x, y, z));
        let here = f64::from(self.away.at(x, y, z));
        let shell = self.profile.shell_mm;
        // What is bright outside of the masks is fat, and no bone.
        let outside = here.min(self.outside);
        let inside = normal_cdf(depth / self.blur_mm);
        if inside < 1e-3 {
            return outside;
        }
        let bone = if depth >= shell {
            here / self.profile.marrow_at(depth)
        } else {
            let at = grid.world(voxel.map(|i| i as f64));
            self.behind(at, shell - depth) / self.profile.marrow_at(shell)
        };
        inside * bone + (1.0 - inside) * outside
    }

    /// What lies so far further in.
    fn behind(&self, at: PointMm, further_mm: f64) -> f64 {
        let grid = self.away.geometry();
        let outwards = outward_of(&self.distance, at, grid.min_spacing());
        let inwards = outwards.map_or_else(VectorMm::zeros, |n| -n);
        let there = sample_linear(&self.away, grid.index(at + inwards * further_mm));
        f64::from(there.unwrap_or(0.0))
    }
}
