//! What other programs open: label volumes, a segmentation for 3D Slicer, transforms for ITK.

use crate::file_names::slugs;
use crate::folder::OutputFolder;
use crate::{Error, Observer};
use howship_bone::{JointResult, REMODELLING_CODES};
use howship_change::{Lesion, RegistrationSummary, VerdictFile};
use howship_formats::{WriteOptions, write_labels, write_labels_with, write_mask_with};
use howship_image::Labels;
use howship_report::verdict_rgb;

/// Bones by their identities, and where they remodelled, on the baseline's grid.
pub(crate) fn bones(folder: &OutputFolder, joint: &JointResult) -> Result<(), Error> {
    let at = |name: &str| folder.path().join(name);
    write_labels(&at("bones.nii.gz"), &joint.bone_labels)?;
    if let Some(map) = &joint.remodelling {
        write_mask_with(&at("remodelling.nii.gz"), map, &remodelling_codes())?;
    }
    Ok(())
}

/// Label volumes of lesions on the baseline's grid.
///
/// `labels.nii.gz` holds each lesion at its largest over the visits; with more visits than one, `labels-VISIT.nii.gz`
/// each at one visit, brought into the baseline's frame by its bone's motion. `lesions.seg.nrrd` holds bones and lesions
/// with names and colours.
pub(crate) fn lesions(
    folder: &OutputFolder,
    joint: JointResult,
    file: &VerdictFile,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let at = |name: &str| folder.path().join(name);
    write_labels(&at("labels.nii.gz"), &joint.labels)?;
    let names = file.visits.iter().map(|v| v.visit.name.as_str());
    if file.visits.len() > 1 {
        let mut labels = Labels::filled(joint.labels.geometry().clone(), 0);
        for (visit, slug) in slugs(names).iter().enumerate() {
            crate::check(observer)?;
            labels.data_mut().fill(0);
            joint
                .lesion_voxels
                .iter()
                .for_each(|l| l.draw(visit, &mut labels));
            write_labels(&at(&format!("labels-{slug}.nii.gz")), &labels)?;
        }
    }
    crate::check(observer)?;
    segmentation(folder, joint, file)
}

fn remodelling_codes() -> WriteOptions {
    let codes: Vec<String> = REMODELLING_CODES
        .iter()
        .map(|(code, word)| format!("{code} {word}"))
        .collect();
    WriteOptions {
        notes: vec![("Codes".into(), codes.join(", "))],
        ..WriteOptions::default()
    }
}

/// Bone in a picture: ivory.
const BONE_RGB: [u8; 3] = [241, 228, 199];

/// What a segment is, coded by SNOMED CT as DICOM's context groups 7150 and 7159 do (for bone as 3D Slicer's own list does).
#[derive(Clone, Copy)]
enum Coded {
    Lesion,
    Bone,
}

impl Coded {
    /// 3D Slicer's form: context, category, type, its modifier; context, region, its modifier.
    fn terminology(self) -> &'static str {
        match self {
            Self::Lesion => {
                "TerminologyEntry:Segmentation category and type - DICOM master list\
                 ~SCT^49755003^Morphologically Altered Structure~SCT^52988006^Lesion~^^\
                 ~Anatomic codes - DICOM master list~^^~^^|"
            }
            Self::Bone => {
                "TerminologyEntry:Segmentation category and type - 3D Slicer General Anatomy list\
                 ~SCT^85756007^Tissue~SCT^272673000^Bone~^^\
                 ~Anatomic codes - DICOM master list~^^~^^|"
            }
        }
    }
}

/// One segment of a segmentation.
struct Segment {
    id: String,
    name: String,
    rgb: [u8; 3],
    value: u32,
    coded: Coded,
}

