//! The film report as one self-contained page.

use super::{FilmReportInput, joint_card, method, overview, tables};
use crate::Error;
use crate::paper::{
    Document, command_html, escape, number, palette, plural, scrolling, settings_html, typeset,
};
use howship_change::{FilmVerdictFile, Verdict, months_between};

const STYLE: &str = include_str!("style.css");
const ORDER: [Verdict; 4] = [
    Verdict::Healing,
    Verdict::Stable,
    Verdict::Progressing,
    Verdict::Uncertain,
];

/// The report of films: nothing is loaded from elsewhere and nothing needs a script.
///
/// # Errors
/// A picture whose values do not fill its size.
pub fn film_html(input: &FilmReportInput<'_>) -> Result<String, Error> {
    let title = title(input.result);
    let body = [
        format!("<style>\n{STYLE}</style>\n"),
        head(input.result, &title),
        format!(
            "<section aria-labelledby=\"verdicts\"><h2 id=\"verdicts\">Verdicts</h2>{}</section>\n",
            tables::verdicts(input)
        ),
        tables::truth(input),
        overview::section(input)?,
        joint_card::section(input)?,
        tables::refusals(input),
        films(input.result),
        method::section(input),
        provenance(input.result),
    ]
    .concat();
    let document = Document {
        title: &title,
        skip: ("verdicts", "Skip to the verdicts"),
        body: &body,
        version: &input.result.provenance.version,
        filled: false,
    };
    Ok(document.html())
}

fn title(result: &FilmVerdictFile) -> String {
    match &result.joints[..] {
        [one] => format!("Films of one joint: {}", one.name()),
        many => format!("Films of {}", plural(many.len(), "joint", "joints")),
    }
}

fn head(result: &FilmVerdictFile, title: &str) -> String {
    let mut html = format!(
        "<header>\n<p class=\"brand\">Howship · film report</p>\n<h1>{}</h1>\n<p class=\"visits\">{}</p>\n",
        escape(title),
        visits(result)
    );
    let tiles: String = ORDER
        .iter()
        .map(|verdict| {
            let look = palette::look(Some(*verdict));
            let n = result.count(*verdict);
            let empty = if n == 0 { " none" } else { "" };
            format!(
                "<li class=\"tile {}{empty}\"><span class=\"number\">{n}</span> <span class=\"word\"><span aria-hidden=\"true\">{}</span> {}</span></li>",
                look.class, look.symbol, look.word
            )
        })
        .collect();
    html.push_str(&format!(
        "<ul class=\"tiles\" aria-label=\"Erosions by verdict\">{tiles}</ul>\n<p class=\"plain\">{}</p>\n</header>\n",
        escape(&sentence(result))
    ));
    if !result.warnings.is_empty() {
        let items: String = result
            .warnings
            .iter()
            .map(|w| format!("<li>{}</li>", typeset(w)))
            .collect();
        html.push_str(&format!(
            "<section class=\"warnings\" aria-labelledby=\"warnings\"><h2 id=\"warnings\"><span aria-hidden=\"true\">⚠</span> {}</h2><ul>{items}</ul></section>\n",
            plural(result.warnings.len(), "warning", "warnings")
        ));
    }
    html
}

fn visits(result: &FilmVerdictFile) -> String {
    let names: Vec<String> = result
        .visits
        .iter()
        .map(|v| format!("<b>{}</b>", escape(&v.name)))
        .collect();
    let mut text = format!(
        "{}: {}",
        plural(names.len(), "visit", "visits"),
        names.join(" → ")
    );
    if let (Some(first), Some(last)) = (result.visits.first(), result.visits.last())
        && let Some(months) = months_between(first, last).filter(|m| *m > 0.0)
    {
        text.push_str(&format!(", {} months apart", number::fixed(months, 0)));
    }
    if let Some(subject) = &result.provenance.subject {
        text.push_str(&format!(" · subject {}", escape(subject.name())));
    }
    text
}

