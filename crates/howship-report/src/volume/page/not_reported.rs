use super::bone_cell;
use crate::paper::{escape, listed, number, plural, scrolling};
use howship_change::{LesionKind, NotReported, VerdictFile};

/// How many cavities of each kind are not reported; `None` where all are.
pub(super) fn counts(result: &VerdictFile) -> Option<String> {
    let of = |kind: LesionKind| {
        let count = result
            .not_reported
            .iter()
            .filter(|o| o.kind == kind)
            .count();
        let [one, many] = kind.words();
        (count > 0).then(|| plural(count, one, many))
    };
    let parts: Vec<String> = LesionKind::ALL.into_iter().filter_map(of).collect();
    (!parts.is_empty()).then(|| listed(&parts))
}

/// Cavities that are not reported as erosions: what they are taken for, how sure that is, how large they are.
pub(super) fn section(result: &VerdictFile) -> String {
    let Some(counts) = counts(result) else {
        return String::new();
    };
    let mut head = [
        "No.",
        "Bone",
        "Taken for",
        "P(erosion)",
        "At<br><span class=\"unit\">mm</span>",
    ]
    .map(|name| format!("<th scope=\"col\">{name}</th>"))
    .concat();
    for visit in &result.visits {
        head.push_str(&format!(
            "<th scope=\"col\">{}<br><span class=\"unit\">mm³ ± SE</span></th>",
            escape(&visit.visit.name)
        ));
    }
    let rows: String = result.not_reported.iter().map(|o| row(result, o)).collect();
    let table = format!(
        "<table class=\"numbers\"><caption>Not in any sum or count above. A cavity that changes is always reported; <code>--all</code> reports these too.</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    );
    format!(
        "<section aria-labelledby=\"not-reported\"><h2 id=\"not-reported\">Not reported as erosions</h2><p>{} found that {} more like the bone’s own shape than like an erosion.</p>{}</section>\n",
        escape(&counts),
        if result.not_reported.len() == 1 {
            "looks"
        } else {
            "look"
        },
        scrolling("Not reported as erosions", &table)
    )
}

fn row(result: &VerdictFile, other: &NotReported) -> String {
    let likely = other.erosion_probability.as_ref();
    let probability = likely.map_or("–".to_owned(), |p| {
        number::coarse_probability(p.probability)
    });
    let at: Vec<String> = other
        .centroid_mm
        .iter()
        .map(|v| number::fixed(*v, 1))
        .collect();
    let mut cells = format!(
        "<th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"num\">{}</td><td class=\"num\">({})</td>",
        other.id,
        bone_cell(&other.bone),
        other.kind.words()[0],
        escape(&probability),
        at.join(", ")
    );
    if let Some(diameter) = other.diameter_mm {
        cells.push_str(&format!(
            "<td colspan=\"{}\">a ball of {} mm fits in</td>",
            result.visits.len(),
            number::fixed(diameter, 1)
        ));
    } else {
        for visit in &result.visits {
            let volume = other.volumes.iter().find(|v| v.visit == visit.visit.name);
            let text = volume.map_or("–".into(), |v| {
                number::with_error(v.volume.value, v.volume.se)
            });
            cells.push_str(&format!("<td class=\"num\">{text}</td>"));
        }
    }
    format!("<tr>{cells}</tr>\n")
}
