//! `howship simulate`: a record over time.

use super::mechanism::{Answer, Tabled, case, folder, heard, percent};
use crate::args_mechanism::SimulateArgs;
use crate::failure::{ExitStatus, Failure, of_record};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::table::Table;
use howship_mechanism::bone::MineralLaw;
use howship_mechanism::case::{Case, Compiled, DAYS_PER_MONTH};
use howship_mechanism::chain::Suppressor;
use howship_mechanism::simulate::{
    IndividualRow, Series, Simulation, VisitRow, individuals, simulate,
};
use howship_report::mechanism::{Bar, Course, Line, Panel, course_plot};
use howship_report::paper::{Card, Cell, Figure, Page, Section, Table as PageTable, Tone};
use howship_tables::{Cell as TableCell, Holds, ParquetWriter};

pub(crate) fn run(args: &SimulateArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let Some((mut record, source)) = case(&args.case, printer)? else {
        return done();
    };
    if let Some(patients) = args.patients {
        record.run.patients = patients;
    }
    if let Some(months) = args.months {
        record.run.months = months as f64;
    }
    if let Some(seed) = args.seed {
        record.run.seed = seed;
    }
    let folder = folder(&args.out)?;
    let bad = |e: &howship_mechanism::Error| of_record(&source.path, e);
    let compiled = record.compile(false).map_err(|e| bad(&e))?;
    let progress = Progress::new(printer);
    let found =
        simulate(&record, &compiled, &heard(&progress, "simulating")).map_err(|e| bad(&e))?;
    if let Some(folder) = folder.as_ref().filter(|_| args.parquet) {
        patients(folder, &record, &compiled, &progress, &bad)?;
    }
    progress.finish();
    let mut notes = record.warnings.clone();
    notes.extend(compiled.notes.iter().cloned());
    let answer = Answer {
        question: "simulate",
        inputs: vec![source.input.clone()],
        seed: record.run.seed,
        notes,
        result: &found,
        text: text(&record, &found, printer),
        tables: vec![course_table(&found), visits_table(&found)],
        page: page(&record, &compiled, &found),
    };
    answer.hand_out(folder, args.parquet, printer)
}

/// `patients.parquet`: every virtual patient's lesions at baseline, at the record's images and at the end, as they are
/// and not as they are measured. Written block by block.
fn patients(
    folder: &OutputFolder,
    record: &Case,
    compiled: &Compiled,
    progress: &Progress,
    bad: &dyn Fn(&howship_mechanism::Error) -> Failure,
) -> anyhow::Result<()> {
    use Holds::{Counts, Numbers, Text};
    let columns = [
        ("patient", Counts),
        ("lesion", Text),
        ("day", Numbers),
        ("inflammation", Numbers),
        ("das28", Numbers),
        ("joint_space_mm", Numbers),
        ("joint_inflammation", Numbers),
        ("depth_mm", Numbers),
        ("depth_change_mm", Numbers),
        ("volume_mm3", Numbers),
        ("matrix_um", Numbers),
        ("rim_law_a_um", Numbers),
        ("rim_law_b_um", Numbers),
        ("mouth_closed", Numbers),
        ("margin_density_gain_mg_cm3", Numbers),
    ];
    let path = folder.path().join("patients.parquet");
    let mut writer = ParquetWriter::create(&path, &columns)?;
    let mut take = |rows: &[IndividualRow]| -> Result<(), Untaken> {
        let rows: Vec<Vec<TableCell<'_>>> = rows.iter().map(|r| cells(r, compiled)).collect();
        writer.rows(&rows).map_err(Untaken::Table)
    };
    let written = individuals(
        record,
        compiled,
        &heard(progress, "writing patients"),
        &mut take,
    );
    match written {
        Ok(()) => Ok(writer.finish()?),
        Err(Untaken::Table(e)) => Err(e.into()),
        Err(Untaken::Model(e)) => Err(bad(&e).into()),
    }
}

/// Why patients are not written.
enum Untaken {
    Model(howship_mechanism::Error),
    Table(howship_tables::Error),
}

impl From<howship_mechanism::Error> for Untaken {
    fn from(error: howship_mechanism::Error) -> Self {
        Self::Model(error)
    }
}

fn cells<'a>(row: &IndividualRow, compiled: &'a Compiled) -> Vec<TableCell<'a>> {
    let lesion = compiled.lesions.get(row.lesion);
    let mut cells = vec![
        TableCell::Count(row.patient),
        TableCell::Text(lesion.map_or("", String::as_str).into()),
    ];
    let numbers = [
        row.day,
        row.inflammation,
        row.das28,
        row.joint_space,
        row.joint_inflammation,
        row.depth,
        row.depth_change,
        row.volume,
        row.matrix,
        row.rim[0],
        row.rim[1],
        row.mouth_closed,
        row.margin_density,
    ];
    cells.extend(numbers.map(TableCell::Number));
    cells
}