/// Bones and lesions in one volume, as 3D Slicer keeps a segmentation: lesions by their identities, bones after them.
///
/// Keys after the format's description in Slicer's developer guide, "Segmentation labelmap file format (.seg.nrrd)".
fn segmentation(
    folder: &OutputFolder,
    joint: JointResult,
    file: &VerdictFile,
) -> Result<(), Error> {
    let JointResult {
        mut labels,
        bone_labels,
        ..
    } = joint;
    let first_bone = file.lesions.iter().map(|l| l.id).max().unwrap_or(0);
    for (label, bone) in labels.data_mut().iter_mut().zip(bone_labels.data()) {
        if *label == 0 && *bone != 0 {
            *label = first_bone + bone;
        }
    }
    drop(bone_labels);
    let lesions = file.lesions.iter().map(|l| Segment {
        id: format!("lesion_{}", l.id),
        name: segment_name(l),
        rgb: verdict_rgb(l.verdict()),
        value: l.id,
        coded: Coded::Lesion,
    });
    let bones = file.bones.iter().map(|b| Segment {
        id: format!("{BONE_ID}{}", b.id),
        name: b.name.clone(),
        rgb: BONE_RGB,
        value: first_bone + b.id,
        coded: Coded::Bone,
    });
    let options = WriteOptions {
        notes: notes(&lesions.chain(bones).collect::<Vec<_>>(), labels.size()),
        ..WriteOptions::default()
    };
    write_labels_with(&folder.path().join("lesions.seg.nrrd"), &labels, &options)?;
    Ok(())
}

/// How the identity of a bone's segment begins; Slicer keeps identities when segments are renamed.
const BONE_ID: &str = "bone_";

/// Label and name of the segments of a `.seg.nrrd` that Howship wrote as bones.
pub(crate) fn bone_segments(header: &[(String, String)]) -> Vec<(u32, String)> {
    let field = |segment: &str, field: &str| {
        let key = format!("{segment}_{field}");
        let entry = header.iter().find(|(k, _)| *k == key);
        entry.map(|(_, value)| value.trim().to_owned())
    };
    let bone = |(key, id): &(String, String)| {
        let segment = key
            .strip_suffix("_ID")
            .filter(|s| s.starts_with("Segment"))?;
        let number = id.trim().strip_prefix(BONE_ID)?;
        number.parse::<u32>().ok()?;
        let value = field(segment, "LabelValue")?.parse().ok()?;
        Some((value, field(segment, "Name").unwrap_or_else(|| id.clone())))
    };
    header.iter().filter_map(bone).collect()
}

fn segment_name(lesion: &Lesion) -> String {
    let verdict = lesion
        .verdict()
        .map_or_else(String::new, |v| format!(": {v}"));
    format!("lesion {} in {}{verdict}", lesion.id, lesion.bone)
}

fn notes(segments: &[Segment], size: [usize; 3]) -> Vec<(String, String)> {
    let [x, y, z] = size.map(|n| n.saturating_sub(1));
    let mut notes = vec![
        (
            "Segmentation_ContainedRepresentationNames".to_owned(),
            "Binary labelmap|".to_owned(),
        ),
        (
            "Segmentation_MasterRepresentation".to_owned(),
            "Binary labelmap".to_owned(),
        ),
        (
            "Segmentation_ReferenceImageExtentOffset".to_owned(),
            "0 0 0".to_owned(),
        ),
    ];
    for (i, s) in segments.iter().enumerate() {
        let colour = s
            .rgb
            .map(|c| format!("{:.4}", f64::from(c) / 255.0))
            .join(" ");
        let fields = [
            ("ID", s.id.clone()),
            ("Name", s.name.clone()),
            ("NameAutoGenerated", "0".to_owned()),
            ("Color", colour),
            ("ColorAutoGenerated", "0".to_owned()),
            ("Extent", format!("0 {x} 0 {y} 0 {z}")),
            ("LabelValue", s.value.to_string()),
            ("Layer", "0".to_owned()),
            ("Tags", s.coded.terminology().to_owned()),
        ];
        notes.extend(fields.map(|(key, value)| (format!("Segment{i}_{key}"), value)));
    }
    notes
}

/// One ITK transform per bone and later visit whose registration passed: `transforms/VISIT_BONE.tfm`.
///
/// It takes points of the baseline to points of the visit, both LPS mm, which is what ITK calls a transform from fixed
/// to moving: resampling the visit's image with it, or applying it to that image in 3D Slicer, brings the image onto
/// the baseline.
pub(crate) fn transforms(folder: &OutputFolder, file: &VerdictFile) -> Result<(), Error> {
    if file.visits.len() < 2 {
        return Ok(());
    }
    folder.folder("transforms")?;
    let visits: Vec<&str> = file.visits.iter().map(|v| v.visit.name.as_str()).collect();
    let visit_slugs = slugs(visits.iter().copied());
    let bone_slugs = slugs(file.bones.iter().map(|b| b.name.as_str()));
    for (bone, bone_slug) in file.bones.iter().zip(&bone_slugs) {
        for registration in bone.registrations.iter().filter(|r| r.failed.is_none()) {
            let Some(visit) = visits.iter().position(|v| *v == registration.visit) else {
                continue;
            };
            let name = format!("transforms/{}_{bone_slug}.tfm", visit_slugs[visit]);
            folder.write(&name, itk(registration).as_bytes())?;
        }
    }
    Ok(())
}

