use super::{bone_title, not_reported};
use crate::paper::{escape, listed, number, palette, plural, typeset};
use crate::volume::story::{fate_words, why_uncertain};
use howship_change::{
    BoneSite, Fate, JointSite, Lesion, Measurement, Verdict, VerdictFile, months_between,
};

/// The verdicts in the order of the tiles.
const ORDER: [Verdict; 4] = [
    Verdict::Healing,
    Verdict::Stable,
    Verdict::Progressing,
    Verdict::Uncertain,
];

/// Title of the page.
pub(super) fn title(result: &VerdictFile) -> String {
    match joint(result) {
        Some(joint) => format!("{}: {joint}", subject_matter(result)),
        None => subject_matter(result).into(),
    }
}

/// What the page is about.
fn subject_matter(result: &VerdictFile) -> &'static str {
    if result.looked_for_erosions() {
        "Bone erosions"
    } else {
        "Bone remodelling"
    }
}

/// The joint that the bones make up, or the bones' names; `None` without bones.
fn joint(result: &VerdictFile) -> Option<String> {
    let names: Vec<&str> = result.bones.iter().map(|b| b.name.as_str()).collect();
    let sites: Vec<BoneSite> = names
        .iter()
        .filter_map(|n| BoneSite::parse(n).ok())
        .collect();
    for (index, site) in sites.iter().enumerate() {
        for other in &sites[index + 1..] {
            if let Some(joint) = JointSite::between(site, other) {
                return Some(joint.short_title());
            }
        }
    }
    let titles = names
        .iter()
        .map(|n| bone_title(n).unwrap_or_else(|| (*n).to_owned()))
        .collect::<Vec<_>>();
    (!titles.is_empty()).then(|| listed(&titles))
}

/// Title, visits, tiles, the plain sentence and the warnings.
pub(super) fn section(result: &VerdictFile) -> String {
    let kind = if result.looked_for_erosions() {
        "erosion report"
    } else {
        "remodelling report"
    };
    let heading = joint(result).map_or_else(|| subject_matter(result).into(), |j| capital(&j));
    let mut html = format!(
        "<header>\n<p class=\"brand\">Howship · {kind}</p>\n<h1>{}</h1>\n<p class=\"visits\">{}</p>\n",
        escape(&heading),
        visits(result)
    );
    if result.visits.len() > 1 && result.counted().next().is_some() {
        html.push_str(&tiles(result));
    }
    html.push_str(&format!(
        "<p class=\"plain\">{}</p>\n",
        escape(&plain_sentence(result))
    ));
    html.push_str(&in_all(result));
    html.push_str(&details(result));
    html.push_str("</header>\n");
    html.push_str(&warnings(result));
    html
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), chars.as_str())
}

fn visits(result: &VerdictFile) -> String {
    let names: Vec<String> = result
        .visits
        .iter()
        .map(|v| format!("<b>{}</b>", escape(&v.visit.name)))
        .collect();
    let mut text = match names.len() {
        0 => return "no visit".into(),
        1 => format!("one visit: {}", names[0]),
        n => format!("{n} visits: {}", names.join(" → ")),
    };
    if let (Some(first), Some(last)) = (result.visits.first(), result.visits.last()) {
        let months = months_between(&first.visit, &last.visit).filter(|m| *m > 0.0);
        if let Some(months) = months {
            text.push_str(&format!(
                ", {} months apart",
                number::fixed(months, usize::from(months < 10.0 && months.fract() > 0.05))
            ));
        }
    }
    if let Some(subject) = &result.provenance.subject {
        text.push_str(&format!(" · subject {}", escape(subject.name())));
    }
    text
}

fn count(result: &VerdictFile, verdict: Verdict) -> usize {
    result.count(verdict)
}

fn tiles(result: &VerdictFile) -> String {
    let tile = |verdict: Verdict| {
        let look = palette::look(Some(verdict));
        let n = count(result, verdict);
        let empty = if n == 0 { " none" } else { "" };
        format!(
            "<li class=\"tile {}{empty}\"><span class=\"number\">{n}</span> <span class=\"word\"><span aria-hidden=\"true\">{}</span> {}</span></li>",
            look.class, look.symbol, look.word
        )
    };
    format!(
        "<ul class=\"tiles\" aria-label=\"Erosions by verdict\">{}</ul>\n",
        ORDER.map(tile).concat()
    )
}

