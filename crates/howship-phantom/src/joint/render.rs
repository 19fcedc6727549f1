use super::scene::{Near, Sampling, Scene, VisitScene};
use super::spec::{BoneName, JointSpec};
use super::texture::Texture;
use super::truth::lesion_truths;
use crate::noise::{noise_field, white};
use crate::{Error, LesionTruth, ScannerSpec};
use howship_image::{Geometry, Labels, RigidTransform, Scan, VectorMm, Volume};
use howship_ops::gaussian_in_place;
use rayon::prelude::*;

/// One visit of a phantom joint: what a scanner would write, and the truth beside it.
#[derive(Debug, Clone)]
pub struct RenderedVisit {
    /// The visit's name.
    pub name: String,
    /// The image.
    pub scan: Scan,
    /// Lesion identities on the image's grid (1 is the first erosion): voxels at least half of which are lesion.
    pub truth_labels: Labels,
    /// Intact bones, lesions included: 1 metacarpal, 2 phalanx.
    pub bones: Labels,
    /// Hand frame to this scan's frame, for metacarpal and phalanx.
    pub poses: [RigidTransform; 2],
    /// The lesions of this visit.
    pub truth: Vec<LesionTruth>,
}

/// Voxels are rendered at most this large; larger ones are averages of several.
const FINEST_MM: f64 = 0.085;

/// Renders one visit from the analytic joint.
///
/// # Method
/// Each voxel (split where larger than 0.085 mm) is the mean of `supersampling³` samples; each sample is
/// antialiased by the signed distance to every surface, so that occupancy changes linearly over a sample. Then
/// blur (Gaussian; with the voxel's aperture it has the width asked for), voxel average, noise, density error, unit.
///
/// # Errors
/// A field of the specification that is not usable, or a visit that it does not have.
pub fn render_visit(spec: &JointSpec, visit: usize) -> Result<RenderedVisit, Error> {
    let scene = Scene::new(spec)?;
    let Some(visit_spec) = spec.visits.get(visit) else {
        return Err(Error::VisitIndex {
            visit,
            visits: spec.visits.len(),
        });
    };
    let scanner = spec.scanner_of(visit);
    let grid = image_grid(spec, scanner)?;
    let texture = Texture::new(spec.seed, spec.anatomy.trabecular_wavelength_mm)?;
    let view = scene.at_visit(visit, &texture);
    let seed = spec
        .seed
        .wrapping_add((visit as u64 + 1).wrapping_mul(0xA076_1D64_78BD_642F));
    let mut volume = scanned(&view, &grid, scanner, seed)?;
    if scanner.noise.sd > 0.0 {
        let noise = noise_field(&grid, &scanner.noise, seed)?;
        volume
            .data_mut()
            .par_iter_mut()
            .zip(noise.data())
            .for_each(|(v, n)| *v += n);
    }
    if scanner.mask_outside_skin {
        mask_air(&view, &mut volume, spec.tissue.air as f32);
    }
    let (bones, truth_labels) = labels(&scene, &view, &grid);
    Ok(RenderedVisit {
        name: visit_spec.name.clone(),
        scan: scanner.written(volume)?,
        truth_labels,
        bones,
        poses: BoneName::ALL.map(|b| scene.pose(b, visit)),
        truth: lesion_truths(&scene, visit),
    })
}

/// The image's grid: centred on the hand's frame.
pub(crate) fn image_grid(spec: &JointSpec, scanner: &ScannerSpec) -> Result<Geometry, Error> {
    let h = scanner.voxel_mm;
    let size: [usize; 3] =
        std::array::from_fn(|a| ((spec.field_mm[a] / h[a]).round() as usize).max(1));
    let origin = std::array::from_fn(|a| -0.5 * (size[a] as f64 - 1.0) * h[a]);
    Ok(Geometry::new(
        size,
        h,
        origin,
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    )?)
}

/// The blurred, noiseless image.
fn scanned(
    view: &VisitScene<'_>,
    grid: &Geometry,
    scanner: &ScannerSpec,
    seed: u64,
) -> Result<Volume<f32>, Error> {
    let motion = scanner.motion.clone().unwrap_or(crate::MotionSpec {
        shifted_share: 0.0,
        shift_mm: [0.0; 3],
        slice_jitter_mm: 0.0,
    });
    let still = fine_image(
        view,
        grid,
        scanner,
        VectorMm::zeros(),
        motion.slice_jitter_mm,
        seed,
    )?;
    let mut fine = still;
    if motion.shifted_share > 0.0 {
        let shift = VectorMm::from(motion.shift_mm);
        let moved = fine_image(view, grid, scanner, shift, motion.slice_jitter_mm, seed)?;
        let share = motion.shifted_share as f32;
        fine.0
            .data_mut()
            .par_iter_mut()
            .zip(moved.0.data())
            .for_each(|(a, b)| *a += share * (b - *a));
    }
    let (mut volume, split, pad) = fine;
    gaussian_in_place(&mut volume, scanner.sigma_mm(scanner.voxel_mm))?;
    Ok(averaged(&volume, grid, split, pad))
}

