use crate::Error;
use crate::levels::quantile;
use crate::likeness::Likeness;
use crate::segmentation::BoneShape;
use crate::tuning::LocalTuning;
use howship_image::{Geometry, PointMm, Region, RigidTransform, Volume, VolumeView, sample_linear};
use std::sync::Arc;

/// One visit's image around a lesion, smoothed twice, addressed by positions in the baseline's frame.
///
/// The image is never resampled: each position is carried into the visit's own grid, so every visit's noise is
/// treated alike.
pub(crate) struct LocalImage {
    fine: Volume<f32>,
    coarse: Volume<f32>,
    raw: Volume<f32>,
    pose: RigidTransform,
    likeness: Likeness,
    step_voxels: f64,
    fine_mm: f64,
    /// Distance to bone, mm, once it is known.
    from_bone: Option<Volume<f32>>,
    /// Other bones whose outlines come into the cube.
    other_bones: Vec<Arc<BoneShape>>,
}

/// Smoothing of the two images.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Smoothing {
    /// SD of the finer Gaussian, mm: tames noise, keeps trabeculae.
    fine_mm: f64,
    /// SD of the coarser Gaussian, mm: tells cortex from its absence.
    coarse_mm: f64,
}

impl Smoothing {
    /// For a voxel size: one voxel of 60 µm, less than half a voxel where voxels are coarse.
    fn for_voxel(voxel_mm: f64, tuning: &LocalTuning) -> Self {
        let fine_mm = (tuning.fine_voxels * voxel_mm).max(tuning.fine_mm);
        Self {
            fine_mm,
            coarse_mm: (tuning.coarse * fine_mm).max(tuning.coarse_voxels * voxel_mm),
        }
    }
}

impl LocalImage {
    /// Cuts out a cube about a centre (baseline frame), makes it like the other visits' and smooths it.
    ///
    /// `None` where the cube lies outside the visit's field.
    pub(crate) fn new(
        volume: VolumeView<'_>,
        (pose, likeness): (RigidTransform, Likeness),
        centre: PointMm,
        half_mm: f64,
        tuning: &LocalTuning,
    ) -> Result<Option<Self>, Error> {
        let Some(region) = cube(volume.geometry(), pose.apply(centre), half_mm) else {
            return Ok(None);
        };
        let smoothing = Smoothing::for_voxel(volume.geometry().max_spacing(), tuning);
        let mut raw = volume.crop(region)?;
        if !likeness.is_same() {
            for value in raw.data_mut() {
                *value = likeness.to_baseline(f64::from(*value)) as f32;
            }
            howship_ops::gaussian_in_place(&mut raw, [likeness.blur_mm; 3])?;
        }
        let fine = howship_ops::gaussian(&raw, [smoothing.fine_mm; 3])?;
        let coarse = howship_ops::gaussian(&raw, [smoothing.coarse_mm; 3])?;
        Ok(Some(Self {
            fine,
            coarse,
            raw,
            pose,
            likeness,
            step_voxels: tuning.step_voxels,
            fine_mm: smoothing.fine_mm,
            from_bone: None,
            other_bones: Vec::new(),
        }))
    }

    /// The same with what other bones of the visit come near.
    pub(crate) fn beside(mut self, others: &[Arc<BoneShape>]) -> Self {
        let grid = self.raw.geometry();
        let corner = grid.world([0.0; 3]);
        let half = (grid.centre() - corner).norm();
        let comes_near = |s: &&Arc<BoneShape>| s.depth(grid.centre()).is_none_or(|d| d < half);
        self.other_bones = others.iter().filter(comes_near).map(Arc::clone).collect();
        self
    }

    /// Whether a position in the baseline's frame lies in another bone, or nearer to it than this: that bone moves by
    /// itself, and what comes or goes there says nothing of this one.
    pub(crate) fn in_other_bone(&self, point: PointMm, margin_mm: f64) -> bool {
        let at = self.pose.apply(point);
        let near = |s: &Arc<BoneShape>| s.depth(at).is_some_and(|d| d < margin_mm);
        self.other_bones.iter().any(near)
    }

    /// Takes what is brighter than a level after the finer smoothing for bone.
    pub(crate) fn know_bone(&mut self, level: f64, within_mm: f64) {
        let bone = self.fine.map(|v| u8::from(f64::from(v) > level));
        let mut distance = howship_ops::distance_to_within(&bone, within_mm);
        // Infinite beyond, which cannot be interpolated.
        let most = within_mm as f32;
        distance
            .data_mut()
            .iter_mut()
            .for_each(|d| *d = d.min(most));
        self.from_bone = Some(distance);
    }

    /// Distance to bone, mm, up to what was asked for; `None` where it is not known.
    pub(crate) fn distance_to_bone(&self, point: PointMm) -> Option<f64> {
        self.sample(self.from_bone.as_ref()?, point)
    }

    fn sample(&self, volume: &Volume<f32>, point: PointMm) -> Option<f64> {
        sample_linear(volume, volume.geometry().index(self.pose.apply(point))).map(f64::from)
    }

    /// Finely smoothed value at a position in the baseline's frame.
    pub(crate) fn fine(&self, point: PointMm) -> Option<f64> {
        self.sample(&self.fine, point)
    }

    /// Coarsely smoothed value.
    pub(crate) fn coarse(&self, point: PointMm) -> Option<f64> {
        self.sample(&self.coarse, point)
    }

    /// The value without smoothing.
    pub(crate) fn raw(&self, point: PointMm) -> Option<f64> {
        self.sample(&self.raw, point)
    }

    /// The same on the visit's own scale of density.
    pub(crate) fn own(&self, point: PointMm) -> Option<f64> {
        Some(self.likeness.to_own(self.raw(point)?))
    }

    /// Distance between samples along a ray, mm.
    pub(crate) fn step_mm(&self) -> f64 {
        self.step_voxels * self.fine.geometry().min_spacing()
    }
}

impl LocalImage {
    /// A quantile of the finely smoothed values above a level; `None` where nothing is.
    pub(crate) fn bright(&self, above: f64, share: f64) -> Option<f64> {
        let mut values: Vec<f32> = self.fine.data().to_vec();
        values.retain(|v| f64::from(*v) > above);
        if values.is_empty() {
            return None;
        }
        let at = quantile(values.len(), share);
        Some(f64::from(
            *values.select_nth_unstable_by(at, f32::total_cmp).1,
        ))
    }

    /// SD of the finer smoothing, mm.
    pub(crate) fn fine_mm(&self) -> f64 {
        self.fine_mm
    }

    /// Edge of the smallest voxel, mm.
    pub(crate) fn voxel_mm(&self) -> f64 {
        self.fine.geometry().min_spacing()
    }
}

/// The voxels within `half_mm` of a point along each axis, clipped to the grid.
pub(crate) fn cube(geometry: &Geometry, centre: PointMm, half_mm: f64) -> Option<Region> {
    let middle = geometry.index(centre);
    let (spacing, size) = (geometry.spacing(), geometry.size());
    let mut low = [0usize; 3];
    let mut high = [0usize; 3];
    for a in 0..3 {
        let (first, last) = (
            middle[a] - half_mm / spacing[a],
            middle[a] + half_mm / spacing[a],
        );
        if !(last >= 0.0 && first <= (size[a] - 1) as f64) {
            return None;
        }
        low[a] = first.floor().max(0.0) as usize;
        high[a] = (last.ceil() as usize).min(size[a] - 1);
    }
    Some(Region::between(low, high))
}
