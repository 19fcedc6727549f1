//! `howship power`: how many patients a trial needs.

use super::mechanism::{Answer, Source, Tabled, folder, heard, percent};
use crate::args_mechanism::PowerArgs;
use crate::failure::{ExitStatus, Failure, of_record};
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::table::Table;
use howship_mechanism::case::DESIGN;
use howship_mechanism::power::{
    Design, SampleSizeFormula, Test, TrialReport, run_trial, sample_size, sample_size_formula,
};
use howship_report::mechanism::{PowerCurve, PowerPlot, power_plot};
use howship_report::paper::{Card, Cell, Figure, Page, Section, Table as PageTable, Tone};
use howship_tables::{Cell as TableCell, Holds};
use serde::Serialize;

pub(crate) fn run(args: &PowerArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    if args.print_design {
        printer.answer(DESIGN)?;
        return done();
    }
    if let Some(shares) = args.shares {
        return exact(shares, args, printer);
    }
    let Some(path) = &args.design else {
        return Err(Failure::usage("give a design").into());
    };
    let source = Source::read(path)?;
    let bad = |e: &howship_mechanism::Error| of_record(&source.path, e);
    let mut design = Design::read(&source.text).map_err(|e| bad(&e))?;
    if let Some(seed) = args.seed {
        design.seed = seed;
    }
    let folder = folder(&args.out)?;
    let progress = Progress::new(printer);
    let found = run_trial(&design, &heard(&progress, "virtual trial")).map_err(|e| bad(&e))?;
    progress.finish();
    let answer = Answer {
        question: "power",
        inputs: vec![source.input.clone()],
        seed: design.seed,
        notes: found.notes.clone(),
        result: &found,
        text: text(&design, &found, printer),
        tables: vec![arms_table(&found), power_table(&found)],
        page: page(&design, &found),
    };
    answer.hand_out(folder, false, printer)
}

#[derive(Serialize)]
struct ExactRow {
    method: &'static str,
    exact: bool,
    first: Option<f64>,
    settled: Option<f64>,
}

/// Sample sizes of two shares by every test and formula.
fn exact(shares: [f64; 2], args: &PowerArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    if args.out.out.is_some() {
        let words = "sizes of `--shares` are printed and write no folder: leave `-o` out (`--json` for scripts), or give a \
                     design";
        return Err(Failure::usage(words).into());
    }
    let (level, power) = (args.level.unwrap_or(0.05), args.power.unwrap_or(0.8));
    let mut rows: Vec<ExactRow> = Test::ALL
        .into_iter()
        .map(|test| {
            let found = sample_size(test, shares, level, power);
            ExactRow {
                method: test.name(),
                exact: true,
                first: found.map(|f| f[0] as f64),
                settled: found.map(|f| f[1] as f64),
            }
        })
        .collect();
    for formula in SampleSizeFormula::ALL {
        let n = sample_size_formula(formula, shares, level, power)?;
        rows.push(ExactRow {
            method: match formula {
                SampleSizeFormula::Arcsine => "formula: arcsine (Cohen's h)",
                SampleSizeFormula::Unpooled => "formula: unpooled",
                SampleSizeFormula::Pooled => "formula: pooled",
                SampleSizeFormula::PooledCorrected => "formula: pooled, continuity corrected",
            },
            exact: false,
            first: Some(n.ceil()),
            settled: None,
        });
    }
    let mut table = Table::new(["method", "patients per arm", "power stays from"]);
    for row in &rows {
        let whole =
            |n: Option<f64>, none: &str| n.map_or_else(|| none.to_owned(), |n| format!("{n:.0}"));
        table.row(
            vec![
                row.method.to_owned(),
                whole(row.first, "above 400"),
                whole(row.settled, "–"),
            ],
            None,
        );
    }
    printer.result(&format!(
        "{} against {} responders, two-sided {}, power {}\n{}\nExact power rises and falls with n; the last column is the first size from which it does not fall below again.\n",
        percent(shares[0]),
        percent(shares[1]),
        level,
        power,
        table.print(printer)
    ))?;
    printer.json(&rows)?;
    done()
}

fn needed(n: Option<[usize; 2]>) -> String {
    n.map_or_else(
        || "above 400".to_owned(),
        |[first, settled]| {
            if first == settled {
                first.to_string()
            } else {
                format!("{first} (stays from {settled})")
            }
        },
    )
}

fn text(design: &Design, found: &TrialReport, printer: &Printer) -> String {
    let mut arms = Table::new([
        "arm",
        "responders",
        "by noise alone",
        "lesions called",
        "false healing",
        "ICC",
        "mean change (SD)",
    ]);
    for a in &found.arms {
        arms.row(
            vec![
                a.name.clone(),
                format!(
                    "{} ± {:.1}",
                    percent(a.responders[0]),
                    196.0 * a.responders[1]
                ),
                percent(a.noise_floor),
                percent(a.lesions),
                a.false_healing.map_or_else(|| "–".into(), percent),
                format!("{:.2}", a.clustering[0]),
                format!("{:+.3} ({:.3})", a.change[0], a.change[1]),
            ],
            None,
        );
    }
    let mut text = format!(
        "{}: {}\n{}\n",
        found.name,
        found.method,
        arms.print(printer)
    );
    for c in &found.comparisons {
        let mut table = Table::new(["per arm", "analysed", "power", "± (Monte Carlo)"]);
        for p in &c.curve {
            table.row(
                vec![
                    p.per_arm.to_string(),
                    p.analysed.to_string(),
                    format!("{:.3}", p.power),
                    format!("{:.3}", 1.96 * p.error),
                ],
                None,
            );
        }
        text.push_str(&format!(
            "{} against {}: {} per arm for {} power\n{}\n",
            c.arm,
            c.reference,
            needed(c.needed),
            percent(design.power),
            table.print(printer)
        ));
    }
    text
}

