use super::{bone_title, kind_word, totals};
use crate::paper::{escape, number, palette, scrolling};
use crate::volume::csv::change_at;
use crate::volume::story::fate_words;
use howship_change::{
    AxesKnown, Change, Lesion, Measurement, Probability, Quantity, SettingName, Verdict,
    VerdictFile,
};

/// In place of verdicts, where none was asked for.
const NOT_LOOKED_FOR: &str = "<section aria-labelledby=\"verdicts\"><h2 id=\"verdicts\">Erosions</h2>\n<p>Not looked for (<code>--only remodelling</code>): whether there are any is not known. Without that option they are found and followed.</p></section>\n";

/// A lesion and its verdict per row.
pub(super) fn section(result: &VerdictFile) -> String {
    if !result.looked_for_erosions() {
        return NOT_LOOKED_FOR.to_owned();
    }
    let followed = result.visits.len() > 1;
    let heading = if followed { "Verdicts" } else { "Lesions" };
    let totals = totals::table(result);
    let body = if result.lesions.is_empty() {
        searched(result)
    } else if followed {
        verdicts(result)
    } else {
        measured(result)
    };
    format!(
        "<section aria-labelledby=\"verdicts\"><h2 id=\"verdicts\">{heading}</h2>\n{body}{totals}</section>\n"
    )
}

/// What was looked at, where nothing was found.
fn searched(result: &VerdictFile) -> String {
    let names: Vec<String> = result.bones.iter().map(|b| escape(&b.name)).collect();
    let smallest = result.provenance.settings.get(SettingName::SmallestLesion);
    let note = smallest.map_or_else(String::new, |size| {
        format!(
            " Cavities below {} are not reported.",
            escape(&size.to_string())
        )
    });
    if names.is_empty() {
        return format!("<p>No erosion found, and no bone was recognised in the field.{note}</p>");
    }
    format!(
        "<p>No erosion found. Searched: {}.{note}</p>",
        names.join(", ")
    )
}

fn header(columns: &[String]) -> String {
    let cell = |c: &String| format!("<th scope=\"col\">{c}</th>");
    format!(
        "<thead><tr>{}</tr></thead>",
        columns.iter().map(cell).collect::<String>()
    )
}

fn cell(label: &str, class: &str, content: &str) -> String {
    format!(
        "<td class=\"{class}\" data-label=\"{}\"><div>{content}</div></td>",
        escape(label)
    )
}

fn verdicts(result: &VerdictFile) -> String {
    let names: Vec<&str> = result
        .visits
        .iter()
        .map(|v| v.visit.name.as_str())
        .collect();
    let mut columns: Vec<String> = ["No.", "Bone"].map(String::from).to_vec();
    columns.extend(names.iter().map(|n| {
        format!(
            "Volume {}<br><span class=\"unit\">mm³ ± SE</span>",
            escape(n)
        )
    }));
    columns.extend(
        [
            "Change<br><span class=\"unit\">mm³, 95 %</span>",
            "LSC<br><span class=\"unit\">mm³</span>",
            "δ<br><span class=\"unit\">mm³</span>",
            "Probability",
            "Verdict",
        ]
        .map(String::from),
    );
    let span = columns.len();
    let rows: String = result
        .lesions
        .iter()
        .map(|l| row(result, l, &names, span))
        .collect();
    let table = format!(
        "<table class=\"verdicts stack\"><caption>Volume of each lesion at each visit ± standard error; change from the first to the last visit; LSC: least significant change; δ: smallest change that would matter. The volumes of all visits are estimated together, so that they differ by the change, up to rounding; what each visit says alone stands with its lesion below.</caption>{}{rows}</table>",
        header(&columns)
    );
    format!(
        "{}{}{LEGEND}",
        narrow_style(names.len()),
        scrolling("Verdicts", &table)
    )
}

/// Width that the columns beside the visits' need, and each visit's, px: as browsers lay out this page's type, with a
/// little to spare.
const WIDTH_PX: [usize; 2] = [620, 118];
/// Visits whose columns fit on A4.
const PAPER_VISITS: usize = 3;

/// A lesion's cells side by side as far as there is room, each with its column's name, instead of a row.
const AS_CARDS: &str = ".verdicts,.verdicts caption,.verdicts tbody{display:block}\
.verdicts thead{position:absolute;left:-9999px}\
.verdicts tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));column-gap:28px;width:100%}\
.verdicts tbody.lesion{border:1px solid var(--line);border-radius:10px;padding:6px 12px;margin-bottom:12px}\
.verdicts tbody td,.verdicts tbody th{border:0;padding:.22em 0;display:flex;gap:1em;justify-content:space-between;text-align:right;width:auto}\
.verdicts td::before,.verdicts th::before{content:attr(data-label);color:var(--soft);font-weight:400;font-size:.88rem;text-align:left;flex:0 0 auto}\
.verdicts th[scope=row]{justify-content:flex-start;align-items:baseline;gap:.4em;text-align:left}\
.verdicts td.bar>div{flex:0 1 220px}.verdicts .pnum{white-space:normal}.verdicts .pnum span{white-space:nowrap}\
.verdicts tr.reason{display:block}.verdicts tr.reason td{display:block;padding:.4em 0 .2em;text-align:left}";

