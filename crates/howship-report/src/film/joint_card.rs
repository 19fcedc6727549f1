//! One joint: its films aligned, two of them to flicker, their difference, curves, numbers and conditions.

use super::placed::{in_picture, path};
use super::tables::{badge, bone_word, of_joint, quantities, space_word, widths};
use super::{AlignedStrip, FilmReportInput, Picture, curves};
use crate::Error;
use crate::paper::png::{Channels, data_url, encode};
use crate::paper::{escape, number, palette, typeset};
use howship_change::{FilmErosion, FollowedJoint, JointBone, Verdict};

const OUTLINES: [&str; 2] = ["#56b4e9", "#ffb000"];
const EROSION: &str = "#ff5fa2";

/// Styles that hold each picture once, and the cards that show them.
pub(super) fn section(input: &FilmReportInput<'_>) -> Result<String, Error> {
    let mut styles = String::new();
    let mut cards = String::new();
    for (index, joint) in input.result.joints.iter().enumerate() {
        if joint.joint.refused.is_some() {
            continue;
        }
        cards.push_str(&card(input, index, joint, &mut styles)?);
    }
    if cards.is_empty() {
        return Ok(String::new());
    }
    Ok(format!(
        "<style>\n{styles}</style>\n<section aria-labelledby=\"joints\"><h2 id=\"joints\">Joint by joint</h2><p class=\"soft\">Each strip shows one joint on all films, aligned on the bone that is named: that bone stands still, what moves against it moved. Outlines: <span class=\"key proximal\">proximal bone</span>, <span class=\"key distal\">distal bone</span>; <span class=\"key mouth\">mouth and floor of an erosion</span>.</p>{cards}</section>\n"
    ))
}

fn card(
    input: &FilmReportInput<'_>,
    index: usize,
    joint: &FollowedJoint,
    styles: &mut String,
) -> Result<String, Error> {
    let verdict = of_joint(joint);
    let look = palette::look(Some(verdict));
    let mut badges = String::new();
    for e in &joint.joint.erosions {
        let word = format!("erosion {}: {}", e.id, e.verdict.verdict.word());
        badges.push_str(&badge(e.verdict.verdict, &word));
    }
    if let Some(last) = joint.joint.narrowing.last() {
        let word = format!("joint space: {}", space_word(last.verdict));
        badges.push_str(&badge(last.verdict, &word));
    }
    let mut body = String::new();
    for strip in input.strips.iter().filter(|s| s.joint == index) {
        body.push_str(&strip_html(joint, strip, styles)?);
    }
    let plots: String = curves::film_curves(input, index)
        .into_iter()
        .map(|(_, svg)| format!("<figure class=\"drawn\">{svg}</figure>"))
        .collect();
    body.push_str(&format!("<div class=\"curves\">{plots}</div>"));
    for e in &joint.joint.erosions {
        body.push_str(&erosion(e));
    }
    body.push_str(&widths(joint));
    body.push_str(&position(joint));
    // A joint without an erosion whose space is stable or open stays folded, so that a whole hand can be read.
    let shown = matches!(verdict, Verdict::Progressing | Verdict::Healing)
        || !joint.joint.erosions.is_empty();
    let open = if shown { " open" } else { "" };
    Ok(format!(
        "<details class=\"card lesion {}\" id=\"joint-{}\"{open}><summary><h3>{}</h3> {badges}</summary>{body}</details>\n",
        look.class,
        index + 1,
        escape(&joint.name())
    ))
}

/// A picture in a style of its own, used wherever it is shown.
fn picture(class: &str, picture: &Picture, styles: &mut String) -> Result<(), Error> {
    let png = encode(picture.width, picture.height, Channels::Grey, &picture.grey)?;
    styles.push_str(&format!(
        ".{class}{{background-image:url({})}}\n",
        data_url(&png)
    ));
    Ok(())
}

