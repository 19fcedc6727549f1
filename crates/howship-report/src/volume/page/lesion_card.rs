use super::verdict_table::{side, verdict_badges};
use super::{bone_title, kind_word};
use crate::paper::{escape, number, palette, scrolling};
use crate::volume::csv::change_at;
use crate::volume::plot::{CoursePoint, changes, course};
use crate::volume::story::fate_words;
use crate::volume::{panels, slices};
use crate::{Error, LesionPatch, ReportInput};
use howship_change::{Change, Lesion, LesionVisit, Measurement, Quantity, VerdictFile};

/// A card per lesion.
pub(super) fn section(input: &ReportInput<'_>) -> Result<String, Error> {
    if input.result.lesions.is_empty() {
        return Ok(String::new());
    }
    let mut html =
        String::from("<section aria-labelledby=\"lesions\"><h2 id=\"lesions\">Each lesion</h2>\n");
    for lesion in &input.result.lesions {
        let patch = input.patches.iter().find(|p| p.id == lesion.id);
        html.push_str(&card(input.result, lesion, patch)?);
    }
    html.push_str("</section>\n");
    Ok(html)
}

fn card(
    result: &VerdictFile,
    lesion: &Lesion,
    patch: Option<&LesionPatch>,
) -> Result<String, Error> {
    let look = palette::look(lesion.verdict());
    let side = side(result, lesion);
    let known = [bone_title(&lesion.bone), side].into_iter().flatten();
    let known = known.collect::<Vec<_>>().join(", ");
    let title = if known.is_empty() {
        known
    } else {
        format!(" ({})", escape(&known))
    };
    let word = if lesion.verdict().is_some() {
        verdict_badges(lesion)
    } else {
        String::new()
    };
    let figure = match patch {
        Some(patch) => slices_figure(result, lesion, patch)?,
        None => String::new(),
    };
    let plots: String = [course_plot(result, lesion), change_plot(lesion)]
        .into_iter()
        .zip(["Volume with 95 % intervals", "Change with 95 % intervals"])
        .filter_map(|(svg, caption)| Some((svg?, caption)))
        .map(|(svg, caption)| format!("<figure><figcaption>{caption}</figcaption>{svg}</figure>"))
        .collect();
    // On paper a card of few visits stands beside its picture, two on a page; a longer one may break.
    let fits = if lesion.visits.len() <= PAPER_VISITS && !figure.is_empty() {
        " fits"
    } else {
        ""
    };
    Ok(format!(
        "<article class=\"card {}{fits}\" id=\"lesion-{id}\"><h3>{} {id} · {}{title} {word}</h3><p class=\"why\">{}{}</p><div class=\"{}\">{figure}<div class=\"plots\">{plots}</div></div>{}{}</article>\n",
        look.class,
        capital(kind_word(lesion.kind)),
        escape(&lesion.bone),
        fate_words(lesion).map_or_else(String::new, |words| format!("<b>{}.</b> ", escape(&words))),
        escape(lesion.reason()),
        if figure.is_empty() || plots.is_empty() {
            "flat"
        } else {
            "pair"
        },
        quantities(result, lesion),
        repair(lesion) + &likelihood(lesion),
        id = lesion.id,
    ))
}

/// P(erosion) and what spoke for it, in logits.
fn likelihood(lesion: &Lesion) -> String {
    let Some(p) = &lesion.erosion_probability else {
        return String::new();
    };
    let terms: Vec<String> = p
        .evidence
        .iter()
        .map(|e| {
            let unit = if e.unit.is_empty() { "" } else { " " };
            let value = number::plain(e.value);
            let name = escape(&e.name.replace('_', " "));
            let logit = number::signed(e.logit, 1);
            format!(
                "<span class=\"nowrap\">{name} {value}{unit}{} ({logit})</span>",
                escape(&e.unit)
            )
        })
        .collect();
    format!(
        "<p class=\"soft\">P(erosion) {} by {}; what it rests on, with what each adds to its logit: {}.</p>",
        escape(&number::coarse_probability(p.probability)),
        escape(&p.visit),
        terms.join(", ")
    )
}

/// Visits whose slices leave room for the numbers beside them on A4.
const PAPER_VISITS: usize = 3;

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// Title of a lesion's slices, for those who cannot see them.
pub(crate) fn slices_title(lesion: &Lesion) -> String {
    format!(
        "Three perpendicular slices through lesion {} in {} at each visit, with the outline of the cavity",
        lesion.id, lesion.bone
    )
}

/// Names of the visits of a patch; numbers where the result has fewer.
pub(crate) fn visit_names(result: &VerdictFile, count: usize) -> Vec<String> {
    (0..count)
        .map(|i| {
            let visit = result.visits.get(i);
            visit.map_or_else(|| format!("visit {}", i + 1), |v| v.visit.name.clone())
        })
        .collect()
}