/// The table turns into cards where its columns do not fit: the more visits, the earlier.
fn narrow_style(visits: usize) -> String {
    let [fixed, each] = WIDTH_PX;
    let paper = if visits > PAPER_VISITS {
        format!("@media print{{{AS_CARDS}}}")
    } else {
        String::new()
    };
    format!(
        "<style>.scroll:has(>.verdicts){{container-type:inline-size}}@media screen{{@container (max-width:{}px){{{AS_CARDS}}}}}{paper}</style>",
        fixed + each * visits
    )
}

const LEGEND: &str = "<p class=\"soft legend\">Probability that the true change is <span class=\"healing\">▼ healing (below −δ)</span>, <span class=\"stable\">● stable (within ±δ)</span>, <span class=\"progressing\">▲ progressing (above +δ)</span>. † not found again by itself at that visit; measured where it was at baseline. No lesion: the cortex was still closed. P beside the kind: probability that this is an erosion and not the bone’s own shape.</p>\n";

fn row(result: &VerdictFile, lesion: &Lesion, visits: &[&str], span: usize) -> String {
    let mut cells = format!(
        "<th scope=\"row\" data-label=\"No.\"><a href=\"#lesion-{id}\">{id}</a></th>",
        id = lesion.id
    );
    cells.push_str(&cell("Bone", "text", &bone(lesion)));
    for name in visits {
        let visit = lesion.visits.iter().find(|v| v.visit == *name);
        let text = visit.map_or("–".into(), |v| {
            if v.absent {
                return "no lesion".to_owned();
            }
            let mark = if v.found { "" } else { " †" };
            format!("{}{mark}", value(v.measurements.get(&Quantity::Volume)))
        });
        cells.push_str(&cell(&format!("Volume {name}, mm³"), "num", &text));
    }
    let change = visits
        .last()
        .and_then(|last| change_at(lesion, Quantity::Volume, last));
    let (text, lsc, delta) = change_cells(change);
    cells.push_str(&cell("Change, mm³", "num", &text));
    cells.push_str(&cell("LSC, mm³", "num", &lsc));
    cells.push_str(&cell("δ, mm³", "num", &delta));
    let bar = lesion
        .probability()
        .as_ref()
        .map_or("–".into(), probability_bar);
    cells.push_str(&cell("Probability", "bar", &bar));
    cells.push_str(&cell("Verdict", "word", &verdict_badges(lesion)));
    format!(
        "<tbody class=\"lesion\"><tr>{cells}</tr><tr class=\"reason\"><td colspan=\"{span}\">{}<br>{}{}</td></tr></tbody>",
        place(result, lesion),
        fate_words(lesion).map_or_else(String::new, |words| format!(
            "<b>{}</b><br>",
            escape(&words)
        )),
        escape(lesion.reason())
    )
}

/// The verdict, and beside it that a lesion is new or closed.
pub(super) fn verdict_badges(lesion: &Lesion) -> String {
    let fate = lesion.fate().map_or_else(String::new, |fate| {
        format!(" <span class=\"badge fate\">{}</span>", fate.word())
    });
    format!("{}{fate}", badge(lesion.verdict()))
}

/// Bone and kind of a lesion, with P(erosion).
fn bone(lesion: &Lesion) -> String {
    let p = lesion.erosion_probability.as_ref();
    let p = p.map_or_else(String::new, |p| {
        format!(
            "<br><span class=\"nowrap\">P {}</span>",
            escape(&number::coarse_probability(p.probability))
        )
    });
    format!(
        "<b>{}</b><br><span class=\"soft\">{}{p}</span>",
        escape(&lesion.bone),
        kind_word(lesion.kind)
    )
}

/// Where on the bone, in words and in mm.
fn place(result: &VerdictFile, lesion: &Lesion) -> String {
    let at: Vec<String> = lesion
        .centroid_mm
        .iter()
        .map(|v| number::fixed(*v, 1))
        .collect();
    let title = bone_title(&lesion.bone).map_or_else(String::new, |t| format!("{}, ", escape(&t)));
    let side = side(result, lesion).map_or_else(String::new, |side| format!("{side}, "));
    format!("{title}{side}at ({}) mm", at.join(", "))
}

/// Where a lesion faces: in the hand's own words where bones and palm are known, else in the axes of the image.
pub(super) fn side(result: &VerdictFile, lesion: &Lesion) -> Option<String> {
    let own = result.directions.and_then(|d| d.facing(lesion.normal));
    own.or_else(|| facing(lesion.normal, result.axes))
}

