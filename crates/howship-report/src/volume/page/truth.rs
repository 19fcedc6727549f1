use super::kind_word;
use super::verdict_table::badge;
use crate::ReportInput;
use crate::paper::{escape, number, scrolling};
use crate::volume::truth::{MATCH_MM, TruthRow, TruthTable, truth_table};

/// Heads of the columns that need a later visit.
const CHANGE_COLUMNS: &str = "<th scope=\"col\">Change<br><span class=\"unit\">mm³, 95 % interval</span></th><th scope=\"col\">True change<br><span class=\"unit\">mm³</span></th><th scope=\"col\">Holds truth</th><th scope=\"col\">Verdict</th><th scope=\"col\">True verdict</th>";

/// Truth beside verdict, where the truth is known.
pub(super) fn section(input: &ReportInput<'_>) -> String {
    let Some(truth) = input.truth else {
        return String::new();
    };
    let table = truth_table(input.result, truth);
    let followed = input.result.visits.len() > 1;
    let rows: String = table.rows.iter().map(|r| row(r, followed)).collect();
    let changes = if followed { CHANGE_COLUMNS } else { "" };
    let html = format!(
        "<table class=\"truth\"><caption>Lesions matched by their nearest centres, at most {MATCH_MM} mm apart.</caption><thead><tr><th scope=\"col\">Found</th><th scope=\"col\">Truth</th><th scope=\"col\">Bone</th><th scope=\"col\">Apart<br><span class=\"unit\">mm</span></th><th scope=\"col\">Volume<br><span class=\"unit\">mm³ ± SE</span></th><th scope=\"col\">True volume<br><span class=\"unit\">mm³</span></th>{changes}</tr></thead><tbody>{rows}</tbody></table>"
    );
    format!(
        "<section aria-labelledby=\"truth\"><h2 id=\"truth\">Truth beside verdict</h2><p>{}</p>{}</section>\n",
        summary(&table),
        scrolling("Truth beside verdict", &html)
    )
}

fn summary(t: &TruthTable) -> String {
    let mut text = format!(
        "{} of {} true erosions found, {} reported where none is.",
        t.found, t.erosions, t.extra
    );
    if t.judged > 0 {
        text.push_str(&format!(
            " Of {} verdicts, {} agree with the truth, {} are the opposite, {} stay uncertain. {} of {} intervals hold the true change.",
            t.judged, t.agree, t.opposite, t.uncertain, t.covered, t.intervals
        ));
    }
    text
}

fn row(r: &TruthRow, followed: bool) -> String {
    let dash = || "–".to_owned();
    let id =
        |id: Option<u32>, kind: Option<howship_change::LesionKind>, none: &str| match (id, kind) {
            (Some(id), Some(kind)) => {
                format!("{id} <span class=\"soft\">{}</span>", kind_word(kind))
            }
            _ => format!("<b>{none}</b>"),
        };
    let change = r.change.as_ref().map_or_else(dash, |c| {
        let (value, interval) = number::with_interval(c.value, c.se, c.interval);
        format!("{value}<br><span class=\"soft nowrap\">{interval}</span>")
    });
    let digits = r
        .change
        .as_ref()
        .and_then(|c| number::decimals(c.se))
        .unwrap_or(3);
    let volume_digits = r.volume.and_then(|v| number::decimals(v.1)).unwrap_or(2);
    let covered = match r.covered {
        Some(true) => "✓ yes",
        Some(false) => "✗ no",
        None => "–",
    };
    let cells = [
        id(r.truth, r.true_kind, "nothing there"),
        escape(&r.bone),
        r.distance_mm.map_or_else(dash, |d| number::fixed(d, 2)),
        r.volume.map_or_else(dash, |(v, se)| {
            format!(
                "<span class=\"nowrap\">{}</span>",
                number::with_error(v, se)
            )
        }),
        r.true_volume
            .map_or_else(dash, |v| number::fixed(v, volume_digits)),
        change,
        r.true_change
            .map_or_else(dash, |v| number::signed(v, digits)),
        covered.to_owned(),
        r.verdict.map_or_else(dash, |v| badge(Some(v))),
        r.true_verdict.map_or_else(dash, |v| badge(Some(v))),
    ];
    // The last five need a later visit.
    let shown = if followed {
        cells.len()
    } else {
        cells.len() - 5
    };
    let cells: String = cells[..shown]
        .iter()
        .map(|c| format!("<td>{c}</td>"))
        .collect();
    format!(
        "<tr><th scope=\"row\">{}</th>{cells}</tr>",
        id(r.found, r.kind, "missed")
    )
}
