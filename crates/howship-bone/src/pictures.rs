//! What is drawn of lesions: labels on the baseline's grid, and each lesion's surroundings at all visits.

use crate::Error;
use crate::cavity::VisitCavity;
use crate::joint::Analysis;
use crate::lesion_error::{ChangeParts, VolumeParts};
use crate::select::BoneLesion;
use howship_image::{Geometry, Labels, Mask, PointMm, RigidTransform, Volume, VolumeView};

/// One lesion's surroundings in the common frame.
pub struct Patch {
    /// Identity of the lesion.
    pub id: u32,
    /// Image per visit, resampled to one grid about the lesion.
    pub images: Vec<Volume<f32>>,
    /// Cavity per visit.
    pub cavities: Vec<Mask>,
    /// Inside the intact bone.
    pub envelope: Mask,
    /// Two tangents and the inward normal.
    pub axes: [[f64; 3]; 3],
    /// Darkest and brightest value that a picture shows.
    pub window: (f32, f32),
    /// What the error of each visit's volume consists of; `None` where there is none.
    pub volumes: Vec<Option<VolumeParts>>,
    /// What each visit's change of volume from the baseline was made of; `None` at the baseline.
    pub changes: Vec<Option<ChangeParts>>,
}

/// Where one lesion lies on the baseline's grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LesionVoxels {
    /// Identity of the lesion.
    pub id: u32,
    /// Per visit, the memory offsets of the voxels inside its cavity; empty where there is none.
    pub visits: Vec<Vec<usize>>,
}

impl LesionVoxels {
    /// Writes the lesion's identity where its cavity is at a visit.
    pub fn draw(&self, visit: usize, labels: &mut Labels) {
        for &offset in self.visits.get(visit).into_iter().flatten() {
            if let Some(label) = labels.data_mut().get_mut(offset) {
                *label = self.id;
            }
        }
    }
}

/// The voxels of each lesion at each visit, on the baseline's grid and in its frame.
pub(crate) fn lesion_voxels(analysis: &Analysis<'_>, geometry: &Geometry) -> Vec<LesionVoxels> {
    let inside = |cavity: &VisitCavity| {
        let reach = cavity.reach();
        let is_in = |voxel: &[usize; 3]| {
            let offset = geometry.world(voxel.map(|i| i as f64)) - cavity.centre;
            let distance = offset.norm();
            distance <= reach && distance <= cavity.boundary_towards(offset / distance.max(1e-9))
        };
        voxels_within(geometry, cavity.centre, reach)
            .filter(is_in)
            .map(|[x, y, z]| geometry.offset(x, y, z))
            .collect()
    };
    let of_lesion = |(id, found): (u32, &BoneLesion)| LesionVoxels {
        id,
        visits: (0..found.lesion.visits.len())
            .map(|visit| found.lesion.cavity(visit).map_or_else(Vec::new, inside))
            .collect(),
    };
    (1..).zip(&analysis.lesions).map(of_lesion).collect()
}

/// Lesions drawn onto the baseline's grid: inside the cavity of any visit.
pub(crate) fn lesion_labels(lesions: &[LesionVoxels], geometry: &Geometry) -> Labels {
    let mut labels = Labels::filled(geometry.clone(), 0);
    for lesion in lesions {
        for visit in 0..lesion.visits.len() {
            lesion.draw(visit, &mut labels);
        }
    }
    labels
}

/// The voxels of a box about a point, x fastest.
fn voxels_within(
    geometry: &Geometry,
    centre: PointMm,
    reach: f64,
) -> impl Iterator<Item = [usize; 3]> {
    let middle = geometry.index(centre);
    let (size, spacing) = (geometry.size(), geometry.spacing());
    let range = move |a: usize| {
        let half = reach / spacing[a] + 1.0;
        let low = (middle[a] - half).floor().max(0.0) as usize;
        let high = ((middle[a] + half).ceil().max(0.0) as usize).min(size[a] - 1);
        low..=high
    };
    range(2).flat_map(move |z| range(1).flat_map(move |y| range(0).map(move |x| [x, y, z])))
}

