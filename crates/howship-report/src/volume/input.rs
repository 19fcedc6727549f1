use crate::{Error, Mesh};
use howship_change::VerdictFile;
use howship_image::{Mask, Volume};

/// The images around one lesion, all visits in the baseline's frame on one grid.
#[derive(Debug, Clone, PartialEq)]
pub struct LesionPatch {
    /// Identity, as in the result.
    pub id: u32,
    /// Density per visit.
    pub visits: Vec<Volume<f32>>,
    /// Cavity per visit.
    pub cavities: Vec<Mask>,
    /// Inside of the intact bone.
    pub envelope: Mask,
    /// Rows: two tangential directions and the inward normal, unit vectors in LPS.
    pub axes: [[f64; 3]; 3],
    /// Densities shown black and white.
    pub window: (f32, f32),
}

impl LesionPatch {
    /// That volumes, masks and axes belong together.
    ///
    /// # Errors
    /// Unpaired visits, differing grids, axes that are not perpendicular unit vectors.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Some(first) = self.visits.first() else {
            return Err(self.unpaired());
        };
        if self.visits.len() != self.cavities.len() {
            return Err(self.unpaired());
        }
        let grids = self.visits.iter().map(Volume::geometry);
        let masks = self.cavities.iter().chain([&self.envelope]);
        for grid in grids.chain(masks.map(Volume::geometry)) {
            first
                .geometry()
                .require_same(grid)
                .map_err(|source| Error::PatchGrid {
                    lesion: self.id,
                    source,
                })?;
        }
        let dot =
            |a: usize, b: usize| -> f64 { (0..3).map(|i| self.axes[a][i] * self.axes[b][i]).sum() };
        let perpendicular =
            (0..3).all(|a| (0..3).all(|b| (dot(a, b) - f64::from(u8::from(a == b))).abs() < 1e-3));
        if perpendicular {
            Ok(())
        } else {
            Err(Error::PatchAxes {
                lesion: self.id,
                axes: self.axes,
            })
        }
    }

    fn unpaired(&self) -> Error {
        Error::PatchCount {
            lesion: self.id,
            visits: self.visits.len(),
            cavities: self.cavities.len(),
        }
    }
}

/// The surface of a bone at baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct BoneSurface {
    /// Name in print.
    pub name: String,
    /// LPS mm.
    pub mesh: Mesh,
}

/// The surface of a lesion's cavity.
#[derive(Debug, Clone, PartialEq)]
pub struct LesionSurface {
    /// Identity, as in the result.
    pub id: u32,
    /// LPS mm.
    pub mesh: Mesh,
}

/// One bone at baseline and at a later visit in the same slice, the later one brought over by its registration.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignmentPicture {
    /// Name of the bone in print.
    pub bone: String,
    /// Names of the baseline and of the later visit.
    pub visits: [String; 2],
    /// Pixels across and down.
    pub size: [usize; 2],
    /// Edge of a pixel, mm.
    pub mm_per_pixel: f64,
    /// Grey levels of the baseline and of the later visit, row by row from the top.
    pub grey: [Vec<u8>; 2],
}

/// Everything a report is made of; only the result is required.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    /// What was measured.
    pub result: &'a VerdictFile,
    /// The truth, where it is known (phantoms).
    pub truth: Option<&'a VerdictFile>,
    /// Images around lesions; may be empty.
    pub patches: &'a [LesionPatch],
    /// Surfaces of bones; may be empty.
    pub bones: &'a [BoneSurface],
    /// Surfaces of lesions; may be empty.
    pub lesion_surfaces: &'a [LesionSurface],
    /// Slices that show how well bones were aligned; may be empty.
    pub alignments: &'a [AlignmentPicture],
}