type Fine = (Volume<f32>, [usize; 3], [usize; 3]);

/// The unblurred image on split voxels, padded by the reach of the blur (whole voxels).
fn fine_image(
    view: &VisitScene<'_>,
    grid: &Geometry,
    scanner: &ScannerSpec,
    shift: VectorMm,
    jitter_mm: f64,
    seed: u64,
) -> Result<Fine, Error> {
    let voxel = grid.spacing();
    let split = voxel.map(|h| (h / FINEST_MM - 1e-9).ceil().max(1.0) as usize);
    let sigma = scanner.sigma_mm(voxel);
    let pad: [usize; 3] = std::array::from_fn(|a| (4.0 * sigma[a] / voxel[a]).ceil() as usize);
    let h: [f64; 3] = std::array::from_fn(|a| voxel[a] / split[a] as f64);
    let size: [usize; 3] = std::array::from_fn(|a| (grid.size()[a] + 2 * pad[a]) * split[a]);
    let origin: [f64; 3] =
        std::array::from_fn(|a| grid.origin()[a] - (pad[a] as f64 + 0.5) * voxel[a] + 0.5 * h[a]);
    let fine = Geometry::new(size, h, origin, grid.direction())?;
    let slices = Geometry::aligned([2, 1, size[2]], [1.0; 3])?;
    let jitter = white(&slices, seed ^ 0x6A09_E667);
    let mut volume = Volume::filled(fine.clone(), 0f32);
    let sampler = Sampler {
        view,
        fine: &fine,
        sampling: view.sampling(h, scanner.supersampling),
    };
    volume
        .data_mut()
        .par_chunks_mut(size[0] * size[1])
        .enumerate()
        .for_each(|(z, slice)| {
            let own = VectorMm::new(
                f64::from(jitter.at(0, 0, z)),
                f64::from(jitter.at(1, 0, z)),
                0.0,
            );
            let offset = -(shift + own * jitter_mm);
            for (y, row) in slice.chunks_mut(size[0]).enumerate() {
                sampler.row(row, y, z, offset);
            }
        });
    Ok((volume, split, pad))
}

struct Sampler<'a> {
    view: &'a VisitScene<'a>,
    fine: &'a Geometry,
    sampling: Sampling,
}

/// Voxels of a row whose surroundings are looked at together.
const RUN: usize = 8;

/// Half the diagonal of a run of voxels.
fn run_radius(h: [f64; 3]) -> f64 {
    0.5 * (RUN as f64 * h[0]).hypot(h[1]).hypot(h[2])
}

impl Sampler<'_> {
    fn row(&self, row: &mut [f32], y: usize, z: usize, offset: VectorMm) {
        let radius = run_radius(self.fine.spacing());
        for (i, run) in row.chunks_mut(RUN).enumerate() {
            let x = i * RUN;
            let at = |x: f64| self.fine.world([x, y as f64, z as f64]) + offset;
            let centre = at(x as f64 + 0.5 * (run.len() as f64 - 1.0));
            let skin = self.view.skin(centre);
            let near = Near {
                bones: self.view.near_bones(centre, radius),
                skin: skin > -2.0 * radius,
            };
            if near.bones == [false; 2] && skin.abs() > 2.0 * radius {
                run.fill(self.view.far(centre, radius) as f32);
                continue;
            }
            for (k, value) in run.iter_mut().enumerate() {
                *value = self.view.voxel(at((x + k) as f64), &self.sampling, &near) as f32;
            }
        }
    }
}

