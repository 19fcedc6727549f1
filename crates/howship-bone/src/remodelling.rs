//! Bone formed, resorbed, mineralised and demineralised between baseline and a visit, one bone at a time.

use crate::Error;
use crate::options::RemodellingDefinition;
use crate::register_bones::BonePose;
use crate::segmentation::BoneShape;
use crate::visit_shapes::VisitShapes;
use howship_change::BoneChange;
use howship_image::{
    DensityUnit, Geometry, Interpolation, Mask, Region, RigidTransform, ScanView, Volume, resample,
};
use howship_ops::Connectivity;

/// Codes of the label volume.
const FORMED: u8 = 1;
const RESORBED: u8 = 2;
const QUIESCENT: u8 = 3;
const MINERALISED: u8 = 4;
const DEMINERALISED: u8 = 5;

/// What the values of a remodelling volume mean; 0 is no bone, or a place that not both visits show.
pub const REMODELLING_CODES: [(u8, &str); 5] = [
    (FORMED, "formed"),
    (RESORBED, "resorbed"),
    (QUIESCENT, "unchanged bone"),
    (MINERALISED, "mineralised"),
    (DEMINERALISED, "demineralised"),
];

/// One bone's part of the remodelling volume.
pub(crate) struct RemodellingMap {
    codes: Volume<u8>,
    region: Region,
}

impl RemodellingMap {
    /// Adds a bone's part to the whole.
    pub(crate) fn merge(
        whole: &mut Option<Self>,
        part: Self,
        geometry: &Geometry,
    ) -> Result<(), Error> {
        let full = Region {
            start: [0; 3],
            size: geometry.size(),
        };
        let map = whole.get_or_insert_with(|| Self {
            codes: Volume::filled(geometry.clone(), 0),
            region: full,
        });
        let mut here = map.codes.crop(part.region)?;
        for (to, from) in here.data_mut().iter_mut().zip(part.codes.data()) {
            if *from != 0 {
                *to = *from;
            }
        }
        map.codes.paste(&here, part.region)?;
        Ok(())
    }

    pub(crate) fn into_volume(self) -> Volume<u8> {
        self.codes
    }
}

/// Voxelwise remodelling of one bone; `None` where the unit has no definition of bone.
///
/// # Method
/// Both images smoothed, the later one brought into the baseline's frame by the bone's own motion (cubic spline);
/// formed where bone appears and density rises by more than the definition's change, resorbed the other way round,
/// mineralised and demineralised where bone stays; 6-connected clusters below the definition's size dropped.
/// The false volume is what noise alone would exceed: two-sided normal tail of the smoothed difference over the bone,
/// before clusters are dropped, so an upper bound.
pub(crate) fn remodel(
    (first, later): (&VisitShapes<'_>, &VisitShapes<'_>),
    shape: &BoneShape,
    pose: &BonePose,
    definition: &RemodellingDefinition,
) -> Result<Option<(BoneChange, RemodellingMap)>, Error> {
    let Some((bone_level, change_level)) = levels_in(&first.scan, definition) else {
        return Ok(None);
    };
    let baseline = first.scan.volume;
    let Some(region) = full_region(shape, baseline.geometry()) else {
        return Ok(None);
    };
    let sigma = baseline
        .geometry()
        .spacing()
        .map(|s| s * definition.sigma_voxels);
    let mut before = baseline.crop(region)?;
    // Outside the later field there is nothing to compare with; NaN marks it.
    let mut after = later.scan.volume.resample(
        before.geometry(),
        &pose.transform,
        Interpolation::Linear,
        f32::NAN,
    )?;
    let seen: Vec<bool> = after.data().iter().map(|v| !v.is_nan()).collect();
    for v in after.data_mut() {
        if v.is_nan() {
            *v = 0.0;
        }
    }
    if definition.sigma_voxels > 0.0 {
        howship_ops::gaussian_in_place(&mut before, sigma)?;
        howship_ops::gaussian_in_place(&mut after, sigma)?;
    }
    let depth = resample(
        &shape.distance,
        before.geometry(),
        &RigidTransform::identity(),
        Interpolation::Linear,
        1.0,
    );
    let (bone, change) = (bone_level as f32, change_level as f32);
    let mut codes = Volume::filled(before.geometry().clone(), 0u8);
    let (mut baseline_voxels, mut compared) = (0usize, 0usize);
    for (o, code) in codes.data_mut().iter_mut().enumerate() {
        // A voxel inside the edge of the field: its smoothing must not reach beyond.
        if depth.data()[o] > 0.3 || !seen[o] {
            continue;
        }
        compared += 1;
        let (a, b) = (before.data()[o], after.data()[o]);
        let (was, is) = (a > bone, b > bone);
        baseline_voxels += usize::from(was);
        *code = match (was, is) {
            (false, true) if b - a > change => FORMED,
            (true, false) if a - b > change => RESORBED,
            (true, true) if b - a > change => MINERALISED,
            (true, true) if a - b > change => DEMINERALISED,
            (true, true) => QUIESCENT,
            _ => 0,
        };
    }
    for kind in [FORMED, RESORBED, MINERALISED, DEMINERALISED] {
        drop_small(&mut codes, kind, definition.cluster);
    }
    let voxel = before.geometry().voxel_mm3();
    let volume = |kind: u8| codes.data().iter().filter(|&&c| c == kind).count() as f64 * voxel;
    let smoothed =
        first.levels.noise_sd.hypot(later.levels.noise_sd) * shrink(definition.sigma_voxels);
    let tail = 1.0 - howship_stats::normal_cdf(change_level / smoothed.max(1e-9));
    let change = BoneChange {
        to: later.name().to_owned(),
        definition: definition.name.to_owned(),
        formation_mm3: volume(FORMED),
        resorption_mm3: volume(RESORBED),
        mineralisation_mm3: volume(MINERALISED),
        demineralisation_mm3: volume(DEMINERALISED),
        baseline_bone_mm3: baseline_voxels as f64 * voxel,
        false_mm3: tail * compared as f64 * voxel,
    };
    Ok(Some((change, RemodellingMap { codes, region })))
}