/// Half the edge of a lesion's picture beyond its extent, mm.
const PICTURE_MARGIN_MM: f64 = 1.5;
/// Extents that a picture shows, mm.
const EXTENT_MM: (f64, f64) = (0.5, 3.0);
/// Smallest voxel of a picture, mm.
const PICTURE_VOXEL_MM: f64 = 0.06;
/// Darkest and brightest value shown: contrasts below and above soft tissue.
const WINDOW: (f64, f64) = (0.6, 2.2);

/// The images as they were given, and soft tissue and bone (or marrow) in them, per visit.
pub(crate) struct Shown<'a> {
    pub(crate) volumes: Vec<VolumeView<'a>>,
    pub(crate) levels: Vec<(f64, f64)>,
}

pub(crate) fn patch(
    analysis: &Analysis<'_>,
    shown: &Shown<'_>,
    id: u32,
    found: &BoneLesion,
) -> Result<Patch, Error> {
    let grid = picture_grid(analysis, found)?;
    let bone = &analysis.bones[found.bone];
    let lesion = &found.lesion;
    let inside = |test: &dyn Fn(PointMm) -> bool| {
        Volume::from_fn(grid.clone(), |voxel| {
            u8::from(test(grid.world(voxel.map(|i| i as f64))))
        })
    };
    let mut images = Vec::new();
    let mut cavities = Vec::new();
    for (v, (volume, levels)) in shown.volumes.iter().zip(&shown.levels).enumerate() {
        let pose = bone
            .pose(v)
            .map_or_else(RigidTransform::identity, |p| p.transform);
        let kind = howship_image::Interpolation::Linear;
        let outside = levels.0 as f32;
        images.push(volume.resample(&grid, &pose, kind, outside)?);
        cavities.push(match lesion.cavity(v) {
            Some(cavity) => inside(&|at| cavity.contains(at)),
            None => Mask::filled(grid.clone(), 0),
        });
    }
    let depth = |at: PointMm| {
        let coarse = || bone.shape.depth(at).map(|d| -d);
        lesion.surface.depth(at).or_else(coarse)
    };
    let [e1, e2, n] = lesion.surface.axes();
    Ok(Patch {
        id,
        images,
        cavities,
        envelope: inside(&|at| depth(at).is_some_and(|d| d > 0.0)),
        axes: [e1.into(), e2.into(), (-n).into()],
        window: window(shown.levels[0]),
        volumes: (0..lesion.visits.len())
            .map(|v| lesion.volume_parts(v))
            .collect(),
        changes: found
            .volume_changes
            .iter()
            .map(|c| c.map(|c| c.parts))
            .collect(),
    })
}

/// A cube about a lesion at all visits.
fn picture_grid(analysis: &Analysis<'_>, found: &BoneLesion) -> Result<Geometry, Error> {
    let centre = found.lesion.centre();
    let extent = found
        .lesion
        .cavities()
        .map(|(_, c)| c.reach())
        .fold(EXTENT_MM.0, f64::max)
        .min(EXTENT_MM.1);
    let half = extent + PICTURE_MARGIN_MM;
    let baseline = analysis.visits[0].scan.volume.geometry();
    let spacing = baseline.min_spacing().max(PICTURE_VOXEL_MM);
    let n = (2.0 * half / spacing).ceil() as usize | 1;
    let corner = centre.coords.map(|c| c - (n as f64 - 1.0) / 2.0 * spacing);
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    Ok(Geometry::new(
        [n; 3],
        [spacing; 3],
        corner.into(),
        identity,
    )?)
}

fn window((soft, bone): (f64, f64)) -> (f32, f32) {
    let contrast = bone - soft;
    (
        (soft - WINDOW.0 * contrast) as f32,
        (soft + WINDOW.1 * contrast) as f32,
    )
}