/// Verdicts of a visit and tool, averaged over the lesions.
struct Summary<'a> {
    row: &'a VisitRow,
    healing: f64,
    progressing: f64,
    smaller: f64,
    wrong: Option<f64>,
}

fn summaries(found: &Simulation) -> Vec<Summary<'_>> {
    let mut all: Vec<Summary<'_>> = Vec::new();
    let same =
        |a: &VisitRow, b: &VisitRow| a.visit == b.visit && a.tool == b.tool && a.law == b.law;
    for row in &found.visits {
        if all.iter().any(|s| same(s.row, row)) {
            continue;
        }
        let group: Vec<&VisitRow> = found.visits.iter().filter(|r| same(r, row)).collect();
        let n = group.len() as f64;
        let mean = |of: &dyn Fn(&VisitRow) -> f64| group.iter().map(|r| of(r)).sum::<f64>() / n;
        let healing = mean(&|r| r.healing);
        let wrong = mean(&|r| r.false_healing.unwrap_or(0.0) * r.healing);
        all.push(Summary {
            row,
            healing,
            progressing: mean(&|r| r.progressing),
            smaller: mean(&|r| r.truly_smaller),
            wrong: (healing > 0.0).then(|| wrong / healing),
        });
    }
    all
}

fn text(record: &Case, found: &Simulation, printer: &Printer) -> String {
    let mut table = Table::new([
        "visit",
        "tool",
        "law",
        "precision in vivo",
        "healing",
        "progressing",
        "truly smaller",
        "false healing",
    ]);
    for s in summaries(found) {
        table.row(
            vec![
                s.row.visit.clone(),
                s.row.tool.clone(),
                s.row.law.name().to_owned(),
                format!("{} {}", s.row.precision, s.row.unit),
                percent(s.healing),
                percent(s.progressing),
                percent(s.smaller),
                s.wrong.map_or_else(|| "–".into(), percent),
            ],
            None,
        );
    }
    let m = &found.milestones;
    let improved = m
        .improved_months
        .map_or_else(String::new, |[low, _, high]| {
            format!(" ({})", most_improve(low, high))
        });
    let looks = if found.visits.is_empty() {
        format!(
            "No image is planned after baseline and within {:.0} months.\n",
            record.run.months
        )
    } else {
        format!(
            "What each image will say of a lesion\n{}",
            table.print(printer)
        )
    };
    format!(
        "{}: {} virtual patients, {} months\nDistinct clinical improvement in {}{improved}\nAfter {} months {} of lesions are shallower; a rim of 0.1 mm is mineralised in {} (law A) or {} (law B)\n\n{looks}",
        record.subject.id,
        found.patients,
        record.run.months,
        percent(m.improved),
        record.run.months,
        percent(m.smaller),
        percent(m.rim_1px[0]),
        percent(m.rim_1px[1]),
    )
}

fn course_table(found: &Simulation) -> Tabled<'_> {
    use Holds::{Numbers, Text};
    let columns = vec![
        ("day", Numbers),
        ("month", Numbers),
        ("lesion", Text),
        ("quantity", Text),
        ("unit", Text),
        ("mean", Numbers),
        ("p05", Numbers),
        ("p25", Numbers),
        ("p50", Numbers),
        ("p75", Numbers),
        ("p95", Numbers),
    ];
    let rows = found.series.iter().flat_map(|series| {
        let bands = series.bands.iter().zip(&found.days);
        bands.map(move |(band, day)| {
            let lesion = series.lesion.as_deref();
            let mut cells = vec![
                TableCell::Number(*day),
                TableCell::Number((day / DAYS_PER_MONTH * 1000.0).round() / 1000.0),
                lesion.map_or(TableCell::Empty, |l| TableCell::Text(l.into())),
                TableCell::Text(series.quantity.as_str().into()),
                TableCell::Text(series.unit.into()),
                TableCell::Number(band.mean),
            ];
            cells.extend(band.quantiles.map(TableCell::Number));
            cells
        })
    });
    Tabled {
        name: "course",
        columns,
        rows: rows.collect(),
    }
}