/// What happened, in words that need no training.
fn plain_sentence(result: &VerdictFile) -> String {
    let total = result.counted().count();
    // "in bone 1", but "in the right MCP 2 joint".
    let named = result.bones.iter().any(|b| bone_title(&b.name).is_some());
    let article = if named { "the " } else { "" };
    let place = joint(result).map_or_else(String::new, |j| format!(" in {article}{j}"));
    if !result.looked_for_erosions() {
        return format!(
            "Erosions{place} were not looked for, nor was the joint space measured: this page tells of the bones as a whole, how they were aligned and where bone was formed and resorbed."
        );
    }
    if total == 0 {
        let searched = plural(result.bones.len(), "bone was", "bones were");
        return match result.bones.len() {
            0 => "No erosion found.".into(),
            _ => format!(
                "No erosion found{place}: {searched} searched over the whole surface that the images show."
            ),
        };
    }
    let erosions = plural(
        total,
        "small hole in the bone (an erosion) was",
        "small holes in the bone (erosions) were",
    );
    if result.visits.len() < 2 {
        return format!(
            "{erosions} measured{place}. One visit cannot show healing or growth; a later scan can."
        );
    }
    let counted = |which: &dyn Fn(&Lesion) -> bool, one: &str, many: &str| {
        let n = result.counted().filter(|l| which(l)).count();
        (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { many }))
    };
    let is = |verdict: Verdict, fate: Option<Fate>| {
        move |l: &Lesion| l.verdict() == Some(verdict) && l.fate() == fate
    };
    let parts: Vec<String> = [
        counted(
            &is(Verdict::Healing, Some(Fate::Closed)),
            "closed",
            "closed",
        ),
        counted(
            &is(Verdict::Healing, None),
            "became smaller",
            "became smaller",
        ),
        counted(
            &is(Verdict::Stable, None),
            "changed by less than matters",
            "changed by less than matters",
        ),
        counted(
            &is(Verdict::Progressing, None),
            "became larger",
            "became larger",
        ),
        counted(
            &is(Verdict::Progressing, Some(Fate::New)),
            "is new",
            "are new",
        ),
        counted(
            &is(Verdict::Uncertain, None),
            "cannot be judged",
            "cannot be judged",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    let first = result.visits.first().map_or("", |v| v.visit.name.as_str());
    let last = result.visits.last().map_or("", |v| v.visit.name.as_str());
    if parts.is_empty() {
        return format!("{erosions} followed{place}, but no verdict was reached.");
    }
    format!(
        "{erosions} followed{place}: from {first} to {last}, {}.",
        listed(&parts)
    )
}

/// The volume of all erosions together at the first and at the last visit, with its change; empty without one.
fn in_all(result: &VerdictFile) -> String {
    let Some(total) = result.totals.last() else {
        return String::new();
    };
    let ends = total.visits.first().zip(total.visits.last());
    let (Some((first, last)), Some(change)) = (ends, total.course.last()) else {
        return String::new();
    };
    let volume = |m: &Measurement| number::with_error(m.value, m.se);
    let (value, interval) = number::with_interval(change.value, change.se, change.interval);
    let (one, many) = (
        "lesion that cannot be followed",
        "lesions that cannot be followed",
    );
    let left_out = match total.left_out.len() {
        0 => String::new(),
        n => format!(", without {}", plural(n, one, many)),
    };
    format!(
        "<p>Erosion volume in all: {} {u} at {}, {} {u} at {}; change <b>{value} {u}</b>, 95 % interval {interval}{left_out}. Counted are the reported erosions.</p>\n",
        volume(&first.volume),
        escape(&first.visit),
        volume(&last.volume),
        escape(&last.visit),
        u = escape(&change.unit),
    )
}

/// What holds for single lesions, the caveat that every reader needs, and the expected share of wrong calls.
fn details(result: &VerdictFile) -> String {
    let left = not_reported::counts(result).map_or_else(String::new, |counts| {
        format!(
            "<p class=\"soft\">Found and <a href=\"#not-reported\">not reported as erosions</a>: {}.</p>\n",
            escape(&counts)
        )
    });
    if result.lesions.is_empty() {
        return left;
    }
    let link = |l: &Lesion, words: String| {
        format!(
            "<li><a href=\"#lesion-{id}\">Lesion {id}</a> in {}: {}</li>",
            escape(&l.bone),
            escape(&words),
            id = l.id
        )
    };
    let told = |l: &Lesion| {
        let unjudged = || why_uncertain(l).map(|why| format!("not judged: {why}"));
        fate_words(l).or_else(unjudged).map(|words| link(l, words))
    };
    let told: String = result.lesions.iter().filter_map(told).collect();
    let list = if told.is_empty() {
        String::new()
    } else {
        format!("<ul class=\"told\">{told}</ul>\n")
    };
    let mut notes = vec![
        "Natural recesses, vascular channels and cysts can look like erosions: look at a lesion’s slices before you believe it."
            .to_owned(),
    ];
    if let Some(share) = result.expected_false_discovery {
        // Nothing measured is certain: a small share is never printed as none.
        let share = if share < 0.001 {
            "below 0.1 %".to_owned()
        } else {
            number::percent(share)
        };
        notes.push(format!(
            "Expected share of wrong calls among the calls made: {share}."
        ));
    }
    format!(
        "{list}{left}<p class=\"soft\">{}</p>\n",
        escape(&notes.join(" "))
    )
}

/// Everything that was odd, before any number is read.
fn warnings(result: &VerdictFile) -> String {
    let mut items: Vec<String> = result.warnings.iter().map(|w| typeset(w)).collect();
    let then = if result.looked_for_erosions() {
        "its lesions stay uncertain"
    } else {
        "nothing of it is compared"
    };
    for bone in &result.bones {
        for r in &bone.registrations {
            if let Some(reason) = &r.failed {
                items.push(format!(
                    "{} at {}: the images could not be aligned well enough ({}); {then}.",
                    escape(&bone.name),
                    escape(&r.visit),
                    escape(reason)
                ));
            }
        }
    }
    for input in &result.provenance.inputs {
        for warning in &input.warnings {
            items.push(format!("{}: {}", escape(&input.name), typeset(warning)));
        }
    }
    if items.is_empty() {
        return String::new();
    }
    format!(
        "<section class=\"warnings\" aria-labelledby=\"warnings\"><h2 id=\"warnings\"><span aria-hidden=\"true\">⚠</span> {}</h2><ul><li>{}</li></ul></section>\n",
        plural(items.len(), "warning", "warnings"),
        items.join("</li><li>")
    )
}