/// The side of the bone that a normal points to: in the patient's axes where the file states them, in the scanner's
/// where it knows no others.
fn facing(normal: [f64; 3], axes: AxesKnown) -> Option<String> {
    const SIDES: [[&str; 2]; 3] = [
        ["right", "left"],
        ["anterior", "posterior"],
        ["inferior", "superior"],
    ];
    let axis = (0..3).max_by(|a, b| normal[*a].abs().total_cmp(&normal[*b].abs()))?;
    let up = normal[axis] > 0.0;
    (normal[axis].abs() > 0.5).then(|| match axes {
        AxesKnown::Patient => format!("{} side", SIDES[axis][usize::from(up)]),
        AxesKnown::Image => {
            let (sign, letter) = (if up { '+' } else { '−' }, ["x", "y", "z"][axis]);
            format!("{sign}{letter} side of the image")
        }
    })
}

fn value(measurement: Option<&Measurement>) -> String {
    measurement.map_or("–".into(), |m| number::with_error(m.value, m.se))
}

fn change_cells(change: Option<&Change>) -> (String, String, String) {
    let Some(c) = change else {
        return ("–".into(), "–".into(), "–".into());
    };
    let (value, interval) = number::with_interval(c.value, c.se, c.interval);
    let lsc =
        number::decimals(c.se).map_or_else(|| number::plain(c.lsc), |d| number::fixed(c.lsc, d));
    (
        format!("<b>{value}</b><br><span class=\"soft\">{interval}</span>"),
        lsc,
        number::rounded(c.delta),
    )
}

/// The verdict as a coloured word with its symbol.
pub(super) fn badge(verdict: Option<Verdict>) -> String {
    let look = palette::look(verdict);
    format!(
        "<span class=\"badge {}\"><span aria-hidden=\"true\">{}</span> {}</span>",
        look.class, look.symbol, look.word
    )
}

/// The three probabilities as a stacked bar and as numbers.
fn probability_bar(p: &Probability) -> String {
    let shares = [
        (p.healing, Verdict::Healing),
        (p.stable, Verdict::Stable),
        (p.progressing, Verdict::Progressing),
    ];
    // `max` drops NaN.
    #[allow(clippy::manual_clamp, reason = "clamp keeps NaN")]
    let clamped = |share: f64| share.max(0.0).min(1.0);
    let total: f64 = shares.iter().map(|s| clamped(s.0)).sum();
    let mut x = 0.0;
    let mut bars = String::new();
    let mut numbers = String::new();
    for (share, verdict) in shares {
        let look = palette::look(Some(verdict));
        let width = 120.0 * clamped(share) / total.max(1e-9);
        bars.push_str(&format!(
            "<rect x=\"{x:.2}\" width=\"{width:.2}\" height=\"12\" fill=\"{}\"/>",
            look.colour
        ));
        x += width;
        numbers.push_str(&format!(
            "<span class=\"{}\">{} {}</span> ",
            look.class,
            look.symbol,
            escape(&number::probability(share))
        ));
    }
    format!(
        "<svg class=\"pbar\" viewBox=\"0 0 120 12\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{bars}</svg><span class=\"pnum\">{}</span>",
        numbers.trim_end()
    )
}

/// One visit: sizes without change.
fn measured(result: &VerdictFile) -> String {
    const SHOWN: [(Quantity, &str); 4] = [
        (Quantity::Volume, "Volume"),
        (Quantity::MouthArea, "Mouth"),
        (Quantity::Width, "Width"),
        (Quantity::Depth, "Depth"),
    ];
    let mut columns: Vec<String> = ["No.", "Bone", "Place"].map(String::from).to_vec();
    columns.extend(
        SHOWN
            .iter()
            .map(|(q, name)| format!("{name}<br><span class=\"unit\">{} ± SE</span>", q.unit())),
    );
    let row = |lesion: &Lesion| {
        let visit = lesion.visits.first();
        let cells: String = SHOWN
            .iter()
            .map(|(q, name)| {
                let measurement = visit.and_then(|v| v.measurements.get(q));
                cell(&format!("{name}, {}", q.unit()), "num", &value(measurement))
            })
            .collect();
        format!(
            "<tbody class=\"lesion\"><tr><th scope=\"row\" data-label=\"No.\"><a href=\"#lesion-{id}\">{id}</a></th>{}{}{cells}</tr></tbody>",
            cell("Bone", "text", &bone(lesion)),
            cell("Place", "text", &place(result, lesion)),
            id = lesion.id
        )
    };
    format!(
        "<table class=\"verdicts stack\"><caption>Size of each lesion ± standard error.</caption>{}{}</table>\n",
        header(&columns),
        result.lesions.iter().map(row).collect::<String>()
    )
}