/// The text form of an ITK affine transform: the matrix row by row, then the translation, about the origin.
fn itk(registration: &RegistrationSummary) -> String {
    let m = &registration.matrix;
    let rotation = (0..3).flat_map(|r| (0..3).map(move |c| m[r][c]));
    let parameters: Vec<String> = rotation
        .chain((0..3).map(|r| m[r][3]))
        .map(|v| v.to_string())
        .collect();
    format!(
        "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: {}\nFixedParameters: 0 0 0\n",
        parameters.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ITK does with the file: y = A x + t, numbers in the order of the file.
    fn apply(text: &str, x: [f64; 3]) -> [f64; 3] {
        let line = text.lines().find_map(|l| l.strip_prefix("Parameters: "));
        let p: Vec<f64> = line
            .unwrap()
            .split(' ')
            .map(|v| v.parse().unwrap())
            .collect();
        assert_eq!(p.len(), 12);
        std::array::from_fn(|r| (0..3).map(|c| p[3 * r + c] * x[c]).sum::<f64>() + p[9 + r])
    }

    #[test]
    fn a_known_point_goes_where_the_registration_sends_it() {
        // A quarter turn about z, then a shift: (1, 2, 3) goes to (-2, 1, 3) + (10, -4, 0.5).
        let matrix = [
            [0.0, -1.0, 0.0, 10.0],
            [1.0, 0.0, 0.0, -4.0],
            [0.0, 0.0, 1.0, 0.5],
            [0.0, 0.0, 0.0, 1.0],
        ];
        let registration = RegistrationSummary {
            visit: "M6".into(),
            matrix,
            rotation_deg: 90.0,
            translation_mm: 0.0,
            correlation: 1.0,
            displacement_sd_mm: 0.0,
            overlap: 1.0,
            covariance: [[0.0; 6]; 6],
            centre_mm: [0.0; 3],
            failed: None,
        };
        let text = itk(&registration);
        assert_eq!(apply(&text, [1.0, 2.0, 3.0]), [8.0, -3.0, 3.5]);
        assert!(text.starts_with("#Insight Transform File V1.0\n"));
    }

    #[test]
    fn segments_carry_name_value_and_colour() {
        let segment = Segment {
            id: "lesion_2".into(),
            name: "lesion 2 in R.MC2: healing".into(),
            rgb: [255, 0, 51],
            value: 2,
            coded: Coded::Lesion,
        };
        let notes = notes(&[segment], [10, 20, 30]);
        let value = |key: &str| notes.iter().find(|n| n.0 == key).map(|n| n.1.as_str());
        assert_eq!(value("Segment0_LabelValue"), Some("2"));
        let tags = value("Segment0_Tags").unwrap();
        // Context, category, type, its modifier; context, region, its modifier.
        assert!(tags.starts_with("TerminologyEntry:") && tags.ends_with('|'));
        assert_eq!(tags.split('~').count(), 7, "{tags}");
        assert_eq!(value("Segment0_Color"), Some("1.0000 0.0000 0.2000"));
        assert_eq!(value("Segment0_Extent"), Some("0 9 0 19 0 29"));
        assert_eq!(value("Segment0_Name"), Some("lesion 2 in R.MC2: healing"));
    }

    /// The program's own segmentation, corrected in Slicer and given back: its bones were counted as lesions.
    #[test]
    fn bones_are_known_by_their_identity_and_lesions_are_none() {
        let segment = |id: &str, name: &str, value| Segment {
            id: id.into(),
            name: name.into(),
            rgb: [0; 3],
            value,
            coded: Coded::Bone,
        };
        let written = [
            segment("lesion_1", "bone_9", 1),
            segment("bone_1", "R.PP2", 3),
            segment("bone_2", "my bone", 4),
            segment("bone_marrow", "oedema", 5),
        ];
        let header = notes(&written, [10, 20, 30]);
        let bones = [(3, "R.PP2".to_owned()), (4, "my bone".to_owned())];
        assert_eq!(bone_segments(&header), bones);
    }
}