fn slices_figure(
    result: &VerdictFile,
    lesion: &Lesion,
    patch: &LesionPatch,
) -> Result<String, Error> {
    let set = slices::cut(patch)?;
    let names = visit_names(result, patch.visits.len());
    let svg = panels::svg(&set, &names, &slices_title(lesion))?;
    let unit = result.visits.first().map_or("", |v| v.unit.as_str());
    let outlines = match names.as_slice() {
        [_] | [] => "Solid line: the cavity.".to_owned(),
        [first, ..] => format!(
            "Every visit turned onto {f}. Solid line: the cavity at that visit; dashed: at {f}.",
            f = escape(first)
        ),
    };
    Ok(format!(
        "<figure class=\"slices\" style=\"--columns:{}\">{svg}<figcaption>{outlines} Dotted white: where the intact bone's surface would be. Window: black {}, white {} {}; {} mm across.</figcaption></figure>",
        if names.len() == 1 { 3 } else { names.len() },
        number::setting(f64::from(patch.window.0)),
        number::setting(f64::from(patch.window.1)),
        escape(unit),
        number::fixed(set.width_mm(), 1)
    ))
}

/// A visit's volume, where it is a number.
fn volume_of(visit: &LesionVisit) -> Option<&Measurement> {
    let volume = visit.measurements.get(&Quantity::Volume)?;
    volume.value.is_finite().then_some(volume)
}

/// Whether a change can be drawn.
fn is_drawable(change: &Change) -> bool {
    let [low, high] = change.interval;
    [change.value, low, high, change.lsc, change.delta]
        .iter()
        .all(|v| v.is_finite())
}

/// Volume over the visits; `None` where it was measured less than twice.
pub(crate) fn course_plot(result: &VerdictFile, lesion: &Lesion) -> Option<String> {
    let points: Vec<CoursePoint<'_>> = lesion
        .visits
        .iter()
        .filter_map(|visit| {
            let summary = result.visits.iter().find(|v| v.visit.name == visit.visit);
            Some(CoursePoint {
                visit: &visit.visit,
                days: summary.and_then(|v| v.visit.days),
                measurement: volume_of(visit)?,
            })
        })
        .collect();
    if points.len() < 2 {
        return None;
    }
    let told: Vec<String> = points
        .iter()
        .map(|p| {
            format!(
                "{} {}",
                p.visit,
                number::with_error(p.measurement.value, p.measurement.se)
            )
        })
        .collect();
    let title = format!("Volume of lesion {} in mm³: {}", lesion.id, told.join(", "));
    Some(course(
        &points,
        &title,
        palette::look(lesion.verdict()).colour,
    ))
}

/// Volume change since baseline; `None` without a later visit.
pub(crate) fn change_plot(lesion: &Lesion) -> Option<String> {
    let stated = lesion.change.get(&Quantity::Volume);
    let mut course = lesion.course.clone();
    if course.is_empty() {
        course.extend(stated.cloned());
    }
    course.retain(is_drawable);
    let last = course.last()?;
    let (value, interval) = number::with_interval(last.value, last.se, last.interval);
    let title = format!(
        "Change of lesion {} from {} to {}: {value} {}, 95 % interval {interval}",
        lesion.id, last.from, last.to, last.unit
    );
    Some(changes(&course, lesion.verdict(), &title))
}

/// A quantity in print.
fn quantity_name(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Volume => "volume",
        Quantity::MouthArea => "mouth area",
        Quantity::Surface => "wall surface",
        Quantity::Width => "width of the mouth",
        Quantity::Depth => "depth",
        Quantity::Depth3d => "depth in 3-D",
        Quantity::Diameter3d => "largest diameter in 3-D",
        Quantity::DensityInside => "density inside",
        Quantity::MarginDensity => "density of the margin",
        Quantity::RimDensity => "density of the rim",
        other => other.key(),
    }
}

