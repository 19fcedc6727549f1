use super::{alignment, bone_cell};
use crate::paper::{escape, number, scrolling};
use crate::{Error, ReportInput};
use howship_change::{Bone, BoneChange, BoneVisit, RegistrationSummary, VerdictFile, VisitSummary};
use std::collections::BTreeMap;

/// Quality of the images and of their alignment, and what happened to the bones as a whole.
pub(super) fn section(input: &ReportInput<'_>) -> Result<String, Error> {
    let result = input.result;
    let parts = [
        registrations(result),
        alignment::pictures(input.alignments)?,
        remodelling(result),
        bones(result),
        images(result),
    ];
    Ok(format!(
        "<section aria-labelledby=\"quality\"><h2 id=\"quality\">Images, alignment and bones</h2>\n{}</section>\n",
        parts.concat()
    ))
}

fn table(title: &str, note: &str, columns: &[&str], rows: &str) -> String {
    let head: String = columns
        .iter()
        .map(|c| format!("<th scope=\"col\">{c}</th>"))
        .collect();
    let table = format!(
        "<table><caption>{note}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    );
    format!("<h3>{title}</h3>{}", scrolling(title, &table))
}

fn row(first: &str, cells: &[String]) -> String {
    let cells: String = cells
        .iter()
        .map(|c| format!("<td class=\"num\">{c}</td>"))
        .collect();
    format!("<tr><th scope=\"row\">{first}</th>{cells}</tr>\n")
}

fn registrations(result: &VerdictFile) -> String {
    let line = |bone: &Bone, r: &RegistrationSummary| {
        let gate = match &r.failed {
            None => "<span class=\"ok\">✓ passed</span>".to_owned(),
            Some(reason) => format!("<span class=\"bad\">✗ failed: {}</span>", escape(reason)),
        };
        row(
            &bone_cell(&bone.name),
            &[
                escape(&r.visit),
                format!("{}°", number::fixed(r.rotation_deg, 2)),
                number::fixed(r.translation_mm, 2),
                number::fixed(r.correlation, 3),
                number::fixed(r.displacement_sd_mm * 1000.0, 1),
                number::percent(r.overlap),
                gate,
            ],
        )
    };
    let rows: String = result
        .bones
        .iter()
        .flat_map(|b| b.registrations.iter().map(move |r| line(b, r)))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let failed = if result.looked_for_erosions() {
        "A failed gate makes the bone's lesions uncertain."
    } else {
        "Of a bone that fails its gate nothing is compared."
    };
    table(
        "Alignment",
        &format!(
            "Each bone is aligned to the first visit by itself. Displacement SD: how far, on average, a point of the bone may be off. {failed}"
        ),
        &[
            "Bone",
            "Visit",
            "Rotation",
            "Shift<br><span class=\"unit\">mm</span>",
            "Correlation",
            "Displacement SD<br><span class=\"unit\">µm</span>",
            "Overlap",
            "Gate",
        ],
        &rows,
    )
}

fn remodelling(result: &VerdictFile) -> String {
    let volume = |mm3: f64, c: &BoneChange| {
        let share = mm3 / c.baseline_bone_mm3;
        let percent = if share.is_finite() {
            format!("<br><span class=\"soft\">{}</span>", number::percent(share))
        } else {
            String::new()
        };
        format!("{}{percent}", number::fixed(mm3, 2))
    };
    let line = |bone: &Bone, c: &BoneChange| {
        row(
            &bone_cell(&bone.name),
            &[
                escape(&c.to),
                number::fixed(c.baseline_bone_mm3, 1),
                volume(c.formation_mm3, c),
                volume(c.resorption_mm3, c),
                volume(c.false_mm3, c),
                number::fixed(c.mineralisation_mm3, 2),
                number::fixed(c.demineralisation_mm3, 2),
            ],
        )
    };
    let rows: String = result
        .bones
        .iter()
        .flat_map(|b| b.remodelling.iter().map(move |c| line(b, c)))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut definitions: Vec<String> = result
        .bones
        .iter()
        .flat_map(|b| b.remodelling.iter().map(|c| escape(&c.definition)))
        .collect();
    definitions.sort();
    definitions.dedup();
    table(
        "Remodelling since the first visit",
        &format!(
            "Volumes in mm³ and as share of the bone at baseline. Expected false: what noise alone would show as formed, and again as resorbed, where nothing changed. Definition: {}.",
            definitions.join("; ")
        ),
        &[
            "Bone",
            "Visit",
            "Bone at baseline",
            "Formed",
            "Resorbed",
            "Expected false",
            "Denser",
            "Less dense",
        ],
        &rows,
    )
}

fn bones(result: &VerdictFile) -> String {
    let mut rows = String::new();
    for bone in &result.bones {
        let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
        for (key, m) in bone.visits.iter().flat_map(|v| &v.measurements) {
            keys.entry(key).or_insert(&m.unit);
        }
        for (key, unit) in keys {
            let value = |visit: &VisitSummary| {
                let at = |v: &&BoneVisit| v.visit == visit.visit.name;
                let m = bone
                    .visits
                    .iter()
                    .find(at)
                    .and_then(|v| v.measurements.get(key));
                m.map_or("–".into(), |m| number::with_error(m.value, m.se))
            };
            let mut cells = vec![escape(&measurement_name(key, result)), escape(unit)];
            cells.extend(result.visits.iter().map(value));
            rows.push_str(&row(&bone_cell(&bone.name), &cells));
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let names: Vec<String> = result
        .visits
        .iter()
        .map(|v| escape(&v.visit.name))
        .collect();
    let mut columns = vec!["Bone", "Measurement", "Unit"];
    columns.extend(names.iter().map(String::as_str));
    table(
        "Bones",
        "Each bone as a whole ± standard error; its volume is that of the part which all visits show.",
        &columns,
        &rows,
    )
}

/// A measurement of a bone in words; of a joint space, to which bone.
fn measurement_name(key: &str, result: &VerdictFile) -> String {
    let plain = || key.replace('_', " ");
    let parts = key
        .strip_prefix("joint_space_")
        .and_then(|k| k.rsplit_once("_to_bone_"));
    let Some((what, id)) = parts else {
        return plain();
    };
    let Some(other) = result.bones.iter().find(|b| b.id.to_string() == id) else {
        return plain();
    };
    let what = match what {
        "mean" => "mean width",
        "minimum" => "least width (1st percentile of the area)",
        "p5" => "width, 5th percentile",
        "p95" => "width, 95th percentile",
        "volume" => "volume",
        "mean_change_by_motion" => "change of the mean width, by the bones\u{2019} motion",
        "narrowest_change_by_motion" => "change where it is narrowest, by the bones\u{2019} motion",
        _ => return plain(),
    };
    format!("joint space to {}: {what}", other.name)
}

fn images(result: &VerdictFile) -> String {
    if result.visits.is_empty() {
        return String::new();
    }
    let mut head = vec![
        "Visit",
        "Day",
        "Voxels",
        "Spacing<br><span class=\"unit\">mm</span>",
        "Noise SD",
    ];
    let mut note = "Noise: SD of the values in soft tissue.".to_owned();
    // Known of a phantom only: a column of dashes tells a reader nothing.
    let blurs = result.visits.iter().any(|v| v.blur_mm.is_some());
    if blurs {
        head.push("Blur<br><span class=\"unit\">µm</span>");
        note.push_str(" Blur: SD of the point spread at the cortex.");
    }
    let rows: String = result
        .visits
        .iter()
        .map(|v| {
            let joined = |values: [String; 3]| values.join(" × ");
            let mut cells = vec![
                v.visit
                    .days
                    .map_or("–".into(), |d| number::setting(d.round())),
                joined(v.size.map(|n| n.to_string())),
                joined(v.spacing_mm.map(|s| number::fixed(s, 4))),
                format!("{} {}", number::plain(v.noise_sd), escape(&v.unit)),
            ];
            if blurs {
                cells.push(
                    v.blur_mm
                        .map_or("–".into(), |b| number::fixed(b * 1000.0, 0)),
                );
            }
            row(&escape(&v.visit.name), &cells)
        })
        .collect();
    table("Images", &note, &head, &rows)
}
