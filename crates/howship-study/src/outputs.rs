//! What OUT holds.

use crate::exports;
use crate::folder::OutputFolder;
use crate::measure::Outcome;
use crate::surfaces;
use crate::{Error, Observer};
use howship_bone::JointResult;
use howship_change::{RegistrationFile, VerdictFile};
use howship_report::{LesionPatch, ReportInput};
use serde::Serialize;

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
    let Outcome {
        file,
        mut joint,
        alignments,
    } = outcome;
    observer.progress("figures", 0.0);
    // Bones are drawn to show where lesions are.
    let looked = file.looked_for_erosions();
    let bones = if looked {
        surfaces::bones(&joint)?
    } else {
        Vec::new()
    };
    let lesion_surfaces = surfaces::lesions(&joint)?;
    let patches = patches(&mut joint);
    let input = ReportInput {
        result: &file,
        truth,
        patches: &patches,
        bones: &bones,
        lesion_surfaces: &lesion_surfaces,
        alignments: &alignments,
    };
    crate::check(observer)?;
    let report = howship_report::report(&input)?;
    folder.write("report.html", report.html.as_bytes())?;
    observer.progress("figures", 0.9);
    if !report.figures.is_empty() {
        folder.folder("figures")?;
    }
    for (name, bytes) in report.figures {
        folder.write(&format!("figures/{name}"), &bytes)?;
    }
    observer.progress("writing", 0.0);
    crate::check(observer)?;
    folder.write("verdicts.json", &json(&file)?)?;
    if looked {
        let table = howship_report::lesions_csv(&file);
        folder.write("lesions.csv", table.as_bytes())?;
    }
    if file.visits.len() > 1 {
        folder.write(
            "registration.json",
            &json(&RegistrationFile::of(&file.bones))?,
        )?;
    }
    exports::transforms(folder, &file)?;
    exports::bones(folder, &joint)?;
    if looked {
        exports::lesions(folder, joint, &file, observer)?;
    }
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