/// Every quantity at every visit, with its change.
fn quantities(result: &VerdictFile, lesion: &Lesion) -> String {
    let measured = |q: &Quantity| lesion.visits.iter().any(|v| v.measurements.contains_key(q));
    let followed = lesion.visits.len() > 1;
    let mut head = String::from("<th scope=\"col\">Measurement</th><th scope=\"col\">Unit</th>");
    for visit in &lesion.visits {
        head.push_str(&format!("<th scope=\"col\">{}</th>", escape(&visit.visit)));
    }
    if followed {
        head.push_str("<th scope=\"col\">Change</th><th scope=\"col\">95 % interval</th><th scope=\"col\">LSC</th><th scope=\"col\">δ</th>");
    }
    let rows: String = Quantity::ALL
        .into_iter()
        .filter(measured)
        .map(|q| {
            let alone = if q == Quantity::Volume {
                alone_row(lesion)
            } else {
                String::new()
            };
            quantity_row(lesion, q, followed) + &alone
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let caption = if result.visits.len() > 1 {
        "All measurements ± standard error"
    } else {
        "All measurements ± standard error, one visit"
    };
    let table = format!(
        "<table class=\"numbers\"><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    );
    scrolling(&format!("All measurements of lesion {}", lesion.id), &table)
}

fn quantity_row(lesion: &Lesion, quantity: Quantity, followed: bool) -> String {
    let found = lesion
        .visits
        .iter()
        .find_map(|v| v.measurements.get(&quantity));
    let unit = found.map_or("", |m| m.unit.as_str());
    let mut cells = format!(
        "<th scope=\"row\">{}</th><td>{}</td>",
        quantity_name(quantity),
        escape(unit)
    );
    for visit in &lesion.visits {
        let text = match visit.measurements.get(&quantity) {
            Some(_) if visit.absent && quantity == Quantity::Volume => "no lesion".to_owned(),
            Some(_) if visit.absent => "–".to_owned(),
            Some(m) => number::with_error(m.value, m.se),
            None => "–".to_owned(),
        };
        cells.push_str(&format!("<td class=\"num\">{text}</td>"));
    }
    if followed {
        let change = lesion
            .visits
            .last()
            .and_then(|v| change_at(lesion, quantity, &v.visit));
        let texts: [String; 4] = change.map_or(std::array::from_fn(|_| "–".to_owned()), |c| {
            let (value, interval) = number::with_interval(c.value, c.se, c.interval);
            let digits = number::decimals(c.se).unwrap_or(2);
            let beyond = if c.value.abs() > c.lsc { " *" } else { "" };
            [
                format!("{value}{beyond}"),
                interval,
                number::fixed(c.lsc, digits),
                number::rounded(c.delta),
            ]
        });
        cells.push_str(
            &texts
                .map(|t| format!("<td class=\"num\">{t}</td>"))
                .concat(),
        );
    }
    format!("<tr>{cells}</tr>")
}

/// What each visit by itself says of the volume, where the joint estimate moved any of them.
fn alone_row(lesion: &Lesion) -> String {
    let alone: Vec<Option<&Measurement>> = lesion
        .visits
        .iter()
        .map(|v| v.volume_alone.as_ref())
        .collect();
    let moved = lesion.visits.iter().zip(&alone).any(|(visit, alone)| {
        let joint = visit.measurements.get(&Quantity::Volume);
        joint
            .zip(*alone)
            .is_some_and(|(j, a)| (j.value - a.value).abs() >= 0.005)
    });
    if !moved {
        return String::new();
    }
    let unit = alone
        .iter()
        .flatten()
        .next()
        .map_or("", |m| m.unit.as_str());
    let cells: String = alone
        .iter()
        .map(|m| m.map_or("–".into(), |m| number::with_error(m.value, m.se)))
        .map(|text| format!("<td class=\"num\">{text}</td>"))
        .collect();
    format!(
        "<tr class=\"alone\"><th scope=\"row\">volume by that visit alone</th><td>{}</td>{cells}<td colspan=\"4\">by its wall only, without the densities</td></tr>",
        escape(unit)
    )
}

/// Signs of repair at the later visits.
fn repair(lesion: &Lesion) -> String {
    let unit = lesion
        .visits
        .iter()
        .find_map(|v| v.measurements.get(&Quantity::MarginDensity))
        .map_or("", |m| m.unit.as_str());
    let rows: String = lesion
        .visits
        .iter()
        .filter_map(|v| Some((v, v.repair?)))
        .map(|(visit, r)| {
            format!(
                "<tr><th scope=\"row\">{}</th><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{} {}</td></tr>",
                escape(&visit.visit),
                number::percent(r.recortication),
                number::percent(r.filling_in),
                number::signed(r.sclerosis, usize::from(r.sclerosis.abs() < 10.0)),
                escape(unit)
            )
        })
        .collect();
    let starred = "<p class=\"soft\">* beyond the least significant change of that measurement. The verdict rests on the volume alone.</p>";
    let note = if lesion.visits.len() > 1 { starred } else { "" };
    if rows.is_empty() {
        return note.into();
    }
    let table = format!(
        "<table class=\"numbers repair\"><caption>Signs of repair since baseline; shown beside the verdict, they do not decide it</caption><thead><tr><th scope=\"col\">Visit</th><th scope=\"col\">Mouth closed again<br><span class=\"unit\">recortication</span></th><th scope=\"col\">Cavity filled<br><span class=\"unit\">filling-in</span></th><th scope=\"col\">Margin denser by<br><span class=\"unit\">sclerosis</span></th></tr></thead><tbody>{rows}</tbody></table>"
    );
    format!(
        "{note}{}",
        scrolling(&format!("Signs of repair of lesion {}", lesion.id), &table)
    )
}
