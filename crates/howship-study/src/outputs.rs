//! What OUT holds.

use crate::folder::OutputFolder;
use crate::measure::Outcome;
use crate::surfaces;
use crate::{Error, Observer};
use howship_bone::JointResult;
use howship_change::{Bone, RegistrationSummary, VerdictFile};
use howship_formats::{write_labels, write_mask};
use howship_report::{LesionPatch, ReportInput};
use serde::Serialize;

/// Name and version of `registration.json`.
const REGISTRATION_SCHEMA: &str = "howship-registration/1";

#[derive(Serialize)]
struct RegistrationFile<'a> {
    schema: &'static str,
    frame: &'static str,
    bones: Vec<RegisteredBone<'a>>,
}

#[derive(Serialize)]
struct RegisteredBone<'a> {
    id: u32,
    name: &'a str,
    centroid_mm: [f64; 3],
    registrations: &'a [RegistrationSummary],
}

/// Writes every file of a result into its folder, truth beside verdict where it is known.
///
/// # Errors
/// A report that cannot be made, a file that cannot be written, a stop wanted by the observer.
pub fn write(
    folder: &OutputFolder,
    outcome: Outcome,
    truth: Option<&VerdictFile>,
    observer: &dyn Observer,
) -> Result<VerdictFile, Error> {
    let Outcome { file, mut joint } = outcome;
    observer.progress("figures", 0.0);
    let bones = surfaces::bones(&joint)?;
    let lesion_surfaces = surfaces::lesions(&joint)?;
    let patches = patches(&mut joint);
    let input = ReportInput {
        result: &file,
        truth,
        patches: &patches,
        bones: &bones,
        lesion_surfaces: &lesion_surfaces,
    };
    crate::check(observer)?;
    folder.write("report.html", howship_report::html(&input)?.as_bytes())?;
    observer.progress("figures", 0.5);
    folder.folder("figures")?;
    for (name, bytes) in howship_report::figures(&input)? {
        folder.write(&format!("figures/{name}"), &bytes)?;
    }
    observer.progress("writing", 0.0);
    crate::check(observer)?;
    folder.write("verdicts.json", &json(&file)?)?;
    let table = howship_report::lesions_csv(&file);
    folder.write("lesions.csv", table.as_bytes())?;
    if file.visits.len() > 1 {
        folder.write("registration.json", &json(&registration(&file.bones))?)?;
    }
    write_volumes(folder, &joint)?;
    observer.progress("writing", 1.0);
    crate::check(observer)?;
    Ok(file)
}

/// Pretty JSON with a last newline.
///
/// # Errors
/// A value that JSON cannot hold.
pub fn json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn write_volumes(folder: &OutputFolder, joint: &JointResult) -> Result<(), Error> {
    write_labels(&folder.path().join("labels.nii.gz"), &joint.labels)?;
    write_labels(&folder.path().join("bones.nii.gz"), &joint.bone_labels)?;
    if let Some(map) = &joint.remodelling {
        write_mask(&folder.path().join("remodelling.nii.gz"), map)?;
    }
    Ok(())
}

fn registration(bones: &[Bone]) -> RegistrationFile<'_> {
    RegistrationFile {
        schema: REGISTRATION_SCHEMA,
        frame: "row-major 4 x 4 matrices take LPS mm of the baseline to LPS mm of the visit",
        bones: bones
            .iter()
            .map(|b| RegisteredBone {
                id: b.id,
                name: &b.name,
                centroid_mm: b.centroid_mm,
                registrations: &b.registrations,
            })
            .collect(),
    }
}

/// The report's own type for what it draws; images are moved, not copied.
fn patches(joint: &mut JointResult) -> Vec<LesionPatch> {
    std::mem::take(&mut joint.patches)
        .into_iter()
        .map(|p| LesionPatch {
            id: p.id,
            visits: p.images,
            cavities: p.cavities,
            envelope: p.envelope,
            axes: p.axes,
            // What a picture shows needs no decimals in print.
            window: (p.window.0.round(), p.window.1.round()),
        })
        .collect()
}
