use crate::Error;
use howship_change::Visit;
use howship_image::{Geometry, Labels, PointMm, RigidTransform, ScanView, Volume, resample_labels};

/// Serial volumes of one joint.
pub struct JointInput<'a> {
    /// What each visit brings, baseline first.
    pub visits: Vec<VisitScan<'a>>,
    /// Lesions given by the user; `None` where they are to be found.
    pub lesions: Option<&'a GivenLesions>,
}

/// One visit's scan.
pub struct VisitScan<'a> {
    /// Name and day.
    pub visit: Visit,
    /// The scan, in memory or in a file.
    pub scan: ScanView<'a>,
    /// Bones given by the user; `None` where they are to be found.
    pub mask: Option<BoneMask>,
}

/// Bones given by the user as labels on a scan's grid; a byte a voxel where that holds them all.
#[derive(Debug, Clone)]
pub struct BoneMask(Kept);

#[derive(Debug, Clone)]
enum Kept {
    Bytes(Volume<u8>),
    Words(Labels),
}

impl From<Labels> for BoneMask {
    fn from(labels: Labels) -> Self {
        let small = labels.data().iter().all(|l| u8::try_from(*l).is_ok());
        Self(if small {
            Kept::Bytes(labels.map(|l| l as u8))
        } else {
            Kept::Words(labels)
        })
    }
}

impl BoneMask {
    /// The grid that it lies on.
    #[must_use]
    pub fn geometry(&self) -> &Geometry {
        match &self.0 {
            Kept::Bytes(bytes) => bytes.geometry(),
            Kept::Words(labels) => labels.geometry(),
        }
    }

    /// Whether it holds more different labels than so many, 0 aside.
    pub(crate) fn holds_more_than(&self, most: usize) -> bool {
        match &self.0 {
            Kept::Bytes(bytes) => more_than(bytes.data().iter().map(|l| u32::from(*l)), most),
            Kept::Words(labels) => more_than(labels.data().iter().copied(), most),
        }
    }

    /// On another grid, by the nearest voxel.
    pub(crate) fn on(&self, grid: &Geometry) -> Labels {
        let identity = RigidTransform::identity();
        match &self.0 {
            Kept::Bytes(bytes) => resample_labels(bytes, grid, &identity).map(u32::from),
            Kept::Words(labels) => resample_labels(labels, grid, &identity),
        }
    }
}

fn more_than(labels: impl Iterator<Item = u32>, most: usize) -> bool {
    let (mut seen, mut last) = (std::collections::BTreeSet::new(), 0);
    for label in labels {
        // Neighbours are mostly alike: a label is looked up where it changes.
        if label != last && label != 0 && seen.insert(label) && seen.len() > most {
            return true;
        }
        last = label;
    }
    false
}

impl<'a> VisitScan<'a> {
    /// Visits and their scans one by one, bones to be found.
    pub fn pairs(
        visits: impl IntoIterator<Item = Visit>,
        scans: impl IntoIterator<Item = impl Into<ScanView<'a>>>,
    ) -> Vec<Self> {
        let pairs = visits.into_iter().zip(scans);
        pairs
            .map(|(visit, scan)| Self {
                visit,
                scan: scan.into(),
                mask: None,
            })
            .collect()
    }
}

impl<'a> JointInput<'a> {
    /// The first visit's scan.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn baseline(&self) -> Result<ScanView<'a>, Error> {
        let first = self.visits.first();
        Ok(first.ok_or(Error::NoVisits)?.scan)
    }
}

/// Lesions given by the user in the baseline's frame.
#[derive(Debug, Clone)]
pub enum GivenLesions {
    /// A label image on the baseline's grid: each value one lesion.
    Labels(Labels),
    /// One point inside each lesion, LPS mm.
    Seeds(Vec<[f64; 3]>),
}

impl GivenLesions {
    /// One point per lesion: the seed, or the labelled voxel nearest to the label's centre.
    pub(crate) fn points_mm(&self) -> Vec<[f64; 3]> {
        match self {
            Self::Seeds(seeds) => seeds.clone(),
            Self::Labels(labels) => howship_ops::region_properties(labels)
                .into_iter()
                .map(|p| nearest_voxel(labels, p.label, p.region, PointMm::from(p.centroid_mm)))
                .collect(),
        }
    }
}

/// A curved region's centre may lie outside it; its nearest voxel does not.
fn nearest_voxel(
    labels: &Labels,
    label: u32,
    region: howship_image::Region,
    centre: PointMm,
) -> [f64; 3] {
    let geometry = labels.geometry();
    let mut best = (f64::INFINITY, centre);
    for z in region.start[2]..region.start[2] + region.size[2] {
        for y in region.start[1]..region.start[1] + region.size[1] {
            for x in region.start[0]..region.start[0] + region.size[0] {
                if labels.at(x, y, z) == label {
                    let at = geometry.world([x as f64, y as f64, z as f64]);
                    let distance = (at - centre).norm();
                    if distance < best.0 {
                        best = (distance, at);
                    }
                }
            }
        }
    }
    best.1.coords.into()
}

/// Somebody who watches the work and may stop it.
pub trait Observer: Sync {
    /// A stage's name and the share of it that is done.
    fn progress(&self, stage: &str, share: f64);

    /// Whether the work shall stop.
    fn wants_stop(&self) -> bool {
        false
    }
}

/// Nobody watches.
pub struct Unobserved;

impl Observer for Unobserved {
    fn progress(&self, _: &str, _: f64) {}
}

impl dyn Observer + '_ {
    /// Reports, and stops where wanted.
    pub(crate) fn report(&self, stage: &str, share: f64) -> Result<(), Error> {
        self.progress(stage, share);
        self.stopped()
    }

    pub(crate) fn stopped(&self) -> Result<(), Error> {
        if self.wants_stop() {
            Err(Error::Stopped)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_its_labels_whether_they_fit_a_byte_or_not() {
        let grid = Geometry::aligned([4, 3, 2], [0.1; 3]).unwrap();
        for (largest, bytes) in [(255, true), (256, false), (70_000, false)] {
            let labels = Labels::from_fn(grid.clone(), |[x, y, z]| {
                if x + y + z == 0 { largest } else { x as u32 }
            });
            let mask = BoneMask::from(labels.clone());
            assert_eq!(matches!(mask.0, Kept::Bytes(_)), bytes, "{largest}");
            assert_eq!(mask.geometry(), labels.geometry());
            assert_eq!(mask.on(&grid).data(), labels.data(), "{largest}");
            // 1, 2, 3 and the largest.
            assert!(mask.holds_more_than(3) && !mask.holds_more_than(4));
        }
    }
}
