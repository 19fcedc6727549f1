//! The verdicts of films for the terminal.

use crate::printable::one_line;
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
    let header = ["joint", "what", "change", "95 % interval"];
    let real = truth.map(|_| "true change");
    let mut table = Table::new(header.into_iter().chain(real).chain(["verdict"]));
    let mut why = String::new();
    for joint in &file.joints {
        if let Some(reason) = &joint.joint.refused {
            why.push_str(&format!("{} not compared: {reason}\n", joint.name()));
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
            let word = e.verdict.verdict.word();
            if e.verdict.verdict == Verdict::Uncertain {
                let of = format!("{} erosion {}", joint.name(), e.id);
                why.push_str(&format!("{of} {word}: {}\n", e.verdict.reason));
            }
            let what = format!("erosion {} ({bone}), area", e.id);
            let real = truth.map(|_| real.unwrap_or_default());
            row(&mut table, &joint.name(), what, &e.verdict, real, word);
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
            if last.verdict == Verdict::Uncertain {
                let of = format!("{} joint space", joint.name());
                why.push_str(&format!("{of} {word}: {}\n", last.reason));
            }
            let what = "joint space, narrowing".to_owned();
            let real = truth.map(|_| real.unwrap_or_default());
            row(&mut table, &joint.name(), what, last, real, word);
        }
    }
    let mut text = table.print(printer);
    if !why.is_empty() {
        text.push('\n');
        // Names of files come from outside.
        for line in why.lines() {
            text.push_str(&one_line(line));
            text.push('\n');
        }
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
    let mut cells = vec![joint.to_owned(), what, change, interval];
    cells.extend(real);
    cells.push(word.to_owned());
    table.row(cells, Some(judged.verdict));
}
