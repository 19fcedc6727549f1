//! Verdicts, truth, refusals and registrations as tables.

use super::FilmReportInput;
use crate::paper::{escape, number, palette, scrolling, shown_unit, typeset};
use howship_change::{
    FilmErosion, FilmJointTruth, FilmQuantity, FollowedJoint, JointBone, Judged, Verdict,
};

pub(super) fn bone_word(bone: JointBone) -> &'static str {
    match bone {
        JointBone::Proximal => "proximal bone",
        JointBone::Distal => "distal bone",
    }
}

/// A change of joint space in the words of the joint: narrowing is positive.
pub(super) fn space_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Progressing => "narrower",
        Verdict::Healing => "wider",
        Verdict::Stable => "stable",
        Verdict::Uncertain => "uncertain",
    }
}

pub(super) fn badge(verdict: Verdict, word: &str) -> String {
    let look = palette::look(Some(verdict));
    format!(
        "<span class=\"badge {}\"><span aria-hidden=\"true\">{}</span> {word}</span>",
        look.class, look.symbol
    )
}

/// The verdict that a mark on the overview shows: what became worse first, then what is open.
pub(super) fn of_joint(joint: &FollowedJoint) -> Verdict {
    let last_space = joint.joint.narrowing.last().map(|j| j.verdict);
    let all: Vec<Verdict> = joint
        .joint
        .erosions
        .iter()
        .map(|e| e.verdict.verdict)
        .chain(last_space)
        .collect();
    [Verdict::Progressing, Verdict::Healing, Verdict::Uncertain]
        .into_iter()
        .find(|v| all.contains(v))
        .unwrap_or(if all.is_empty() {
            Verdict::Uncertain
        } else {
            Verdict::Stable
        })
}

fn change_cells(judged: &Judged) -> String {
    let change = match &judged.change {
        Some(c) => {
            let (value, interval) = number::with_interval(c.value, c.se, c.interval);
            format!(
                "<td class=\"num\" data-label=\"change\">{value} <span class=\"unit\">{}</span><br><span class=\"soft\">{interval}</span></td>",
                escape(shown_unit(&c.unit))
            )
        }
        None => "<td data-label=\"change\">–</td>".to_owned(),
    };
    let chances = match judged.probability {
        Some(p) => format!(
            "<td class=\"num\" data-label=\"P\">{} · {} · {}</td>",
            number::probability(p.healing),
            number::probability(p.stable),
            number::probability(p.progressing)
        ),
        None => "<td data-label=\"P\">–</td>".to_owned(),
    };
    format!("{change}{chances}")
}

fn row(name: &str, what: &str, judged: &Judged, word: &str) -> String {
    format!(
        "<tbody><tr><th scope=\"row\">{}</th><td data-label=\"what\">{what}</td>{}<td data-label=\"verdict\">{}</td></tr><tr class=\"reason\"><td colspan=\"5\">{}</td></tr></tbody>",
        escape(name),
        change_cells(judged),
        badge(judged.verdict, word),
        typeset(&judged.reason)
    )
}

/// One row per erosion and per joint space.
pub(super) fn verdicts(input: &FilmReportInput<'_>) -> String {
    let mut rows = String::new();
    for joint in &input.result.joints {
        let name = joint.name();
        for e in &joint.joint.erosions {
            let what = format!("erosion {}, {}: area", e.id, bone_word(e.bone));
            rows.push_str(&row(&name, &what, &e.verdict, e.verdict.verdict.word()));
        }
        if let Some(last) = joint.joint.narrowing.last() {
            let word = space_word(last.verdict);
            rows.push_str(&row(&name, "joint space: narrowing", last, word));
        }
    }
    if rows.is_empty() {
        return "<p>No joint could be measured on two films.</p>".to_owned();
    }
    let table = format!(
        "<table class=\"verdicts stack\"><caption>Change from the first visit to the last, with its 95 % interval; negative areas are smaller erosions, positive narrowing is a smaller joint space. P: probabilities of a change that matters downwards, of none, and upwards.</caption><thead><tr><th scope=\"col\">Joint</th><th scope=\"col\">What</th><th scope=\"col\">Change</th><th scope=\"col\">P healing · stable · progressing</th><th scope=\"col\">Verdict</th></tr></thead>{rows}</table>"
    );
    scrolling("Verdicts", &table)
}