fn visits_table(found: &Simulation) -> Tabled<'_> {
    use Holds::{Numbers, Text};
    let columns = vec![
        ("visit", Text),
        ("lesion", Text),
        ("tool", Text),
        ("mineral_law", Text),
        ("precision_in_vivo", Numbers),
        ("unit", Text),
        ("precision_source", Text),
        ("p_healing", Numbers),
        ("p_neither", Numbers),
        ("p_progressing", Numbers),
        ("p_truly_smaller", Numbers),
        ("false_healing", Numbers),
    ];
    let rows = found.visits.iter().map(|r| {
        vec![
            TableCell::Text(r.visit.as_str().into()),
            TableCell::Text(r.lesion.as_str().into()),
            TableCell::Text(r.tool.as_str().into()),
            TableCell::Text(r.law.name().into()),
            TableCell::Number(r.precision),
            TableCell::Text(r.unit.into()),
            TableCell::Text(r.source.as_str().into()),
            TableCell::Number(r.healing),
            TableCell::Number(r.neither),
            TableCell::Number(r.progressing),
            TableCell::Number(r.truly_smaller),
            r.false_healing.map_or(TableCell::Empty, TableCell::Number),
        ]
    });
    Tabled {
        name: "visits",
        columns,
        rows: rows.collect(),
    }
}

fn page(record: &Case, compiled: &Compiled, found: &Simulation) -> Page {
    let m = &found.milestones;
    let rim = [
        m.rim_1px[0].min(m.rim_1px[1]),
        m.rim_1px[0].max(m.rim_1px[1]),
    ];
    Page {
        brand: "simulation".into(),
        title: format!("What to expect: {}", record.subject.id),
        subtitle: format!(
            "{} virtual patients like this one, {} months. Research use only.",
            found.patients, record.run.months
        ),
        answer: format!(
            "After {} months {} to {} of lesions carry a mineralised rim of 0.1 mm, by the mineral law; {} are shallower than at baseline.",
            record.run.months,
            percent(rim[0]),
            percent(rim[1]),
            percent(m.smaller)
        ),
        cards: cards(found),
        sections: vec![
            over_time(record, compiled, found),
            images(found),
            sources(compiled),
        ],
        ..Page::default()
    }
}

fn cards(found: &Simulation) -> Vec<Card> {
    let m = &found.milestones;
    let card = |number: String, word: &str, note: String, tone: Tone| Card {
        number,
        word: word.into(),
        note,
        tone,
    };
    vec![
        card(
            percent(m.improved),
            "improve clinically",
            m.improved_months
                .map_or_else(String::new, |[low, _, high]| most_improve(low, high)),
            Tone::Plain,
        ),
        card(
            percent(m.smaller),
            "of lesions shallower",
            "true change, no error".into(),
            Tone::Repair,
        ),
        card(
            percent(m.rim_1px[0]),
            "with a rim of 0.1 mm, law A",
            format!("law B {}", percent(m.rim_1px[1])),
            Tone::Repair,
        ),
    ]
}

fn named<'a>(found: &'a Simulation, quantity: &str) -> impl Iterator<Item = &'a Series> {
    let quantity = quantity.to_owned();
    found.series.iter().filter(move |s| s.quantity == quantity)
}

fn line(name: &str, series: &Series) -> Line {
    Line {
        name: name.to_owned(),
        bands: series.bands.iter().map(|b| b.quantiles).collect(),
    }
}

/// One line for a quantity of the patient.
fn panel(
    found: &Simulation,
    title: &str,
    quantities: &[(&str, &str)],
    level: Option<(f64, String)>,
) -> Option<Panel> {
    let lines: Vec<Line> = quantities
        .iter()
        .filter_map(|(name, quantity)| named(found, quantity).next().map(|s| line(name, s)))
        .collect();
    (!lines.is_empty()).then(|| Panel {
        name: title.to_owned(),
        lines,
        level,
    })
}

/// Lesions whose course is drawn: more would not be told apart.
const DRAWN: usize = 3;

