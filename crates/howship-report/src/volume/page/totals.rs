use super::bone_cell;
use crate::paper::{escape, number, scrolling};
use howship_change::{Change, ErosionTotal, VerdictFile};

/// Erosion volume of each bone and of all of them, with the change; empty where there is no lesion.
pub(super) fn table(result: &VerdictFile) -> String {
    if result.totals.is_empty() {
        return String::new();
    }
    let followed = result.visits.len() > 1;
    let mut head = String::from("<th scope=\"col\">Bone</th><th scope=\"col\">Lesions</th>");
    for visit in &result.visits {
        head.push_str(&format!(
            "<th scope=\"col\">{}<br><span class=\"unit\">mm³ ± SE</span></th>",
            escape(&visit.visit.name)
        ));
    }
    if followed {
        head.push_str("<th scope=\"col\">Change<br><span class=\"unit\">mm³</span></th><th scope=\"col\">95 % interval</th>");
    }
    let rows: String = result.totals.iter().map(|t| row(t, followed)).collect();
    let left_out = left_out(result);
    let table = format!(
        "<table class=\"numbers\"><caption>Reported erosions only. The errors of lesions that share a bone’s alignment and a scan’s density are correlated by an unknown amount; they are added up as if they were one, the largest that any correlation allows.{left_out}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    );
    format!(
        "<h3>Erosion volume in all</h3>{}",
        scrolling("Erosion volume in all", &table)
    )
}

fn row(total: &ErosionTotal, followed: bool) -> String {
    let name = match &total.bone {
        Some(bone) => bone_cell(bone),
        None => "all bones".to_owned(),
    };
    let mut cells = format!(
        "<th scope=\"row\">{name}</th><td class=\"num\">{}</td>",
        total.lesions.len()
    );
    let none = total.lesions.is_empty();
    for visit in &total.visits {
        let volume = &visit.volume;
        let text = if none {
            "–".to_owned()
        } else {
            number::with_error(volume.value, volume.se)
        };
        cells.push_str(&format!("<td class=\"num\">{text}</td>"));
    }
    if followed {
        let [value, interval] = total.course.last().map_or_else(
            || ["–", "–"].map(String::from),
            |c: &Change| number::with_interval(c.value, c.se, c.interval).into(),
        );
        cells.push_str(&format!(
            "<td class=\"num\">{value}</td><td class=\"num\">{interval}</td>"
        ));
    }
    format!("<tr>{cells}</tr>\n")
}

/// Which lesions no sum holds.
fn left_out(result: &VerdictFile) -> String {
    let mut ids: Vec<u32> = result
        .totals
        .iter()
        .flat_map(|t| t.left_out.clone())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return String::new();
    }
    let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
    format!(
        " Not in the sums, because a visit does not tell their volume: lesion {}.",
        ids.join(", ")
    )
}