/// The true erosion that a measured one is: of the same bone, the nearest on the first film.
pub(super) fn true_erosion<'a>(
    truth: &'a FilmJointTruth,
    erosion: &FilmErosion,
) -> Option<&'a howship_change::FilmErosionTruth> {
    let far = |t: &howship_change::FilmErosionTruth| {
        (t.at[0] - erosion.at[0]).hypot(t.at[1] - erosion.at[1])
    };
    truth
        .erosions
        .iter()
        .filter(|t| t.bone == erosion.bone)
        .min_by(|a, b| far(a).total_cmp(&far(b)))
}

/// Truth beside verdict, where it is known.
pub(super) fn truth(input: &FilmReportInput<'_>) -> String {
    let Some(truth) = input.truth else {
        return String::new();
    };
    let mut rows = String::new();
    for joint in &input.result.joints {
        let Some(known) = truth.of(joint) else {
            continue;
        };
        let mut told: Vec<[f64; 2]> = Vec::new();
        for e in &joint.joint.erosions {
            let real = true_erosion(known, e);
            let first_time = real.is_some_and(|t| !told.contains(&t.at));
            told.extend(real.map(|t| t.at));
            let (change, verdict) = match real.filter(|_| first_time) {
                Some(t) => (
                    t.area_mm2
                        .last()
                        .zip(t.area_mm2.first())
                        .map(|(b, a)| number::signed(b - a, 2)),
                    badge(t.verdict, t.verdict.word()),
                ),
                None => (None, "not there".to_owned()),
            };
            rows.push_str(&truth_row(
                &joint.name(),
                &format!("erosion {}: area", e.id),
                change,
                &verdict,
                &e.verdict,
                e.verdict.verdict.word(),
            ));
        }
        for t in known.erosions.iter().filter(|t| !told.contains(&t.at)) {
            rows.push_str(&format!(
                "<tbody><tr><th scope=\"row\">{}</th><td data-label=\"what\">erosion in the {}</td><td data-label=\"truth\" colspan=\"2\">{}</td><td data-label=\"measured\" colspan=\"2\"><span class=\"bad\">not found</span></td></tr></tbody>",
                escape(&joint.name()),
                bone_word(t.bone),
                badge(t.verdict, t.verdict.word())
            ));
        }
        let space = &known.joint_space_mm;
        if let (Some(last), Some(a), Some(b)) =
            (joint.joint.narrowing.last(), space.first(), space.last())
        {
            let verdict = if (a - b).abs() < 1e-9 {
                "unchanged"
            } else {
                "changed"
            };
            rows.push_str(&truth_row(
                &joint.name(),
                "joint space: narrowing",
                Some(number::signed(a - b, 3)),
                verdict,
                last,
                space_word(last.verdict),
            ));
        }
    }
    let table = format!(
        "<table class=\"truth stack\"><caption>What is true of the phantom, and what was made of its films (mm², mm)</caption><thead><tr><th scope=\"col\">Joint</th><th scope=\"col\">What</th><th scope=\"col\">True change</th><th scope=\"col\">Truth</th><th scope=\"col\">Measured</th><th scope=\"col\">Verdict</th></tr></thead>{rows}</table>"
    );
    format!(
        "<section aria-labelledby=\"truth\"><h2 id=\"truth\">Truth beside verdict</h2>{}</section>\n",
        scrolling("Truth beside verdict", &table)
    )
}

