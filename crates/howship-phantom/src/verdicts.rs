use crate::{BoneTruth, Error, InsertSpec, InsertedSeries, JointSpec, LesionTruth, Truth, truth};
use howship_change::{
    AxesKnown, Bone, BoneVisit, Change, Judged, Lesion, LesionKind, LesionVisit, Measurement,
    Probability, Provenance, Quantity, RegistrationSummary, RepairSigns, SCHEMA, SettingName,
    Settings, Verdict, VerdictFile, VerdictOptions, Visit, VisitSummary,
};
use howship_image::Geometry;
use std::collections::BTreeMap;

impl JointSpec {
    /// The truth in the shape of a result: errors are 0, probabilities 0 or 1.
    ///
    /// # Errors
    /// A field of the specification that is not usable.
    pub fn truth_file(&self) -> Result<VerdictFile, Error> {
        let truth = truth(self)?;
        let mut visits = Vec::new();
        for (v, visit) in self.visits.iter().enumerate() {
            let scanner = self.scanner_of(v);
            let grid = crate::joint::image_grid(self, scanner)?;
            let blur = scanner.blur_fwhm_mm[0] / crate::scanner::FWHM_PER_SIGMA;
            visits.push(summary(
                &visit.name,
                &grid,
                &scanner.unit.to_string(),
                scanner.noise.sd,
                blur,
            ));
        }
        truth.file(visits, self.seed)
    }
}

impl InsertedSeries {
    /// The truth in the shape of a result: errors are 0, probabilities 0 or 1.
    ///
    /// # Errors
    /// A truth that the result's types refuse.
    pub fn truth_file(&self, spec: &InsertSpec) -> Result<VerdictFile, Error> {
        let blur = spec.blur_fwhm_mm / crate::scanner::FWHM_PER_SIGMA;
        let visits = self
            .visits
            .iter()
            .map(|v| {
                let unit = v.scan.unit.to_string();
                summary(
                    &v.name,
                    v.scan.volume.geometry(),
                    &unit,
                    self.noise_sd,
                    blur,
                )
            })
            .collect();
        self.truth.file(visits, spec.seed)
    }
}

fn summary(name: &str, grid: &Geometry, unit: &str, noise_sd: f64, blur: f64) -> VisitSummary {
    VisitSummary {
        // A free name is legal for a phantom; it then has no day.
        visit: Visit::parse(name).unwrap_or(Visit {
            name: name.into(),
            days: None,
        }),
        size: grid.size(),
        spacing_mm: grid.spacing(),
        unit: unit.into(),
        noise_sd,
        blur_mm: Some(blur),
    }
}

impl Truth {
    /// The truth in the shape of a result, for visits whose images are described.
    ///
    /// # Errors
    /// A truth that the result's types refuse.
    pub fn file(&self, visits: Vec<VisitSummary>, seed: u64) -> Result<VerdictFile, Error> {
        let ids: Vec<u32> = self
            .lesions
            .first()
            .map_or_else(Vec::new, |l| l.iter().map(|l| l.id).collect());
        let lesions = ids
            .iter()
            .map(|&id| self.lesion(id))
            .collect::<Result<Vec<_>, _>>()?;
        let mut settings = Settings::default();
        settings.set(SettingName::Source, "known truth of a phantom");
        Ok(VerdictFile {
            schema: SCHEMA.into(),
            provenance: Provenance {
                version: env!("CARGO_PKG_VERSION").into(),
                command: Vec::new(),
                inputs: Vec::new(),
                subject: None,
                settings,
                seeds: vec![seed],
            },
            visits,
            bones: self.bones.iter().map(|b| self.bone(b)).collect(),
            axes: AxesKnown::Patient,
            directions: None,
            not_looked_for: Vec::new(),
            lesions,
            not_reported: Vec::new(),
            totals: Vec::new(),
            decision: self.decision(),
            expected_false_discovery: None,
            warnings: Vec::new(),
        })
    }

    /// How its verdicts were reached: by the specification's δ of the volume.
    fn decision(&self) -> VerdictOptions {
        VerdictOptions {
            delta: Some(self.delta_mm3),
            delta_share: Some(self.delta_share),
            ..VerdictOptions::default()
        }
    }

    fn bone(&self, bone: &BoneTruth) -> Bone {
        let first = bone
            .poses
            .first()
            .copied()
            .unwrap_or_else(howship_image::RigidTransform::identity);
        let centre = first.apply(bone.centre_mm.into());
        let later = self.visits.iter().enumerate().skip(1);
        let registrations = later.filter_map(|(v, name)| {
            let motion = self.motion(bone.id, v)?;
            Some(RegistrationSummary {
                visit: name.clone(),
                matrix: motion.matrix(),
                rotation_deg: motion.angle().to_degrees(),
                translation_mm: (motion.apply(centre) - centre).norm(),
                correlation: 1.0,
                displacement_sd_mm: 0.0,
                overlap: 1.0,
                covariance: [[0.0; 6]; 6],
                centre_mm: centre.coords.into(),
                failed: None,
            })
        });
        Bone {
            id: bone.id,
            name: bone.name.clone(),
            centroid_mm: centre.coords.into(),
            visits: self
                .visits
                .iter()
                .map(|v| BoneVisit {
                    visit: v.clone(),
                    measurements: BTreeMap::new(),
                })
                .collect(),
            registrations: registrations.collect(),
            remodelling: Vec::new(),
        }
    }

