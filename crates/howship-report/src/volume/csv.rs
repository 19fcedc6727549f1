use howship_change::{
    Change, InputFile, Lesion, LesionVisit, Measurement, Quantity, Subject, VerdictFile,
};

const HEADER: &str = "subject,lesion,bone,kind,p_erosion,x_mm,y_mm,z_mm,quantity,unit,visit,days,file,value,se,df,change,\
change_se,change_df,change_low,change_high,lsc,delta,p_healing,p_stable,p_progressing,verdict,fate,reason";

/// What tells a spreadsheet that the text is UTF-8.
const MARK: char = '\u{feff}';

/// The lesions as a tidy table: a row per lesion × quantity × visit (RFC 4180, UTF-8 with a byte order mark, which
/// spreadsheets need and table readers skip; `.` as decimal point).
///
/// `kind` is what the cavity is taken for, `p_erosion` how probable it is that it is an erosion (empty where no visit
/// shows a break). Cavities that are not reported are not in this table. `x_mm`, `y_mm`, `z_mm` are the lesion's centre in the row's visit's own scanner frame, LPS mm; `file` is that
/// visit's image. `change` and what follows it stand in the row of the *later* visit and compare it with baseline: at
/// every later visit for the volume, at the last one for the other quantities. Probabilities, verdict, fate (`new`,
/// `closed`) and reason are of the volume and stand in its last row. A series without any lesion has one row per visit
/// with an empty `lesion`, and `none` as its kind; one whose erosions were not looked for has no rows. Numbers are written in full; an empty field means "not known".
/// `subject` is empty where the user named none. Text that begins with `=`, `+`, `-` or `@` has an apostrophe before
/// it, so that no spreadsheet takes it for a formula.
#[must_use]
pub fn lesions_csv(result: &VerdictFile) -> String {
    let mut text = format!("{MARK}{HEADER}\n");
    let subject = result.provenance.subject.as_ref().map_or("", Subject::name);
    let mut write = |row: &[String]| {
        text.push_str(&row.join(","));
        text.push('\n');
    };
    if result.lesions.is_empty() && result.looked_for_erosions() {
        for (visit, file) in with_files(result) {
            // After kind come coordinates, quantity and unit; after the file sixteen columns of numbers and words.
            let head = [field(subject), ",,none,,,,,,".into(), field(visit)];
            let days = number(days_of(result, visit));
            write(&[head.as_slice(), &[days, field(file), ",".repeat(15)]].concat());
        }
    }
    for lesion in &result.lesions {
        for quantity in Quantity::ALL {
            for (index, visit) in lesion.visits.iter().enumerate() {
                let Some(measurement) = visit.measurements.get(&quantity) else {
                    continue;
                };
                let last = index + 1 == lesion.visits.len();
                write(&[
                    field(subject),
                    place(lesion, visit),
                    quantity.key().into(),
                    field(&measurement.unit),
                    field(&visit.visit),
                    number(days_of(result, &visit.visit)),
                    field(file_of(result, &visit.visit)),
                    measured(measurement),
                    changed(change_at(lesion, quantity, &visit.visit)),
                    decided(lesion, quantity == Quantity::Volume && last),
                ]);
            }
        }
    }
    text
}

fn place(lesion: &Lesion, visit: &LesionVisit) -> String {
    let [x, y, z] = visit.centre_mm.map(|v| number(Some(v)));
    let kind = lesion.kind.key().into();
    let p = number(lesion.erosion_probability.as_ref().map(|p| p.probability));
    [lesion.id.to_string(), field(&lesion.bone), kind, p, x, y, z].join(",")
}

fn days_of(result: &VerdictFile, visit: &str) -> Option<f64> {
    let summary = result.visits.iter().find(|v| v.visit.name == visit);
    summary.and_then(|v| v.visit.days)
}

/// The visits with the files of their images: one each, in order.
fn with_files(result: &VerdictFile) -> impl Iterator<Item = (&str, &str)> {
    let inputs = &result.provenance.inputs;
    let paired = inputs.len() == result.visits.len();
    let name = move |i: usize| inputs.get(i).filter(|_| paired).map_or("", name_of);
    let visits = result.visits.iter().enumerate();
    visits.map(move |(i, v)| (v.visit.name.as_str(), name(i)))
}

fn name_of(input: &InputFile) -> &str {
    input.name.as_str()
}

fn file_of<'a>(result: &'a VerdictFile, visit: &str) -> &'a str {
    with_files(result)
        .find(|(name, _)| *name == visit)
        .map_or("", |(_, file)| file)
}

/// Baseline to a visit, where it was worked out.
pub(crate) fn change_at<'a>(
    lesion: &'a Lesion,
    quantity: Quantity,
    visit: &str,
) -> Option<&'a Change> {
    let of_last = lesion.change.get(&quantity).filter(|c| c.to == visit);
    of_last.or_else(|| {
        let course = lesion.course.iter().find(|c| c.to == visit);
        course.filter(|_| quantity == Quantity::Volume)
    })
}

fn measured(m: &Measurement) -> String {
    [number(Some(m.value)), number(Some(m.se)), number(m.df)].join(",")
}

fn changed(change: Option<&Change>) -> String {
    let numbers = match change {
        Some(c) => {
            let [low, high] = c.interval.map(Some);
            [
                Some(c.value),
                Some(c.se),
                c.df,
                low,
                high,
                Some(c.lsc),
                Some(c.delta),
            ]
        }
        None => [None; 7],
    };
    numbers.map(number).join(",")
}

fn decided(lesion: &Lesion, shown: bool) -> String {
    if !shown {
        return ",,,,,".into();
    }
    let p = lesion.probability();
    [
        number(p.map(|p| p.healing)),
        number(p.map(|p| p.stable)),
        number(p.map(|p| p.progressing)),
        lesion.verdict().map_or("", |v| v.word()).into(),
        lesion.fate().map_or("", |f| f.word()).into(),
        field(lesion.reason()),
    ]
    .join(",")
}

fn number(value: Option<f64>) -> String {
    value
        .filter(|v| v.is_finite())
        .map_or_else(String::new, |v| v.to_string())
}

/// Text without what steers a terminal or turns the direction of a line.
fn plain(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(steers, "\u{fffd}")
}

/// A text field, quoted where it must be.
///
/// Names of subjects and visits come from files: one that a spreadsheet would run as a formula gets an
/// apostrophe before it.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mut text = plain(text);
    if formula {
        text.insert(0, '\'');
    }
    let special = |c: char| matches!(c, ',' | '"' | '\n' | '\r');
    if text.contains(special) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