fn truth_row(
    name: &str,
    what: &str,
    change: Option<String>,
    truth: &str,
    judged: &Judged,
    word: &str,
) -> String {
    let measured = judged.change.as_ref().map_or("–".to_owned(), |c| {
        let d = number::decimals(c.se).unwrap_or(2);
        format!(
            "{} ± {} {}",
            number::signed(c.value, d),
            number::fixed(c.se, d),
            escape(shown_unit(&c.unit))
        )
    });
    format!(
        "<tbody><tr><th scope=\"row\">{}</th><td data-label=\"what\">{what}</td><td class=\"num\" data-label=\"true change\">{}</td><td data-label=\"truth\">{truth}</td><td class=\"num\" data-label=\"measured\">{measured}</td><td data-label=\"verdict\">{}</td></tr></tbody>",
        escape(name),
        change.unwrap_or("–".to_owned()),
        badge(judged.verdict, word)
    )
}

/// What was not measured, and why.
pub(super) fn refusals(input: &FilmReportInput<'_>) -> String {
    let mut items = Vec::new();
    for joint in &input.result.joints {
        let name = joint.name();
        let mut add = |what: &str, why: &str| {
            items.push(format!(
                "<li><b>{}</b>{}: {}</li>",
                escape(&name),
                escape(what),
                escape(why)
            ));
        };
        if let Some(why) = &joint.joint.refused {
            add("", why);
        }
        for visit in &joint.joint.visits {
            if let Some(why) = &visit.refused {
                add(&format!(" at {}", visit.visit), why);
            }
        }
        for r in &joint.joint.registrations {
            if let Some(why) = &r.failed {
                add(
                    &format!(", {}, {} to {}", bone_word(r.bone), r.from, r.to),
                    why,
                );
            }
        }
        for e in &joint.joint.erosions {
            for v in &e.visits {
                if let Some(why) = &v.refused {
                    add(&format!(", erosion {} at {}", e.id, v.visit), why);
                }
            }
        }
        for warning in &joint.joint.warnings {
            add("", warning);
        }
    }
    if items.is_empty() {
        return String::new();
    }
    format!(
        "<section aria-labelledby=\"refused\"><h2 id=\"refused\">What was not measured, and why</h2><p>None of this has a verdict but <em>uncertain</em>.</p><ul class=\"refused\">{}</ul></section>\n",
        items.concat()
    )
}

/// An erosion's quantities, visit by visit.
pub(super) fn quantities(erosion: &FilmErosion) -> String {
    let head: String = erosion
        .visits
        .iter()
        .map(|v| format!("<th scope=\"col\">{}</th>", escape(&v.visit)))
        .collect();
    let mut rows = String::new();
    for quantity in FilmQuantity::ALL {
        let measured: Vec<Option<&howship_change::Measurement>> = erosion
            .visits
            .iter()
            .map(|v| v.measurements.get(&quantity))
            .collect();
        let Some(unit) = measured.iter().flatten().next().map(|m| m.unit.clone()) else {
            continue;
        };
        let cells: String = measured
            .iter()
            .map(|m| match m {
                Some(m) => format!(
                    "<td class=\"num\">{}</td>",
                    number::with_error(m.value, m.se)
                ),
                None => "<td>–</td>".to_owned(),
            })
            .collect();
        rows.push_str(&format!(
            "<tr><th scope=\"row\">{} <span class=\"unit\">{}</span></th>{cells}</tr>",
            quantity.title(),
            escape(shown_unit(&unit))
        ));
        if quantity == FilmQuantity::Area {
            rows.push_str(&area_changes(erosion));
        }
    }
    let table = format!(
        "<table class=\"numbers\"><caption>Value ± standard error</caption><thead><tr><th scope=\"col\">Erosion {}</th>{head}</tr></thead><tbody>{rows}</tbody></table>",
        erosion.id
    );
    format!(
        "{}{}",
        scrolling("Measurements", &table),
        apart_from_areas(erosion)
    )
}