fn arms_table(found: &TrialReport) -> Tabled<'_> {
    use Holds::{Counts, Numbers, Text};
    let columns = vec![
        ("arm", Text),
        ("virtual_patients", Counts),
        ("p_responder", Numbers),
        ("se", Numbers),
        ("p_by_noise_alone", Numbers),
        ("p_lesion_called", Numbers),
        ("false_healing", Numbers),
        ("icc", Numbers),
        ("design_effect", Numbers),
        ("mean_change", Numbers),
        ("sd_change", Numbers),
    ];
    let rows = found.arms.iter().map(|a| {
        vec![
            TableCell::Text(a.name.as_str().into()),
            TableCell::Count(a.patients),
            TableCell::Number(a.responders[0]),
            TableCell::Number(a.responders[1]),
            TableCell::Number(a.noise_floor),
            TableCell::Number(a.lesions),
            a.false_healing.map_or(TableCell::Empty, TableCell::Number),
            TableCell::Number(a.clustering[0]),
            TableCell::Number(a.clustering[1]),
            TableCell::Number(a.change[0]),
            TableCell::Number(a.change[1]),
        ]
    });
    Tabled {
        name: "arms",
        columns,
        rows: rows.collect(),
    }
}

fn power_table(found: &TrialReport) -> Tabled<'_> {
    use Holds::{Counts, Numbers, Text};
    let columns = vec![
        ("arm", Text),
        ("reference", Text),
        ("per_arm", Counts),
        ("analysed", Counts),
        ("power", Numbers),
        ("monte_carlo_se", Numbers),
    ];
    let rows = found.comparisons.iter().flat_map(|c| {
        c.curve.iter().map(move |p| {
            vec![
                TableCell::Text(c.arm.as_str().into()),
                TableCell::Text(c.reference.as_str().into()),
                TableCell::Count(p.per_arm as u64),
                TableCell::Count(p.analysed as u64),
                TableCell::Number(p.power),
                TableCell::Number(p.error),
            ]
        })
    });
    Tabled {
        name: "power",
        columns,
        rows: rows.collect(),
    }
}

fn page(design: &Design, found: &TrialReport) -> Page {
    let answer: Vec<String> = found
        .comparisons
        .iter()
        .map(|c| {
            format!(
                "{} against {}: {} patients per arm for {} power.",
                c.arm,
                c.reference,
                needed(c.needed),
                percent(design.power)
            )
        })
        .collect();
    let cards = found.arms.iter().map(|a| Card {
        number: percent(a.responders[0]),
        word: format!("respond, {}", a.name),
        note: format!("{} by noise alone", percent(a.noise_floor)),
        tone: Tone::Plain,
    });
    let rows = found.arms.iter().map(|a| {
        vec![
            Cell::from(a.name.clone()),
            Cell::from(percent(a.responders[0])),
            Cell::from(percent(a.noise_floor)),
            Cell::from(percent(a.lesions)),
            a.false_healing
                .map_or(Cell::Empty, |f| Cell::from(percent(f))),
            Cell::from(a.clustering[0]),
            Cell::from(a.clustering[1]),
            Cell::from(a.change[0]),
            Cell::from(a.change[1]),
        ]
    });
    let sizes = found.comparisons.iter().flat_map(|c| {
        c.curve.iter().map(move |p| {
            vec![
                Cell::from(c.arm.clone()),
                Cell::from(c.reference.clone()),
                Cell::Count(p.per_arm as u64),
                Cell::Count(p.analysed as u64),
                Cell::from(p.power),
                Cell::from(1.96 * p.error),
            ]
        })
    });
    let curves = found.comparisons.iter().map(|c| PowerCurve {
        name: format!("{} against {}", c.arm, c.reference),
        points: c
            .curve
            .iter()
            .map(|p| [p.per_arm as f64, p.power, p.error])
            .collect(),
    });
    Page {
        brand: "power".into(),
        title: found.name.clone(),
        subtitle: found.method.clone(),
        answer: answer.join(" "),
        cards: cards.collect(),
        sections: vec![
            Section {
                heading: "Power".into(),
                paragraphs: vec!["Patients of an arm are independent, so that responders are binomial: power is enumerated exactly from the simulated shares, and the bars show what their Monte-Carlo error leaves open.".into()],
                figures: vec![Figure {
                    svg: power_plot(&PowerPlot {
                        title: "Power over patients per arm".into(),
                        wanted: design.power,
                        curves: curves.collect(),
                    }),
                    caption: "Power with ±1.96 Monte-Carlo standard errors.".into(),
                }],
                tables: vec![PageTable {
                    caption: "Power by patients per arm; analysed are those with a last image".into(),
                    columns: ["arm", "reference", "per arm", "analysed", "power", "Monte-Carlo error (±)"].map(str::to_owned).into(),
                    rows: sizes.collect(),
                }],
                ..Section::default()
            },
            Section {
                heading: "Arms".into(),
                tables: vec![PageTable {
                    caption: "Virtual patients of each arm".into(),
                    columns: ["arm", "responders", "by noise alone", "lesions called", "false healing", "ICC", "design effect", "mean change", "SD"].map(str::to_owned).into(),
                    rows: rows.collect(),
                }],
                notes: vec!["“By noise alone” is the share of responders where no lesion changes at all, read in the same way: a definition of repair is worth what it gives beyond that.".into()],
                ..Section::default()
            },
        ],
        ..Page::default()
    }
}