/// The mean of each block of split voxels, padding left out.
fn averaged(
    fine: &Volume<f32>,
    grid: &Geometry,
    split: [usize; 3],
    pad: [usize; 3],
) -> Volume<f32> {
    let [nx, ny, _] = grid.size();
    let count = (split[0] * split[1] * split[2]) as f64;
    let mut out = Volume::filled(grid.clone(), 0f32);
    out.data_mut()
        .par_chunks_mut(nx * ny)
        .enumerate()
        .for_each(|(z, slice)| {
            for (y, row) in slice.chunks_mut(nx).enumerate() {
                for (x, value) in row.iter_mut().enumerate() {
                    let start = [
                        (x + pad[0]) * split[0],
                        (y + pad[1]) * split[1],
                        (z + pad[2]) * split[2],
                    ];
                    let mut sum = 0.0;
                    for k in 0..split[2] {
                        for j in 0..split[1] {
                            let from = fine.geometry().offset(start[0], start[1] + j, start[2] + k);
                            sum += fine.data()[from..from + split[0]]
                                .iter()
                                .map(|v| f64::from(*v))
                                .sum::<f64>();
                        }
                    }
                    *value = (sum / count) as f32;
                }
            }
        });
    out
}

fn mask_air(view: &VisitScene<'_>, volume: &mut Volume<f32>, air: f32) {
    let grid = volume.geometry().clone();
    let [nx, ny, _] = grid.size();
    let radius = run_radius(grid.spacing());
    let slices = volume.data_mut().par_chunks_mut(nx * ny);
    slices.enumerate().for_each(|(z, slice)| {
        for (y, row) in slice.chunks_mut(nx).enumerate() {
            for (i, run) in row.chunks_mut(RUN).enumerate() {
                let at = |x: f64| grid.world([x, y as f64, z as f64]);
                let x = (i * RUN) as f64;
                if view.skin(at(x + 0.5 * (run.len() as f64 - 1.0))) < -2.0 * radius {
                    continue;
                }
                for (k, value) in run.iter_mut().enumerate() {
                    if view.skin(at(x + k as f64)) > 0.0 {
                        *value = air;
                    }
                }
            }
        }
    });
}

/// Bone and lesion identities on the image's grid.
fn labels(scene: &Scene, view: &VisitScene<'_>, grid: &Geometry) -> (Labels, Labels) {
    let [nx, ny, _] = grid.size();
    let h = grid.spacing();
    let radius = run_radius(h);
    let mut bones = Labels::filled(grid.clone(), 0);
    let mut lesions = Labels::filled(grid.clone(), 0);
    let bone_slices = bones.data_mut().par_chunks_mut(nx * ny);
    let slices = bone_slices.zip(lesions.data_mut().par_chunks_mut(nx * ny));
    slices.enumerate().for_each(|(z, (bones, lesions))| {
        for start in (0..nx * ny).step_by(RUN) {
            // A run may wrap into the next row: it is then looked at voxel by voxel.
            let run = RUN.min(nx * ny - start);
            let index = |i: usize| [(i % nx) as f64, (i / nx) as f64, z as f64];
            let wraps = start / nx != (start + run - 1) / nx;
            let middle = index(start)[0] + 0.5 * (run as f64 - 1.0);
            let centre = grid.world([middle, index(start)[1], z as f64]);
            if !wraps && view.near_bones(centre, radius) == [false; 2] {
                continue;
            }
            for i in start..start + run {
                let f = view.envelopes(grid.world(index(i)));
                let (near, label) = if f[0] < f[1] { (f[0], 1) } else { (f[1], 2) };
                if near < 0.0 {
                    bones[i] = label;
                }
                if near < grid.max_spacing() {
                    lesions[i] = lesion_label(scene, view, grid, index(i), h);
                }
            }
        }
    });
    (bones, lesions)
}

/// The lesion that fills at least half of a voxel (27 samples), or 0.
fn lesion_label(
    scene: &Scene,
    view: &VisitScene<'_>,
    grid: &Geometry,
    index: [f64; 3],
    h: [f64; 3],
) -> u32 {
    let width = (h[0] * h[1] * h[2]).cbrt() / 3.0;
    for erosion in &scene.erosions {
        let to_hand = view.to_hand(erosion.bone);
        let middle = to_hand.apply(grid.world(index)).coords;
        if (middle - erosion.frame.point).norm() > erosion.reach + h[0].hypot(h[1].hypot(h[2])) {
            continue;
        }
        let mut share = 0.0;
        for k in 0..27 {
            let part = |n: usize| (n % 3) as f64 / 3.0 - 1.0 / 3.0;
            let sub = [
                index[0] + part(k),
                index[1] + part(k / 3),
                index[2] + part(k / 9),
            ];
            share += view.lesion(erosion, to_hand.apply(grid.world(sub)).coords, width);
        }
        if share >= 13.5 {
            return erosion.id;
        }
    }
    0
}
