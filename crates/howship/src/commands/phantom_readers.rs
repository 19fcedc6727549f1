//! `howship phantom readers`: a table of readers' scores with known truth.

use crate::args::{ReadersArgs, ReadersPreset};
use crate::failure::{ExitStatus, Failure};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::spec_file::read_spec;
use crate::table::Table;
use crate::{stop, typed};
use howship_phantom::readers::{
    Implied, ReadStatus, ReaderData, ReadersSpec, ReadersTruth, SubjectTruth, TrueClass,
};
use howship_study::json;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

/// Name and version of the truth of readers' scores.
const SCHEMA: &str = "howship-readers-truth/1";

/// `truth.json`.
#[derive(Serialize)]
struct TruthFile<'a> {
    schema: &'static str,
    version: &'static str,
    command: Vec<String>,
    /// Of the table, counted.
    rows: usize,
    arms: Vec<ArmTruth<'a>>,
    /// Of the specification, over the first interval.
    implied: Implied,
    specification: &'a ReadersSpec,
    subjects: Vec<NamedSubject<'a>>,
}

/// What happened in an arm between the first and the last visit.
#[derive(Serialize)]
struct ArmTruth<'a> {
    arm: &'a str,
    subjects: usize,
    joints_healing: usize,
    joints_stable: usize,
    joints_progressing: usize,
    subjects_with_a_healing_joint: usize,
    mean_change: f64,
    sd_change: f64,
    /// Of these, what `howship scores repair` can evaluate.
    evaluated: Evaluated,
}

/// Joints that one reading scored at two visits or more, and the patients who have any: what `howship scores repair`
/// says something of. True classes are from the first visit to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct Evaluated {
    subjects: usize,
    joints: usize,
    joints_healing: usize,
    joints_progressing: usize,
    subjects_with_a_healing_joint: usize,
}

#[derive(Serialize)]
struct NamedSubject<'a> {
    subject: String,
    arm_name: &'a str,
    #[serde(flatten)]
    truth: &'a SubjectTruth,
}

pub(crate) fn run(args: &ReadersArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let mut spec = match &args.spec {
        Some(path) => read_spec(path)?,
        None => preset(args.preset),
    };
    if let Some(seed) = args.seed {
        spec.seed = seed;
    }
    let Some(out) = args.out.as_deref().filter(|_| !args.print_spec) else {
        printer.answer(&toml::to_string(&spec)?)?;
        return done();
    };
    let folder = OutputFolder::new(out, args.force)?;
    let data = spec.generate()?;
    stop::check()?;
    write(&folder, "scores.csv", |w| data.write_scores(w))?;
    stop::check()?;
    write(&folder, "truth.csv", |w| data.write_truth(w))?;
    folder.write("spec.toml", toml::to_string(&spec)?.as_bytes())?;
    let file = TruthFile {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        command: typed::typed()?.command,
        rows: data.rows.len(),
        arms: arms(&data),
        implied: spec.implied()?,
        specification: &data.truth.spec,
        subjects: subjects(&data.truth),
    };
    folder.write("truth.json", &json(&file)?)?;
    let out = folder.finish()?;
    printer.result(&told(&data, &file, &out, printer))?;
    printer.json(&file)?;
    done()
}

fn preset(preset: ReadersPreset) -> ReadersSpec {
    match preset {
        ReadersPreset::Demo => ReadersSpec::demo(),
        ReadersPreset::Tempo => ReadersSpec::tempo_like(),
        ReadersPreset::Lukas => ReadersSpec::lukas_like(),
    }
}