/// The definition's densities of bone and of a change in the scan's unit; `None` where it has no density.
pub(crate) fn levels_in(
    scan: &ScanView<'_>,
    definition: &RemodellingDefinition,
) -> Option<(f64, f64)> {
    match scan.unit {
        DensityUnit::MgHaPerCm3 => Some((definition.bone, definition.change)),
        DensityUnit::Hounsfield => {
            let calibration = scan.calibration?;
            let from = DensityUnit::MgHaPerCm3;
            let (slope, offset) = calibration.linear(from, scan.unit).ok()?;
            Some((definition.bone * slope + offset, definition.change * slope))
        }
        DensityUnit::Native | DensityUnit::Arbitrary => None,
    }
}

/// What smoothing leaves of noise that the scanner has already smoothed by about one voxel.
fn shrink(sigma_voxels: f64) -> f64 {
    (1.0 / (1.0 + sigma_voxels * sigma_voxels)).powf(0.75)
}

fn drop_small(codes: &mut Volume<u8>, kind: u8, cluster: usize) {
    let mask: Mask = codes.map(|c| u8::from(c == kind));
    let kept = howship_ops::remove_small(&mask, cluster, Connectivity::Six);
    for ((code, was), is) in codes
        .data_mut()
        .iter_mut()
        .zip(mask.data())
        .zip(kept.data())
    {
        if *was != 0 && *is == 0 {
            *code = if kind == FORMED { 0 } else { QUIESCENT };
        }
    }
}

/// The voxels of a full grid that hold a bone, with a margin.
pub(crate) fn full_region(shape: &BoneShape, geometry: &Geometry) -> Option<Region> {
    let working = shape.envelope.geometry();
    let part = shape.envelope.bounding_region()?;
    let index = |voxel: [usize; 3]| geometry.index(working.world(voxel.map(|v| v as f64)));
    let low = index(part.start);
    let high = index(std::array::from_fn(|a| part.start[a] + part.size[a] - 1));
    let size = geometry.size();
    let start: [usize; 3] = std::array::from_fn(|a| (low[a].max(0.0) as usize).min(size[a] - 1));
    let end: [usize; 3] =
        std::array::from_fn(|a| (high[a].ceil().max(0.0) as usize).min(size[a] - 1));
    Some(Region::between(start, end).grown([8; 3], size))
}