fn strip_html(
    joint: &FollowedJoint,
    strip: &AlignedStrip,
    styles: &mut String,
) -> Result<String, Error> {
    let letter = match strip.bone {
        JointBone::Proximal => 'p',
        JointBone::Distal => 'd',
    };
    let class = |k: usize| format!("f{}{letter}{k}", strip.joint);
    let mut shots = String::new();
    let mut shown = Vec::new();
    for (k, shot) in strip.visits.iter().enumerate() {
        let Some(visit) = joint.joint.visits.get(k) else {
            continue;
        };
        let Some(shot) = shot else {
            shots.push_str(&format!(
                "<figure><div class=\"shot none\"><span>not aligned</span></div><figcaption>{}</figcaption></figure>",
                escape(&visit.visit)
            ));
            continue;
        };
        picture(&class(k), shot, styles)?;
        shown.push((k, visit.visit.clone()));
        shots.push_str(&format!(
            "<figure><div class=\"shot {}\" role=\"img\" aria-label=\"{} at {}\">{}</div><figcaption>{}</figcaption></figure>",
            class(k),
            escape(&joint.name()),
            escape(&visit.visit),
            lines(joint, strip, k, shot),
            escape(&visit.visit)
        ));
    }
    let mut extra = String::new();
    if let (Some((a, first)), Some((b, last))) = (shown.first(), shown.last())
        && a != b
    {
        let id = format!("flick-{}{letter}", strip.joint);
        extra.push_str(&format!(
            "<figure class=\"flick\"><input type=\"checkbox\" id=\"{id}\" aria-label=\"Flicker {name}, {first} and {last}\"><div class=\"shot {}\" role=\"img\" aria-label=\"{first} and {last}, one over the other\"><div class=\"over {}\"></div></div><figcaption><label for=\"{id}\">Flicker</label> {first} ↔ {last}</figcaption></figure>",
            class(*a),
            class(*b),
            name = escape(&joint.name()),
            first = escape(first),
            last = escape(last)
        ));
        if let Some(difference) = &strip.difference {
            let name = format!("{}x", class(*b));
            picture(&name, difference, styles)?;
            extra.push_str(&format!(
                "<figure><div class=\"shot {name}\" role=\"img\" aria-label=\"difference\"></div><figcaption>{} − {}: dark is bone lost, bright is bone gained</figcaption></figure>",
                escape(last),
                escape(first)
            ));
        }
    }
    Ok(format!(
        "<h4>Aligned on the {}</h4><div class=\"strip\">{shots}{extra}</div>",
        bone_word(strip.bone)
    ))
}

/// Outlines of both bones, mouths and floors on one shot.
fn lines(joint: &FollowedJoint, strip: &AlignedStrip, k: usize, shot: &Picture) -> String {
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {}\" aria-hidden=\"true\" fill=\"none\" stroke-linejoin=\"round\">",
        shot.width, shot.height
    );
    let place = |points: &[[f64; 2]]| in_picture(joint, strip.bone, k, points);
    if let Some(visit) = joint.joint.visits.get(k) {
        for (outline, colour) in visit.outlines.iter().zip(OUTLINES) {
            if let Some(points) = place(outline).filter(|p| p.len() > 1) {
                svg.push_str(&format!(
                    "<path d=\"{}\" stroke=\"{colour}\" stroke-width=\"1.1\" opacity=\".85\"/>",
                    path(&points, false)
                ));
            }
        }
    }
    for e in &joint.joint.erosions {
        let Some(visit) = e.visits.get(k) else {
            continue;
        };
        for (points, closed, width) in [(&visit.outline, true, 1.2), (&visit.mouth, false, 2.2)] {
            if let Some(points) = place(points).filter(|p| p.len() > 1) {
                svg.push_str(&format!(
                    "<path d=\"{}\" stroke=\"{EROSION}\" stroke-width=\"{width}\"/>",
                    path(&points, closed)
                ));
            }
        }
    }
    svg.push_str("</svg>");
    svg
}

fn erosion(e: &FilmErosion) -> String {
    let mut html = format!(
        "<p class=\"why\"><b>Erosion {}</b>, {}: {}</p>{}",
        e.id,
        bone_word(e.bone),
        typeset(&e.verdict.reason),
        quantities(e)
    );
    if !e.healing.is_empty() {
        let items: String = e
            .healing
            .iter()
            .map(|c| {
                let (class, word) = match c.holds {
                    Some(true) => ("ok", "holds"),
                    Some(false) => ("bad", "does not hold"),
                    None => ("soft", "cannot be told"),
                };
                format!(
                    "<li>{}: <span class=\"{class}\">{word}</span>{}</li>",
                    escape(&c.condition),
                    if c.detail.is_empty() {
                        String::new()
                    } else {
                        format!(" <span class=\"soft\">({})</span>", typeset(&c.detail))
                    }
                )
            })
            .collect();
        html.push_str(&format!(
            "<p class=\"soft\">What <em>healing</em> on films demands:</p><ul class=\"conditions\">{items}</ul>"
        ));
    }
    html
}

/// How the joint lay, and what widened its errors.
fn position(joint: &FollowedJoint) -> String {
    let items: Vec<String> = joint
        .joint
        .visits
        .iter()
        .filter_map(|v| {
            let f = v.flags?;
            let raised = if f.raised {
                " <span class=\"bad\">flag raised</span>"
            } else {
                ""
            };
            Some(format!(
                "<li>{}: bones turned {}° against each other in the film’s plane; signs of tilt together {}°, misfit of their insides {}{raised}</li>",
                escape(&v.visit),
                number::fixed(f.relative_rotation_deg.abs(), 1),
                number::fixed(f.tilt_deg, 1),
                number::fixed(f.misfit, 2)
            ))
        })
        .collect();
    if items.is_empty() {
        return String::new();
    }
    format!(
        "<p class=\"soft\">Position against the first visit:</p><ul class=\"conditions\">{}</ul>",
        items.concat()
    )
}
