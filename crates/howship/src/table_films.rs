//! The verdicts of films for the terminal.

use crate::printer::Printer;
use crate::table::Table;
use howship_change::{FilmTruth, FilmVerdictFile, JointBone, Judged, Verdict};
use std::path::Path;

/// Warnings, the table, and where the report is.
pub(crate) fn tell(
    file: &FilmVerdictFile,
    truth: Option<&FilmTruth>,
    out: &Path,
    printer: &Printer,
) -> anyhow::Result<()> {
    for warning in &file.warnings {
        printer.warning(warning);
    }
    let mut table = Table::new([
        "joint",
        "what",
        "change",
        "95 % interval",
        "true change",
        "verdict",
    ]);
    let mut refused = 0;
    for joint in &file.joints {
        if joint.joint.refused.is_some() || joint.joint.narrowing.is_empty() {
            refused += 1;
        }
        let known = truth.and_then(|t| t.of(joint));
        for e in &joint.joint.erosions {
            let bone = match e.bone {
                JointBone::Proximal => "proximal",
                JointBone::Distal => "distal",
            };
            let real = known.and_then(|k| {
                let far = |t: &howship_change::FilmErosionTruth| {
                    (t.at[0] - e.at[0]).hypot(t.at[1] - e.at[1])
                };
                let near = k.erosions.iter().filter(|t| t.bone == e.bone);
                let near = near.min_by(|a, b| far(a).total_cmp(&far(b)))?;
                Some(format!(
                    "{:+.2} ({})",
                    near.area_mm2.last()? - near.area_mm2.first()?,
                    near.verdict
                ))
            });
            let what = format!("erosion {} ({bone}), area", e.id);
            row(
                &mut table,
                &joint.name(),
                what,
                &e.verdict,
                real,
                e.verdict.verdict.word(),
            );
        }
        if let Some(last) = joint.joint.narrowing.last() {
            let real = known
                .and_then(|k| Some(k.joint_space_mm.first()? - k.joint_space_mm.last()?))
                .map(|v| format!("{v:+.3}"));
            let word = match last.verdict {
                Verdict::Progressing => "narrower",
                Verdict::Healing => "wider",
                other => other.word(),
            };
            row(
                &mut table,
                &joint.name(),
                "joint space, narrowing".to_owned(),
                last,
                real,
                word,
            );
        }
    }
    let mut text = table.print(printer);
    if refused > 0 {
        text.push_str(&format!(
            "{refused} joints could not be compared: the report says why\n"
        ));
    }
    text.push_str(&format!(
        "\nReport: {}\n",
        out.join("report.html").display()
    ));
    printer.result(&text)?;
    printer.json(file)
}

fn row(
    table: &mut Table,
    joint: &str,
    what: String,
    judged: &Judged,
    real: Option<String>,
    word: &str,
) {
    let (change, interval) = match &judged.change {
        Some(c) => (
            format!("{:+.3} {}", c.value, c.unit),
            format!("{:+.3} to {:+.3}", c.interval[0], c.interval[1]),
        ),
        None => ("–".to_owned(), "–".to_owned()),
    };
    table.row(
        vec![
            joint.to_owned(),
            what,
            change,
            interval,
            real.unwrap_or_default(),
            word.to_owned(),
        ],
        Some(judged.verdict),
    );
}
