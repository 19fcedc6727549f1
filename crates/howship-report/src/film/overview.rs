//! The films of the first visit with a mark per joint.

use super::tables::of_joint;
use super::{FilmOverview, FilmReportInput};
use crate::Error;
use crate::paper::png::{Channels, data_url, encode};
use crate::paper::{escape, palette};
use howship_change::FollowedJoint;

pub(super) fn section(input: &FilmReportInput<'_>) -> Result<String, Error> {
    if input.overviews.is_empty() {
        return Ok(String::new());
    }
    let mut figures = String::new();
    for overview in input.overviews {
        figures.push_str(&figure(input, overview)?);
    }
    let several = if input.overviews.len() > 2 {
        " many"
    } else {
        ""
    };
    Ok(format!(
        "<section aria-labelledby=\"overview\"><h2 id=\"overview\">Where they are</h2><div class=\"films{several}\">{figures}</div><p class=\"soft legend\">Films of the first visit. A mark stands for the joint: <span class=\"badge progressing\">▲ progressing</span> an erosion grew or the joint space narrowed, <span class=\"badge healing\">▼ healing</span> an erosion shrank under the conditions for healing, <span class=\"badge stable\">● stable</span>, <span class=\"badge uncertain\">? uncertain</span>, × not measured.</p></section>\n"
    ))
}

fn figure(input: &FilmReportInput<'_>, overview: &FilmOverview) -> Result<String, Error> {
    let p = &overview.picture;
    let png = encode(p.width, p.height, Channels::Grey, &p.grey)?;
    let (w, h) = (p.width as f64, p.height as f64);
    // Marks keep their size whatever the film's.
    let r = 0.016 * (w + h) / 2.0 + 3.0;
    let mut marks = String::new();
    let mut heard = Vec::new();
    let place = |joint: &FollowedJoint| -> Option<[f64; 2]> {
        let at = joint.films.iter().position(|f| *f == overview.film)?;
        let visit = joint.joint.visits.get(at)?;
        Some(visit.centre.map(|c| (c + 0.5) / overview.step))
    };
    let all: Vec<[f64; 2]> = input.result.joints.iter().filter_map(place).collect();
    for joint in &input.result.joints {
        let Some([x, y]) = place(joint) else {
            continue;
        };
        let (label, anchor) = label([x, y], r, &joint.joint.joint, &all);
        let measured = joint.joint.refused.is_none() && !joint.joint.narrowing.is_empty();
        let look = palette::look(Some(of_joint(joint)));
        let (symbol, colour) = if measured {
            (look.symbol, look.colour)
        } else {
            ("×", "#5f5f68")
        };
        let name = joint.name();
        heard.push(format!(
            "{name} {}",
            if measured { look.word } else { "not measured" }
        ));
        marks.push_str(&format!(
            "<g><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\" fill=\"{colour}\" stroke=\"#fff\" stroke-width=\"{:.1}\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"{:.1}\" fill=\"#fff\" font-weight=\"700\">{symbol}</text><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" font-size=\"{:.1}\" fill=\"#fff\" stroke=\"#000\" stroke-width=\"{:.1}\" paint-order=\"stroke\">{}</text></g>",
            0.15 * r,
            y + 0.42 * r,
            1.2 * r,
            label[0],
            label[1],
            1.15 * r,
            0.28 * r,
            escape(&joint.joint.joint)
        ));
    }
    Ok(format!(
        "<figure><div class=\"film\"><img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"Film {}\"><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" font-family=\"system-ui,sans-serif\">{marks}</svg></div><figcaption>{}</figcaption></figure>",
        data_url(&png),
        p.width,
        p.height,
        escape(&overview.film),
        p.width,
        p.height,
        escape(&heard.join(", ")),
        escape(&overview.film)
    ))
}

/// Where a joint's name is written so that no other mark lies on it: right of its mark, else left, else above.
fn label([x, y]: [f64; 2], r: f64, name: &str, marks: &[[f64; 2]]) -> ([f64; 2], &'static str) {
    let width = 0.8 * r * name.chars().count() as f64;
    let free = |from: f64, to: f64, level: f64| {
        !marks.iter().any(|m| {
            let itself = m[0] == x && m[1] == y;
            !itself && m[0] > from - r && m[0] < to + r && (m[1] - level).abs() < 1.6 * r
        })
    };
    if free(x + 1.25 * r, x + 1.25 * r + width, y) {
        ([x + 1.25 * r, y + 0.4 * r], "start")
    } else if free(x - 1.25 * r - width, x - 1.25 * r, y) {
        ([x - 1.25 * r, y + 0.4 * r], "end")
    } else {
        ([x, y - 1.4 * r], "middle")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_off_other_marks() {
        let side = |marks: &[[f64; 2]]| label([100.0, 100.0], 10.0, "MCP2", marks).1;
        assert_eq!(side(&[[100.0, 100.0]]), "start");
        assert_eq!(side(&[[100.0, 100.0], [140.0, 104.0]]), "end");
        assert_eq!(side(&[[140.0, 104.0], [60.0, 96.0]]), "middle");
        assert_eq!(side(&[[140.0, 150.0]]), "start");
    }
}