fn write(
    folder: &OutputFolder,
    name: &str,
    rows: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Failure> {
    let path = folder.path().join(name);
    let written = File::create(&path).and_then(|file| {
        let mut out = BufWriter::with_capacity(1 << 18, file);
        rows(&mut out)?;
        out.flush()?;
        out.get_ref().sync_all()
    });
    written.map_err(|e| Failure::writing(&path, &e))
}

/// Whether a joint has a change to be judged, by patient and site.
fn evaluable(data: &ReaderData) -> Vec<bool> {
    let sites = data.truth.sites().len();
    let mut found = vec![false; data.truth.subjects.len() * sites];
    // Rows are in order of subject: the readings of one patient at a time.
    for rows in data.rows.chunk_by(|a, b| a.subject == b.subject) {
        let mut scored: Vec<(u32, u32, u32, u32)> = rows
            .iter()
            .filter(|row| row.status == ReadStatus::Ok)
            .map(|row| (row.site, row.reader, row.reading, row.visit))
            .collect();
        scored.sort_unstable();
        scored.dedup();
        for two in scored.windows(2) {
            let [a, b] = [two[0], two[1]];
            if (a.0, a.1, a.2) == (b.0, b.1, b.2) {
                found[rows[0].subject as usize * sites + a.0 as usize] = true;
            }
        }
    }
    found
}

fn arms(data: &ReaderData) -> Vec<ArmTruth<'_>> {
    let truth = &data.truth;
    let evaluable = evaluable(data);
    let last = truth.spec.visits.len() - 1;
    let sites = truth.sites().len();
    let arms = truth.spec.arms.iter().enumerate();
    arms.map(|(index, arm)| {
        let members: Vec<usize> = (0..truth.subjects.len())
            .filter(|&s| truth.subjects[s].arm == index)
            .collect();
        let with = |s: usize, class| {
            let joints = (0..sites).filter(|&i| truth.class(s, i, 0, last) == Some(class));
            joints.count()
        };
        let count = |class| members.iter().map(|&s| with(s, class)).sum();
        let mut evaluated = Evaluated::default();
        for &s in &members {
            let judged = (0..sites).filter(|&i| evaluable[s * sites + i]);
            let classes: Vec<_> = judged.map(|i| truth.class(s, i, 0, last)).collect();
            let of = |class| classes.iter().filter(|c| **c == Some(class)).count();
            evaluated.subjects += usize::from(!classes.is_empty());
            evaluated.joints += classes.len();
            evaluated.joints_healing += of(TrueClass::Healing);
            evaluated.joints_progressing += of(TrueClass::Progressing);
            evaluated.subjects_with_a_healing_joint += usize::from(of(TrueClass::Healing) > 0);
        }
        let changes: Vec<f64> = members
            .iter()
            .map(|&s| truth.total(s, last, None) - truth.total(s, 0, None))
            .collect();
        let n = changes.len().max(1) as f64;
        let mean = changes.iter().sum::<f64>() / n;
        let squares: f64 = changes.iter().map(|c| (c - mean).powi(2)).sum();
        ArmTruth {
            arm: &arm.name,
            subjects: members.len(),
            joints_healing: count(TrueClass::Healing),
            joints_stable: count(TrueClass::Stable),
            joints_progressing: count(TrueClass::Progressing),
            subjects_with_a_healing_joint: members
                .iter()
                .filter(|&&s| with(s, TrueClass::Healing) > 0)
                .count(),
            mean_change: mean,
            sd_change: (squares / (n - 1.0).max(1.0)).sqrt(),
            evaluated,
        }
    })
    .collect()
}

fn subjects(truth: &ReadersTruth) -> Vec<NamedSubject<'_>> {
    let subjects = truth.subjects.iter().enumerate();
    subjects
        .map(|(s, subject)| NamedSubject {
            subject: truth.subject_name(s),
            arm_name: &truth.spec.arms[subject.arm].name,
            truth: subject,
        })
        .collect()
}

fn told(data: &ReaderData, file: &TruthFile<'_>, out: &Path, printer: &Printer) -> String {
    let mut table = Table::new([
        "arm",
        "patients",
        "joints healing",
        "stable",
        "progressing",
        "true change, mean (SD)",
        "evaluated by repair: patients",
        "joints",
        "healing",
        "progressing",
    ]);
    for arm in &file.arms {
        table.row(
            vec![
                arm.arm.to_owned(),
                arm.subjects.to_string(),
                arm.joints_healing.to_string(),
                arm.joints_stable.to_string(),
                arm.joints_progressing.to_string(),
                format!("{:+.2} ({:.2})", arm.mean_change, arm.sd_change),
                arm.evaluated.subjects.to_string(),
                arm.evaluated.joints.to_string(),
                arm.evaluated.joints_healing.to_string(),
                arm.evaluated.joints_progressing.to_string(),
            ],
            None,
        );
    }
    let spec = &data.truth.spec;
    let visits = [spec.visits.first(), spec.visits.last()];
    let [from, to] = visits.map(|v| v.map_or("", |v| v.name.as_str()));
    format!(
        "True change from {from} to {to}\n{}\n{} scores of {} patients by {} readers: {}\n",
        table.print(printer),
        file.rows,
        data.truth.subjects.len(),
        spec.readers.len(),
        out.join("scores.csv").display()
    )
}