/// What happened, in words that need no training.
fn sentence(result: &FilmVerdictFile) -> String {
    let erosions: usize = result.joints.iter().map(|j| j.joint.erosions.len()).sum();
    let measured = result
        .joints
        .iter()
        .filter(|j| j.joint.refused.is_none() && !j.joint.narrowing.is_empty())
        .count();
    let refused = result.joints.len() - measured;
    let space = |verdict: Verdict| {
        result
            .joints
            .iter()
            .filter_map(|j| j.joint.narrowing.last())
            .filter(|j| j.verdict == verdict)
            .count()
    };
    let mut text = if erosions == 0 {
        "No erosion was found in profile.".to_owned()
    } else {
        let parts: Vec<String> = [
            (Verdict::Healing, "became smaller"),
            (Verdict::Stable, "stayed as it was"),
            (Verdict::Progressing, "became larger"),
            (Verdict::Uncertain, "cannot be told"),
        ]
        .iter()
        .filter(|(v, _)| result.count(*v) > 0)
        .map(|(v, words)| format!("{} {words}", result.count(*v)))
        .collect();
        format!(
            "Of {}, {}.",
            plural(
                erosions,
                "erosion seen in profile",
                "erosions seen in profile"
            ),
            parts.join(", ")
        )
    };
    text.push_str(&format!(
        " The joint space became narrower in {} of {}, wider in {}.",
        space(Verdict::Progressing),
        plural(measured, "joint", "joints"),
        space(Verdict::Healing)
    ));
    if refused > 0 {
        text.push_str(&format!(
            " {} could not be compared.",
            plural(refused, "joint", "joints")
        ));
    }
    text
}

fn films(result: &FilmVerdictFile) -> String {
    let rows: String = result
        .films
        .iter()
        .map(|f| {
            // "mm at the detector" and "at the detector: …" are said once.
            let lengths = match f.unit.strip_suffix(" at the detector") {
                Some(unit) if f.scale_known.starts_with("at the detector") => {
                    format!("{unit} {}", f.scale_known)
                }
                _ => format!("{}: {}", f.unit, f.scale_known),
            };
            let cells = [
                ("film", f.film.clone()),
                ("pixels", format!("{} × {}", f.size[0], f.size[1])),
                ("lengths in", lengths),
                ("side", f.side.clone().unwrap_or("not known".to_owned())),
                ("view", f.view.clone().unwrap_or("not known".to_owned())),
            ];
            let cells: String = cells
                .iter()
                .map(|(name, value)| format!("<td data-label=\"{name}\">{}</td>", escape(value)))
                .collect();
            format!(
                "<tbody><tr><th scope=\"row\">{}</th>{cells}</tr></tbody>",
                escape(&f.visit)
            )
        })
        .collect();
    let table = format!(
        "<table class=\"numbers stack\"><thead><tr><th scope=\"col\">Visit</th><th scope=\"col\">Film</th><th scope=\"col\">Pixels</th><th scope=\"col\">Lengths in</th><th scope=\"col\">Side</th><th scope=\"col\">View</th></tr></thead>{rows}</table>"
    );
    format!(
        "<section aria-labelledby=\"films\"><h2 id=\"films\">The films</h2>{}</section>\n",
        scrolling("Films", &table)
    )
}

fn provenance(result: &FilmVerdictFile) -> String {
    let p = &result.provenance;
    let rows: String = p
        .inputs
        .iter()
        .map(|f| {
            format!(
                "<tbody><tr><th scope=\"row\">{}</th><td>{}</td></tr><tr class=\"hash\"><td colspan=\"2\">BLAKE3 {}</td></tr></tbody>",
                escape(&f.name),
                escape(&f.format),
                escape(&f.blake3)
            )
        })
        .collect();
    let settings: Vec<(String, String)> = p
        .settings
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .collect();
    format!(
        "<section aria-labelledby=\"provenance\"><h2 id=\"provenance\">Provenance</h2><p>Howship {}, result format {}. The same input, settings and version give the same bytes.</p>{}{}{}</section>\n",
        escape(&p.version),
        escape(&result.schema),
        command_html(&p.command),
        scrolling(
            "Input files",
            &format!("<table class=\"inputs\"><caption>Input files</caption>{rows}</table>")
        ),
        settings_html(&settings, &p.seeds)
    )
}