/// The changes that were judged, under the areas of the single films.
fn area_changes(erosion: &FilmErosion) -> String {
    if erosion.changes.is_empty() {
        return String::new();
    }
    let cells: String = erosion
        .changes
        .iter()
        .map(|judged| match &judged.change {
            Some(c) => format!("<td class=\"num\">{}</td>", with_sign(c.value, c.se)),
            None => "<td>–</td>".to_owned(),
        })
        .collect();
    format!(
        "<tr class=\"alone\"><th scope=\"row\">its change, over one region of both films</th><td>–</td>{cells}</tr>"
    )
}

fn with_sign(value: f64, se: f64) -> String {
    let d = number::decimals(se).unwrap_or(2);
    format!("{} ± {}", number::signed(value, d), number::fixed(se, d))
}

/// Says so where the areas in a table do not add up to the change beside them, and which of both is to be believed.
fn apart_from_areas(erosion: &FilmErosion) -> String {
    let area = |v: usize| {
        let all = &erosion.visits.get(v)?.measurements;
        all.get(&FilmQuantity::Area)
    };
    let differences: Vec<String> = erosion
        .changes
        .iter()
        .enumerate()
        .filter_map(|(k, judged)| {
            let (change, first, later) = (judged.change.as_ref()?, area(0)?, area(k + 1)?);
            let columns = later.value - first.value;
            let d = number::decimals(change.se).unwrap_or(2);
            let unit = 10f64.powi(-i32::try_from(d).unwrap_or(2));
            ((columns - change.value).abs() > unit).then(|| {
                format!(
                    "{} at {} (judged: {})",
                    number::signed(columns, d),
                    escape(&change.to),
                    number::signed(change.value, d)
                )
            })
        })
        .collect();
    if differences.is_empty() {
        return String::new();
    }
    format!(
        "<p class=\"soft\">The areas are of each film by itself, those of the change of one region laid over both films: what both show drops out there, so that it is the sharper one, and it is what is judged. The areas alone would give {}.</p>",
        differences.join(", ")
    )
}

/// The widths of each film beside the narrowing that is judged, which is not their difference.
pub(super) fn widths(joint: &FollowedJoint) -> String {
    let joint = &joint.joint;
    let spaces: Vec<_> = joint
        .visits
        .iter()
        .map(|v| v.joint_space.as_ref())
        .collect();
    let Some(first) = spaces.iter().flatten().next() else {
        return String::new();
    };
    let head: String = joint
        .visits
        .iter()
        .map(|v| format!("<th scope=\"col\">{}</th>", escape(&v.visit)))
        .collect();
    let row = |name: &str, cells: Vec<Option<String>>| {
        let cells: String = cells
            .into_iter()
            .map(|text| match text {
                Some(text) => format!("<td class=\"num\">{text}</td>"),
                None => "<td>–</td>".to_owned(),
            })
            .collect();
        format!("<tr><th scope=\"row\">{name}</th>{cells}</tr>")
    };
    let widths = spaces
        .iter()
        .map(|m| m.map(|m| number::with_error(m.value, m.se)));
    let motion = joint.narrowing.iter().map(|judged| {
        let c = judged.change.as_ref()?;
        Some(with_sign(c.value, c.se))
    });
    let table = format!(
        "<table class=\"numbers\"><caption>Joint space, value ± standard error. Judged is the narrowing: two outlines differ by more than most changes, so that widths need not add up to it.</caption><thead><tr><th scope=\"col\">Joint space <span class=\"unit\">{}</span></th>{head}</tr></thead><tbody>{}{}</tbody></table>",
        escape(shown_unit(&first.unit)),
        row("width, by the outlines of each film", widths.collect()),
        row(
            "narrowing, by the motion of both bones",
            std::iter::once(None).chain(motion).collect()
        )
    );
    scrolling("Joint space", &table)
}