    fn lesion(&self, id: u32) -> Result<Lesion, Error> {
        let course: Vec<&LesionTruth> = self
            .lesions
            .iter()
            .filter_map(|v| v.iter().find(|l| l.id == id))
            .collect();
        let last = course.len().saturating_sub(1);
        let first = course[0];
        let visits = course
            .iter()
            .zip(&self.visits)
            .enumerate()
            .map(|(v, (truth, name))| LesionVisit {
                visit: name.clone(),
                found: truth.present,
                centre_mm: truth.centroid_mm,
                measurements: measurements(truth),
                open: truth.mouth_mm2 > 0.0,
                absent: false,
                volume_alone: None,
                repair: (v > 0).then(|| repair(first, truth)),
            })
            .collect();
        let options = self.decision();
        let change = |quantity: Quantity, to: usize| {
            let (before, after) = (value_of(first, quantity), value_of(course[to], quantity));
            let visits = (self.visits[0].as_str(), self.visits[to].as_str());
            let change = |(a, b): (f64, f64)| {
                Change::new(b - a, 0.0, None, &quantity.scale(&options, a), visits)
            };
            before.zip(after).map(change).transpose()
        };
        let mut changes = BTreeMap::new();
        if last > 0 {
            for quantity in Quantity::ALL {
                if let Some(change) = change(quantity, last)? {
                    changes.insert(quantity, change);
                }
            }
        }
        let volumes = (1..course.len())
            .filter_map(|v| change(Quantity::Volume, v).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let verdict = (last > 0).then(|| self.verdict(id, last)).flatten();
        let judged = verdict.map(|verdict| Judged {
            change: changes.get(&Quantity::Volume).cloned(),
            probability: Some(certain(verdict)),
            verdict,
            reason: "known truth".into(),
        });
        Ok(Lesion {
            id,
            bone: first.bone.clone(),
            kind: LesionKind::Erosion,
            erosion_probability: None,
            centroid_mm: first.centroid_mm,
            normal: first.normal,
            visits,
            change: changes,
            course: volumes,
            judged,
        })
    }
}

/// What a truth knows of a lesion; rim densities are left to those who measure.
fn value_of(truth: &LesionTruth, quantity: Quantity) -> Option<f64> {
    Some(match quantity {
        Quantity::Volume => truth.volume_mm3,
        Quantity::MouthArea => truth.mouth_mm2,
        Quantity::Surface => truth.surface_mm2,
        Quantity::Width => truth.width_mm,
        Quantity::Depth => truth.depth_mm,
        Quantity::Depth3d => truth.depth3d_mm,
        Quantity::Diameter3d => truth.diameter3d_mm,
        Quantity::DensityInside => truth.density,
        _ => return None,
    })
}

fn measurements(truth: &LesionTruth) -> BTreeMap<Quantity, Measurement> {
    let known = |quantity: Quantity| Some((quantity, value_of(truth, quantity)?));
    Quantity::ALL
        .into_iter()
        .filter_map(known)
        .map(|(quantity, value)| {
            let measurement = Measurement {
                value,
                unit: quantity.unit().into(),
                se: 0.0,
                df: None,
            };
            (quantity, measurement)
        })
        .collect()
}

/// Shares of the first mouth and cavity that are gone.
fn repair(first: &LesionTruth, later: &LesionTruth) -> RepairSigns {
    let gone = |a: f64, b: f64| {
        if a > 0.0 {
            (1.0 - b / a).clamp(0.0, 1.0)
        } else {
            0.0
        }
    };
    RepairSigns {
        recortication: gone(first.mouth_mm2, later.mouth_mm2),
        filling_in: gone(first.volume_mm3, later.volume_mm3),
        sclerosis: 0.0,
    }
}

fn certain(verdict: Verdict) -> Probability {
    let is = |v: Verdict| f64::from(u8::from(v == verdict));
    Probability {
        healing: is(Verdict::Healing),
        stable: is(Verdict::Stable),
        progressing: is(Verdict::Progressing),
    }
}

/// Writes a truth as `truth.json` into a folder that exists.
///
/// # Errors
/// The file cannot be written.
pub fn write_truth(file: &VerdictFile, folder: &std::path::Path) -> Result<(), Error> {
    let path = folder.join("truth.json");
    let failed = |reason: String| Error::Write {
        path: path.display().to_string(),
        reason,
    };
    let mut text = serde_json::to_string_pretty(file).map_err(|e| failed(e.to_string()))?;
    text.push('\n');
    std::fs::write(&path, text).map_err(|e| failed(e.to_string()))
}