fn over_time(record: &Case, compiled: &Compiled, found: &Simulation) -> Section {
    let months: Vec<f64> = found.days.iter().map(|d| d / DAYS_PER_MONTH).collect();
    let end = months.last().copied().unwrap_or(0.0);
    let bars = record
        .therapy
        .iter()
        .filter(|t| t.course.stop.is_none_or(|s| s > 0.0))
        .map(|t| Bar {
            name: format!("{} {}", t.info.name, t.written),
            from: t.course.start.max(0.0) / DAYS_PER_MONTH,
            to: (t.course.stop.unwrap_or(f64::INFINITY) / DAYS_PER_MONTH).min(end),
        });
    let per_lesion = |title: &str, quantity: &str, level: Option<(f64, String)>| {
        let lines: Vec<Line> = named(found, quantity)
            .take(DRAWN)
            .map(|s| line(s.lesion.as_deref().unwrap_or(""), s))
            .collect();
        (!lines.is_empty()).then(|| Panel {
            name: title.to_owned(),
            lines,
            level,
        })
    };
    let drug = compiled
        .chain
        .plan()
        .courses
        .iter()
        .find(|c| matches!(c.what, Suppressor::Drug { .. }))
        .map(|c| format!("{} concentration", c.name));
    let panels = [
        drug.filter(|d| named(found, d).any(|s| s.bands.iter().any(|b| b.mean > 0.0)))
            .and_then(|d| {
                panel(
                    found,
                    &format!("{d}, mg/L (means of 5 days)"),
                    &[("plasma", d.as_str())],
                    None,
                )
            }),
        panel(
            found,
            "inflammation of the patient, 0 to 1",
            &[("driver", "inflammation")],
            None,
        ),
        panel(
            found,
            "DAS28",
            &[("DAS28", "DAS28")],
            Some((3.2, "low activity".into())),
        ),
        panel(
            found,
            "first lesion: osteoclasts (of full drive), osteoblasts (share of the wall)",
            &[
                ("osteoclasts", "osteoclast activity"),
                ("osteoblasts", "osteoblast activity"),
            ],
            None,
        ),
        per_lesion(
            "change of depth, mm",
            "depth change",
            Some((0.0, "baseline".into())),
        ),
        panel(
            found,
            "first lesion: mineralised rim, µm",
            &[("law A", "rim, law A"), ("law B", "rim, law B")],
            Some((100.0, "1 pixel of 0.1 mm".into())),
        ),
        panel(
            found,
            "joint space, mm",
            &[("joint space", "joint space")],
            None,
        ),
    ];
    let course = Course {
        title: format!("Simulated course of {}", record.subject.id),
        months,
        bars: bars.collect(),
        images: record
            .imaging
            .iter()
            .map(|i| i.visit.months())
            .filter(|m| *m <= end + 0.5)
            .map(|m| m.min(end))
            .collect(),
        panels: panels.into_iter().flatten().collect(),
    };
    Section {
        heading: "Over time".into(),
        paragraphs: vec!["Lines are medians over virtual patients, bands hold 50 and 90 % of them. Lesions differ far more than drugs do.".into()],
        figures: vec![Figure {
            svg: course_plot(&course),
            caption: "From dose to rim. A rim can show while the lesion grows elsewhere: film and depth disagree.".into(),
        }],
        ..Section::default()
    }
}

fn images(found: &Simulation) -> Section {
    let rows = summaries(found).into_iter().map(|s| {
        vec![
            Cell::from(s.row.visit.clone()),
            Cell::from(s.row.tool.clone()),
            Cell::from(s.row.law.name()),
            Cell::from(format!("{} {}", s.row.precision, s.row.unit)),
            Cell::from(percent(s.healing)),
            Cell::from(percent(s.progressing)),
            Cell::from(percent(s.smaller)),
            s.wrong.map_or(Cell::Empty, |w| Cell::from(percent(w))),
        ]
    });
    let columns = [
        "visit",
        "tool",
        "law",
        "precision in vivo",
        "healing",
        "progressing",
        "truly smaller",
        "false healing",
    ];
    Section {
        heading: "What each image will say".into(),
        paragraphs: vec![
            "Probability of each verdict on a lesion, from the measurement’s error in vivo. False healing is the share of healing verdicts on lesions whose wall did not get shallower.".into(),
        ],
        tables: vec![PageTable {
            caption: "Verdicts, mean over lesions".into(),
            columns: columns.map(str::to_owned).into(),
            rows: rows.collect(),
        }],
        notes: vec![format!(
            "Law {} and {} differ by a factor of 2.5 in how long new bone stays invisible; no data decide between them, so both are shown.",
            MineralLaw::A.name(),
            MineralLaw::B.name()
        )],
        ..Section::default()
    }
}

fn sources(compiled: &Compiled) -> Section {
    let rows = compiled
        .sets
        .iter()
        .map(|s| s.iter().map(|x| Cell::from(x.clone())).collect());
    Section {
        heading: "Kinetics in use".into(),
        tables: vec![PageTable {
            caption: "Parameter sets".into(),
            columns: ["drug", "set", "remark", "source"].map(str::to_owned).into(),
            rows: rows.collect(),
        }],
        notes: vec![
            "Sixteen constants were fitted to six published numbers and one sign: calibration, not validation. The model does not rank drugs.".into(),
        ],
        ..Section::default()
    }
}

/// `80 % of them at 3 to 5 months`, or `at 3 months` where both round to it.
fn most_improve(low: f64, high: f64) -> String {
    match [low, high].map(|m| format!("{m:.0}")) {
        [low, high] if low == high => format!("80 % of them at {low} months"),
        [low, high] => format!("80 % of them at {low} to {high} months"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It said `at 3 to 3 months` where both ends round alike.
    #[test]
    fn ends_that_round_alike_are_one_month() {
        assert_eq!(most_improve(2.7, 3.4), "80 % of them at 3 months");
        assert_eq!(most_improve(2.7, 3.6), "80 % of them at 3 to 4 months");
    }
}
