//! The verdicts as a table for the terminal.

use crate::printable::one_line;
use crate::printer::Printer;
use howship_change::{
    BoneChange, BoneVisit, Change, Fate, Lesion, LesionKind, Probability, Quantity, Verdict,
    VerdictFile, VisitSummary,
};
use howship_report::{TruthTable, fate_words, truth_table, why_uncertain};

/// Cells with their widths; a cell may carry a verdict's colour.
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<(Vec<String>, Option<Verdict>)>,
}

impl Table {
    pub(crate) fn new(header: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            header: header
                .into_iter()
                .map(|h| {
                    let name: String = h.into();
                    one_line(&name)
                })
                .collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>, verdict: Option<Verdict>) {
        // Names of files, bones and patients come from outside.
        let cells = cells.iter().map(|c| one_line(c)).collect();
        self.rows.push((cells, verdict));
    }

    /// Columns two spaces apart; the verdict's colour is on the last column.
    pub(crate) fn print(&self, printer: &Printer) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|(cells, _)| cells.get(column));
            let cells = cells.chain(self.header.get(column));
            cells.map(|c| c.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let line = |cells: &[String]| {
            let padded: Vec<String> = cells
                .iter()
                .zip(&widths)
                .map(|(cell, w)| format!("{cell}{}", " ".repeat(w - cell.chars().count())))
                .collect();
            padded
        };
        let mut text = printer.bold(line(&self.header).join("  ").trim_end()) + "\n";
        for (cells, verdict) in &self.rows {
            let mut padded = line(cells);
            if let Some(last) = padded.last_mut() {
                *last = printer.verdict(*verdict, last.trim_end());
            }
            text.push_str(padded.join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

/// Table, counts and what could not be told.
pub(crate) fn verdicts(file: &VerdictFile, printer: &Printer) -> String {
    if !file.looked_for_erosions() {
        return remodelling(file, printer);
    }
    if file.lesions.is_empty() {
        let bones = plural(file.bones.len(), "bone");
        return format!("No erosion found in {bones}.\n{}", not_reported(file));
    }
    let followed = file.visits.len() > 1;
    let all_kinds = file.lesions.iter().any(|l| !l.kind.counts());
    let mut header = vec!["id".to_owned(), "bone".to_owned()];
    if all_kinds {
        header.extend(["kind".to_owned(), "P(erosion)".to_owned()]);
    }
    header.extend(file.visits.iter().map(|v| format!("{} mm³", v.visit.name)));
    if followed {
        header.extend(["change mm³ [95 %]".to_owned(), "verdict".to_owned()]);
    } else {
        header.extend([
            "mouth mm²".to_owned(),
            "width mm".to_owned(),
            "depth mm".to_owned(),
        ]);
    }
    let mut table = Table::new(header);
    for lesion in &file.lesions {
        let mut cells = vec![lesion.id.to_string(), lesion.bone.clone()];
        if all_kinds {
            let p = lesion.erosion_probability.as_ref();
            cells.push(lesion.kind.words()[0].to_owned());
            cells.push(p.map_or_else(dash, |p| format!("{:.2}", p.probability)));
        }
        cells.extend(
            file.visits
                .iter()
                .map(|v| measured(lesion, &v.visit.name, Quantity::Volume)),
        );
        if followed {
            cells.push(
                lesion
                    .change
                    .get(&Quantity::Volume)
                    .map_or_else(dash, changed),
            );
            cells.push(verdict(lesion));
        } else if let Some(visit) = file.visits.first() {
            let name = &visit.visit.name;
            let quantities = [Quantity::MouthArea, Quantity::Width, Quantity::Depth];
            cells.extend(quantities.map(|q| measured(lesion, name, q)));
        }
        table.row(cells, lesion.verdict());
    }
    let mut text = table.print(printer);
    text.push_str(&told(file));
    text.push_str(&totals(file, printer));
    text.push_str(&not_reported(file));
    if followed {
        text.push_str(&format!("\n{}\n", counts(file)));
    }
    text
}

/// What is told of the bones where erosions were not looked for.
fn remodelling(file: &VerdictFile, printer: &Printer) -> String {
    let volumes = file.visits.iter().map(|v| format!("{} mm³", v.visit.name));
    let head = ["to", "formed mm³", "resorbed mm³", "expected false mm³"].map(String::from);
    let mut table = Table::new(["bone".to_owned()].into_iter().chain(volumes).chain(head));
    for bone in &file.bones {
        let volume = |visit: &VisitSummary| {
            let at = |v: &&BoneVisit| v.visit == visit.visit.name;
            let measured = bone.visits.iter().find(at)?.measurements.get("volume")?;
            Some(format!("{:.1} ± {:.1}", measured.value, measured.se))
        };
        let volumes = file.visits.iter().map(|v| volume(v).unwrap_or_else(dash));
        let mut cells: Vec<String> = [bone.name.clone()].into_iter().chain(volumes).collect();
        let Some((first, others)) = bone.remodelling.split_first() else {
            cells.extend(["not aligned".to_owned(), dash(), dash(), dash()]);
            table.row(cells, None);
            continue;
        };
        cells.extend(remodelled(first));
        table.row(cells, None);
        for change in others {
            let mut cells = vec![String::new(); file.visits.len() + 1];
            cells.extend(remodelled(change));
            table.row(cells, None);
        }
    }
    format!(
        "{}\nErosions and joint spaces were not looked for (`--only remodelling`).\n",
        table.print(printer)
    )
}

fn remodelled(change: &BoneChange) -> [String; 4] {
    let volumes = [
        change.formation_mm3,
        change.resorption_mm3,
        change.false_mm3,
    ];
    let [formed, resorbed, noise] = volumes.map(|v| format!("{v:.2}"));
    [change.to.clone(), formed, resorbed, noise]
}

/// How many cavities are not reported, by what they are taken for.
fn not_reported(file: &VerdictFile) -> String {
    let of = |kind: LesionKind| {
        let count = file.not_reported.iter().filter(|o| o.kind == kind).count();
        let [one, many] = kind.words();
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
    };
    let parts: Vec<String> = LesionKind::ALL.into_iter().filter_map(of).collect();
    if parts.is_empty() {
        return String::new();
    }
    let more = "report.html lists them, `--all` reports those with a break too";
    format!(
        "\nnot reported as erosions: {} ({more})\n",
        parts.join(", ")
    )
}

fn counts(file: &VerdictFile) -> String {
    let words = [
        Verdict::Healing,
        Verdict::Stable,
        Verdict::Progressing,
        Verdict::Uncertain,
    ]
    .map(|v| format!("{} {v}", file.count(v)));
    let mut text = format!(
        "{}: {}",
        plural(file.counted().count(), "lesion"),
        words.join(", ")
    );
    for fate in [Fate::New, Fate::Closed] {
        let count = file.counted().filter(|l| l.fate() == Some(fate)).count();
        if count > 0 {
            text.push_str(&format!(", {count} of them {}", fate.word()));
        }
    }
    if let Some(wrong) = file.expected_false_discovery {
        let share = if wrong < 0.001 {
            "below 0.1 %".to_owned()
        } else {
            format!("{:.1} %", 100.0 * wrong)
        };
        text.push_str(&format!("; expected share of wrong calls {share}"));
    }
    text
}

fn verdict(lesion: &Lesion) -> String {
    let Some(verdict) = lesion.verdict() else {
        return "–".to_owned();
    };
    let fate = lesion
        .fate()
        .map_or_else(String::new, |f| format!(", {}", f.word()));
    let p = lesion.probability().map(|p| probability(p, verdict));
    let p = p.map_or_else(String::new, |text| format!(" ({text})"));
    format!("{verdict}{fate}{p}")
}

/// The probability of the class called; all three where none was.
fn probability(p: Probability, verdict: Verdict) -> String {
    match verdict {
        Verdict::Healing => share(p.healing),
        Verdict::Stable => share(p.stable),
        Verdict::Progressing => share(p.progressing),
        Verdict::Uncertain => format!(
            "healing {}, stable {}, progressing {}",
            share(p.healing),
            share(p.stable),
            share(p.progressing)
        ),
    }
}

/// What holds for single lesions: what was there before, what is left, and why no verdict was reached.
fn told(file: &VerdictFile) -> String {
    let mut text = String::new();
    for lesion in &file.lesions {
        let why = || why_uncertain(lesion).map(|why| format!("uncertain: {why}"));
        if let Some(words) = fate_words(lesion).or_else(why) {
            text.push_str(&format!("lesion {}: {}\n", lesion.id, one_line(&words)));
        }
    }
    text
}

/// Erosion volume per bone and in all, with its change.
fn totals(file: &VerdictFile, printer: &Printer) -> String {
    let followed = file.visits.len() > 1;
    let mut header = vec!["erosion volume".to_owned(), "lesions".to_owned()];
    header.extend(file.visits.iter().map(|v| format!("{} mm³", v.visit.name)));
    if followed {
        header.push("change mm³ [95 %]".to_owned());
    }
    let mut table = Table::new(header);
    for total in file.totals.iter().filter(|t| !t.lesions.is_empty()) {
        let name = total.bone.as_deref().unwrap_or("all bones");
        let mut cells = vec![name.to_owned(), total.lesions.len().to_string()];
        let sums = total.visits.iter().map(|v| &v.volume);
        cells.extend(sums.map(|m| format!("{:.2} ± {:.2}", m.value, m.se)));
        cells.extend(total.course.last().map(changed));
        table.row(cells, None);
    }
    if table.rows.is_empty() {
        return String::new();
    }
    format!("\n{}", table.print(printer))
}

/// A probability is never printed as certain.
fn share(p: f64) -> String {
    if p > 0.999 {
        "p > 0.999".to_owned()
    } else if p < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {p:.3}")
    }
}

fn measured(lesion: &Lesion, visit: &str, quantity: Quantity) -> String {
    let visit = lesion.visits.iter().find(|v| v.visit == visit);
    if visit.is_some_and(|v| v.absent) {
        return "no lesion".to_owned();
    }
    visit
        .and_then(|v| v.measurements.get(&quantity))
        .map_or_else(dash, |m| format!("{:.2} ± {:.2}", m.value, m.se))
}

fn changed(change: &Change) -> String {
    let [low, high] = change.interval.map(signed);
    format!("{} [{low}, {high}]", signed(change.value))
}

/// Two decimals with the sign; what rounds to zero has none.
fn signed(value: f64) -> String {
    let text = format!("{value:+.2}");
    if matches!(text.as_str(), "+0.00" | "-0.00") {
        "0.00".to_owned()
    } else {
        text
    }
}

/// Truth beside verdict.
pub(crate) fn truth(file: &VerdictFile, truth: &VerdictFile, printer: &Printer) -> String {
    let matched = truth_table(file, truth);
    let mut table = Table::new([
        "truth",
        "found",
        "kind",
        "true mm³",
        "measured mm³",
        "true change",
        "measured change [95 %]",
        "true verdict",
        "verdict",
    ]);
    for row in &matched.rows {
        let id =
            |id: Option<u32>, none: &str| id.map_or_else(|| none.to_owned(), |i| i.to_string());
        let kind = row.truth.map_or("nothing", |_| "erosion").to_owned();
        let word = |v: Option<Verdict>| v.map_or_else(dash, |v| v.to_string());
        table.row(
            vec![
                id(row.truth, "–"),
                id(row.found, "missed"),
                kind,
                row.true_volume.map_or_else(dash, |v| format!("{v:.2}")),
                row.volume
                    .map_or_else(dash, |(v, se)| format!("{v:.2} ± {se:.2}")),
                row.true_change.map_or_else(dash, signed),
                row.change.as_ref().map_or_else(dash, changed),
                word(row.true_verdict),
                word(row.verdict),
            ],
            row.verdict,
        );
    }
    format!("{}\n{}\n", table.print(printer), summary(&matched))
}

fn summary(t: &TruthTable) -> String {
    let mut text = format!(
        "{} of {} true erosions found, {} reported where none is",
        t.found, t.erosions, t.extra
    );
    if t.judged > 0 {
        text.push_str(&format!(
            "; of {} verdicts {} agree, {} are opposite, {} stay uncertain; {} of {} intervals hold the true change",
            t.judged, t.agree, t.opposite, t.uncertain, t.covered, t.intervals
        ));
    }
    text
}

fn dash() -> String {
    "–".to_owned()
}

/// `1 bone`, `2 bones`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_letters() {
        let global = crate::args::Global {
            threads: None,
            quiet: false,
            json: false,
        };
        let mut table = Table::new(["id", "mm³", "verdict"]);
        table.row(
            vec!["1".into(), "2.00 ± 0.10".into(), "stable".into()],
            None,
        );
        table.row(vec!["10".into(), "–".into(), "healing".into()], None);
        let text = table.print(&Printer::new(&global));
        let places: Vec<usize> = text
            .lines()
            .zip(["verdict", "stable", "healing"])
            .map(|(line, word)| {
                let at = line.find(word).unwrap();
                line[..at].chars().count()
            })
            .collect();
        assert_eq!(places, [17, 17, 17], "{text}");
    }

    #[test]
    fn nothing_is_printed_as_certain_and_zero_has_no_sign() {
        assert_eq!(
            (share(1.0), share(0.0)),
            ("p > 0.999".into(), "p < 0.001".into())
        );
        assert_eq!(
            (signed(-0.001), signed(-0.25)),
            ("0.00".into(), "-0.25".into())
        );
    }
}
