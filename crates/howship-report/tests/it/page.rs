use crate::synthetic::{Sample, sample};
use howship_change::{
    ErosionProbability, LesionKind, Measurement, NotLookedFor, NotReported, Quantity, Verdict,
    VisitVolume,
};
use howship_report::{ReportInput, html, lesions_csv};

fn alone(sample: &Sample) -> ReportInput<'_> {
    ReportInput {
        truth: None,
        patches: &[],
        bones: &[],
        lesion_surfaces: &[],
        alignments: &[],
        ..sample.input()
    }
}

/// Tags opened and closed in order; void elements and self-closed SVG shapes aside.
pub(crate) fn assert_balanced(page: &str) {
    const VOID: [&str; 5] = ["meta", "br", "!DOCTYPE", "img", "input"];
    let mut open: Vec<&str> = Vec::new();
    let body = page.split_once("<style>").unwrap();
    let after = body.1.split_once("</style>").unwrap().1;
    for piece in after.split('<').skip(1) {
        let tag = piece.split_once('>').unwrap().0;
        let name = tag.split([' ', '/']).find(|n| !n.is_empty()).unwrap();
        if tag.starts_with('/') {
            // `head` was opened before the style was cut away.
            let last = open
                .pop()
                .unwrap_or(if name == "head" { "head" } else { "html" });
            assert_eq!(last, name);
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

/// Whether a word of a page is Rust's print of a number that is none; image data aside.
pub(crate) fn leaks_numbers(page: &str) -> bool {
    let mut parts = page.split("base64,");
    let first = parts.next();
    let rest = parts.filter_map(|p| p.split_once('"').map(|p| p.1));
    let words = first
        .into_iter()
        .chain(rest)
        .flat_map(|p| p.split(|c: char| !c.is_alphanumeric()));
    words.into_iter().any(|w| w == "NaN" || w == "inf")
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let sample = sample(3, 0.3);
    let page = html(&sample.input()).unwrap();
    assert_balanced(&page);
    let rest = page.replace("http://www.w3.org/2000/svg", "");
    for outside in [
        "http://", "https://", "<script", "<link", "@import", "url(", "<iframe", "srcset",
    ] {
        assert!(!rest.contains(outside), "{outside}");
    }
    for reference in rest
        .split(" href=\"")
        .skip(1)
        .chain(rest.split(" src=\"").skip(1))
    {
        assert!(
            reference.starts_with('#') || reference.starts_with("data:image/png;base64,"),
            "{}",
            &reference[..30]
        );
    }
    assert!(!leaks_numbers(&page) && page.contains("<html lang=\"en\">"));
    // Every drawing says what it shows.
    let drawings = page.matches("role=\"img\"").count();
    assert!(
        drawings >= 3 + sample.result.lesions.len() * 3,
        "{drawings}"
    );
    assert_eq!(drawings, page.matches("<title>").count() - 1);
    let cells = page.matches("<th>").count();
    assert_eq!(cells, 0, "header cells without a scope");
}

#[test]
fn the_parts_come_in_order() {
    let sample = sample(3, 0.2);
    let page = html(&sample.input()).unwrap();
    let places: Vec<usize> = [
        "class=\"tiles\"",
        "id=\"warnings\"",
        "id=\"verdicts\"",
        "id=\"truth\"",
        "id=\"picture\"",
        "id=\"lesions\"",
        "id=\"quality\"",
        "id=\"how\"",
        "id=\"limits\"",
        "id=\"provenance\"",
    ]
    .iter()
    .map(|mark| page.find(mark).unwrap_or_else(|| panic!("{mark}")))
    .collect();
    assert!(places.is_sorted(), "{places:?}");
    for text in [
        "Right MCP 2 joint",
        "2 became smaller",
        "motion artefacts",
        "af1349b9",
        "not a medical device",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn hostile_names_are_text_and_nothing_else() {
    let evil = "<script>alert(1)</script>\"' onload='x' & \u{202e}gpj\u{0}";
    let mut sample = sample(2, 0.1);
    let mut result = sample.result.clone();
    for visit in &mut result.visits {
        visit.visit.name.push_str(evil);
        visit.unit = evil.into();
    }
    for bone in &mut result.bones {
        bone.name = evil.into();
        bone.registrations.iter_mut().for_each(|r| {
            r.visit.push_str(evil);
            r.failed = Some(evil.into());
        });
        bone.remodelling
            .iter_mut()
            .for_each(|c| c.definition = evil.into());
        for visit in &mut bone.visits {
            let value = visit.measurements.values().next().unwrap().clone();
            visit.visit.push_str(evil);
            visit.measurements.insert(evil.into(), value);
        }
    }
    for lesion in &mut result.lesions {
        lesion.bone = evil.into();
        if let Some(judged) = &mut lesion.judged {
            judged.reason = evil.into();
        }
        for visit in &mut lesion.visits {
            visit.visit.push_str(evil);
            visit
                .measurements
                .values_mut()
                .for_each(|m| m.unit = evil.into());
        }
        for change in lesion.course.iter_mut().chain(lesion.change.values_mut()) {
            (change.from, change.to, change.unit) =
                (evil.into(), format!("{}{evil}", change.to), evil.into());
        }
    }
    result.warnings.push(evil.into());
    result.expected_false_discovery = None;
    let provenance = &mut result.provenance;
    provenance.version = evil.into();
    provenance.command.push(evil.into());
    provenance.settings.set(evil, evil);
    provenance.subject = Some(howship_change::Subject::new(evil));
    for input in &mut provenance.inputs {
        for field in [
            &mut input.name,
            &mut input.format,
            &mut input.blake3,
            &mut input.spacing_known,
            &mut input.unit_known,
        ] {
            *field = evil.into();
        }
        input.warnings.push(evil.into());
    }
    sample.result = result;
    sample.bones.iter_mut().for_each(|b| b.name = evil.into());
    let page = html(&sample.input()).unwrap();
    assert_balanced(&page);
    assert!(!page.contains("<script") && !page.contains("onload='x'"));
    assert!(!page.contains(['\u{202e}', '\u{0}']));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;"));
    for (name, bytes) in howship_report::figures(&sample.input()).unwrap() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("<script"), "{name}");
        assert!(
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)),
            "{name}"
        );
    }
}

#[test]
fn nothing_found_is_said_and_what_was_searched() {
    let mut sample = sample(2, 0.1);
    sample.result.lesions.clear();
    let page = html(&alone(&sample)).unwrap();
    assert_balanced(&page);
    assert!(page.contains("No erosion found"));
    assert!(page.contains("Searched: R.MC2, R.PP2"));
    assert!(page.contains("Cavities below 0.05 mm³ are not reported"));
    assert!(!page.contains("class=\"tiles\"") && !page.contains("id=\"lesions\""));
    sample.result.bones.clear();
    sample.result.visits.clear();
    assert_balanced(&html(&alone(&sample)).unwrap());
}

#[test]
fn one_visit_speaks_of_no_change() {
    let sample = sample(1, 0.2);
    let page = html(&sample.input()).unwrap();
    assert_balanced(&page);
    assert!(page.contains("One visit cannot show healing or growth"));
    assert!(page.contains("Erosion volume in all") && !page.contains("by that visit alone"));
    for absent in [
        ">LSC<",
        "True verdict",
        "id=\"how\"",
        "class=\"tiles\"",
        ">Probability<",
    ] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(page.contains("7.2") && page.contains("id=\"picture\""));
}

#[test]
fn a_failed_alignment_is_named_at_the_top() {
    let mut sample = sample(2, 0.1);
    sample.result.bones[1].registrations[0].failed = Some("overlap 41 % is below 60 %".into());
    let page = html(&alone(&sample)).unwrap();
    let top = page.split_once("id=\"verdicts\"").unwrap().0;
    assert!(top.contains(
        "R.PP2 at M6: the images could not be aligned well enough (overlap 41 % is below 60 %)"
    ));
    assert_eq!(sample.result.lesions[4].verdict(), Some(Verdict::Uncertain));
}

/// An empty list of lesions that nobody looked for is no absence of erosions.
#[test]
fn erosions_that_were_not_looked_for_are_not_said_to_be_absent() {
    let mut sample = sample(2, 0.1);
    sample.result.not_looked_for = vec![NotLookedFor::Erosions, NotLookedFor::JointSpaces];
    sample.result.lesions.clear();
    sample.result.totals.clear();
    sample.result.bones[1].registrations[0].failed = Some("overlap 41 % is below 60 %".into());
    let page = html(&alone(&sample)).unwrap();
    assert_balanced(&page);
    assert_eq!(page.matches("ot looked for").count(), 2);
    for word in [
        "No erosion",
        "searched",
        "erosion report",
        "lesions stay",
        "LSC",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    for word in [
        "Remodelling since the first visit",
        "nothing of it is compared",
        "Bone remodelling: ",
    ] {
        assert!(page.contains(word), "{word}");
    }
    assert_eq!(lesions_csv(&sample.result).lines().count(), 1);
}

#[test]
fn numbers_that_are_none_do_not_break_the_page() {
    let mut sample = sample(2, 0.1);
    for lesion in &mut sample.result.lesions {
        lesion.normal = [f64::NAN; 3];
        if let Some(p) = lesion.judged.as_mut().and_then(|j| j.probability.as_mut()) {
            p.healing = f64::NAN;
        }
        lesion.centroid_mm = [f64::INFINITY; 3];
        for m in lesion
            .visits
            .iter_mut()
            .flat_map(|v| v.measurements.values_mut())
        {
            (m.value, m.se, m.df) = (f64::NAN, f64::NAN, Some(-1.0));
        }
        for c in lesion.course.iter_mut() {
            (c.value, c.se, c.interval) = (f64::NAN, 0.0, [f64::NEG_INFINITY, f64::INFINITY]);
        }
    }
    sample.result.bones[0].remodelling[0].baseline_bone_mm3 = 0.0;
    sample.lesion_surfaces[0].mesh.vertices[0] = [f32::NAN; 3];
    let page = html(&sample.input()).unwrap();
    assert_balanced(&page);
    assert!(!leaks_numbers(&page), "a number leaked");
}

/// What the top says of each lesion is what that lesion's own numbers say.
#[test]
fn new_closed_and_unjudged_lesions_are_told_at_the_top() {
    let mut sample = sample(2, 0.1);
    let lesions = &mut sample.result.lesions;
    assert_eq!(lesions[2].verdict(), Some(Verdict::Progressing));
    (lesions[2].visits[0].found, lesions[2].visits[0].open) = (false, false);
    assert_eq!(lesions[0].verdict(), Some(Verdict::Healing));
    (lesions[0].visits[1].found, lesions[0].visits[1].open) = (false, false);
    let page = html(&alone(&sample)).unwrap();
    assert_balanced(&page);
    let top = page.split_once("id=\"verdicts\"").unwrap().0;
    for text in [
        "1 is new",
        "1 closed",
        "new: at M0 the cortex was closed here",
        "closed: at M6 cortex covers what was",
        "2 cannot be judged",
        "Lesion 5</a> in R.PP2: not judged: overlap 41 % is below 60 %",
        "Natural recesses",
    ] {
        assert!(top.contains(text), "{text} in {top}");
    }
    let words = page
        .matches("<span class=\"badge fate\">new</span>")
        .count();
    assert_eq!(words, 2, "in the table and on the card");
    // Nothing of it where nothing is new.
    let plain = html(&alone(&crate::synthetic::sample(3, 0.1))).unwrap();
    assert!(!plain.contains("badge fate\">new"));
}

#[test]
fn sums_stand_under_the_verdicts_with_what_they_leave_out() {
    let mut sample = sample(2, 0.1);
    let result = &mut sample.result;
    result.lesions[3].course.clear();
    let names = ["M0", "M6"].map(String::from);
    result.totals =
        howship_change::erosion_totals(&["R.MC2", "R.PP2"], &result.lesions, &names).unwrap();
    let page = html(&alone(&sample)).unwrap();
    let (_, after) = page.split_once("Erosion volume in all</h3>").unwrap();
    let (table, _) = after.split_once("</table>").unwrap();
    let top = page.split_once("id=\"verdicts\"").unwrap().0;
    for text in [
        "Erosion volume in all: ",
        "without 1 lesion that cannot be followed. Counted are the reported erosions.",
    ] {
        assert!(top.contains(text), "{text} in {top}");
    }
    assert!(
        table.contains("does not tell their volume: lesion 4."),
        "{table}"
    );
    assert!(table.contains("all bones</th><td class=\"num\">4</td>"));
    assert_eq!(table.matches("<tr>").count(), 4);
    // What a visit alone says stands beside the joint estimate.
    assert_eq!(page.matches("volume by that visit alone").count(), 5);
}

/// A cavity that is left out, of a kind.
fn left_out(id: u32, kind: LesionKind) -> NotReported {
    let volume = Measurement {
        value: 3.21,
        unit: "mm³".into(),
        se: 0.4,
        df: None,
    };
    NotReported {
        id,
        bone: "R.MC2".into(),
        kind,
        centroid_mm: [1.0, 2.0, 3.0],
        erosion_probability: Some(ErosionProbability {
            probability: 0.12,
            visit: "M0".into(),
            evidence: Vec::new(),
        }),
        volumes: vec![VisitVolume {
            visit: "M0".into(),
            volume,
        }],
        diameter_mm: None,
    }
}

#[test]
fn what_is_not_reported_is_counted_by_kind_and_listed_apart() {
    let mut sample = sample(2, 0.1);
    let whole = html(&alone(&sample)).unwrap();
    assert!(!whole.contains("not-reported"));
    let cyst = NotReported {
        erosion_probability: None,
        volumes: Vec::new(),
        diameter_mm: Some(1.4),
        ..left_out(8, LesionKind::Cyst)
    };
    sample.result.not_reported = vec![
        left_out(6, LesionKind::NaturalRecess),
        left_out(7, LesionKind::NaturalRecess),
        cyst,
    ];
    let page = html(&alone(&sample)).unwrap();
    assert_balanced(&page);
    let (top, rest) = page.split_once("id=\"verdicts\"").unwrap();
    assert!(
        top.contains("not reported as erosions</a>: 2 natural recesses and 1 cyst."),
        "{top}"
    );
    let (_, listed) = rest.split_once("id=\"not-reported\"").unwrap();
    let (listed, _) = listed.split_once("</table>").unwrap();
    assert_eq!(listed.matches("natural recess</td>").count(), 2);
    for text in ["0.12</td>", "3.21 ± 0.40", "a ball of 1.4 mm fits in"] {
        assert!(listed.contains(text), "{text} in {listed}");
    }
    // Nothing else of the page changes: no count, no sum, no card.
    let without = |page: &str| {
        let cards = page.matches("<article").count();
        let tiles = page.split_once("class=\"tiles\"").unwrap().1;
        (cards, tiles.split_once("</ul>").unwrap().0.to_owned())
    };
    assert_eq!(without(&page), without(&whole));
}

#[test]
fn a_recess_that_is_wanted_is_shown_and_not_counted() {
    let mut sample = sample(2, 0.1);
    let count = |page: &str| page.contains("5 small holes in the bone (erosions)");
    assert!(count(&html(&alone(&sample)).unwrap()));
    sample.result.lesions[0].kind = LesionKind::NaturalRecess;
    let page = html(&alone(&sample)).unwrap();
    assert!(page.contains("4 small holes in the bone (erosions)"));
    assert!(page.contains("Natural recess 1 · R.MC2"));
}

#[test]
fn no_lesion_yet_is_said_and_not_measured() {
    let mut sample = sample(2, 0.1);
    let lesion = &mut sample.result.lesions[2];
    let first = &mut lesion.visits[0];
    (first.found, first.open, first.absent) = (false, false, true);
    let mut void = first.measurements[&Quantity::Volume].clone();
    (void.value, void.se) = (1.06, 0.54);
    first.volume_alone = Some(void);
    let page = html(&alone(&sample)).unwrap();
    assert_balanced(&page);
    for text in [
        "<div>no lesion</div>",
        "<td class=\"num\">no lesion</td>",
        "at M0 the cortex was closed here; 1.06 ± 0.54 mm³ of void behind it, which may be marrow, do not count",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn every_lesion_is_labelled_and_seen_from_every_side() {
    let sample = sample(2, 0.15);
    let page = html(&sample.input()).unwrap();
    let (_, after) = page.split_once("id=\"picture\"").unwrap();
    let (section, _) = after.split_once("</section>").unwrap();
    for view in [
        "from the front",
        "from the left side",
        "from the back",
        "from the right side",
        "R.MC2 alone, from above",
        "R.PP2 alone, from below",
    ] {
        assert!(
            section.contains(&format!("<figcaption>{view}</figcaption>")),
            "{view}"
        );
    }
    for lesion in &sample.result.lesions {
        let tag = format!(
            ">{} {}</text>",
            lesion.id,
            match lesion.verdict().unwrap() {
                Verdict::Healing => "▼",
                Verdict::Stable => "●",
                Verdict::Progressing => "▲",
                Verdict::Uncertain => "?",
            }
        );
        assert!(section.contains(&tag), "{tag}");
    }
    // Where the file knows no patient, no side of one is named.
    let mut scanner = crate::synthetic::sample(2, 0.1);
    scanner.result.axes = howship_change::AxesKnown::Image;
    let page = html(&scanner.input()).unwrap();
    assert!(page.contains("from the −y side") && page.contains("side of the image"));
    for patient in [
        "from the front",
        "from the left",
        "anterior side",
        "right side,",
    ] {
        assert!(!page.contains(patient), "{patient}");
    }
}

#[test]
fn aligned_slices_show_what_was_not_brought_home() {
    let sample = sample(3, 0.1);
    let page = html(&sample.input()).unwrap();
    assert_eq!(page.matches("<div class=\"aligned\"").count(), 2);
    for i in 0..2 {
        // The flicker needs no script and no mouse: a box with its label, and a name that no other has.
        assert!(page.contains(&format!(
            "<input type=\"checkbox\" id=\"flick-{i}\" aria-label=\"Flicker "
        )));
        assert!(page.contains(&format!("<label for=\"flick-{i}\">")));
    }
    assert_eq!(
        page.matches("<img ").count(),
        page.matches(" alt=\"").count()
    );
    let (_, after) = page.split_once("both; 12.0 mm across").unwrap_or(("", ""));
    assert!(!after.is_empty());
}

/// Directions from the bones' names and the palm, in the table and on the card.
#[test]
fn sides_are_named_as_the_hand_has_them_where_that_is_known() {
    let mut sample = sample(2, 0.1);
    let named = [("R.MC2", [0.0, 0.0, -8.0]), ("R.PP2", [0.0, 0.0, 10.0])];
    let palm = howship_change::PatientDirection::parse("A");
    sample.result.directions = howship_change::Directions::of(&named, palm).unwrap();
    sample.result.lesions[0].normal = [0.0, -1.0, 0.0];
    sample.result.lesions[1].normal = [1.0, 0.0, 0.1];
    for other in &mut sample.result.lesions[2..] {
        other.normal = [0.0, 1.0, 0.0];
    }
    let page = html(&alone(&sample)).unwrap();
    // Fingers up, palm to the front: a right thumb is on the patient's left.
    let told = |side: &str| page.matches(side).count();
    assert_eq!(
        (told("palmar side"), told("radial side")),
        (2, 2),
        "in table and card"
    );
    assert!(!page.contains("anterior side"));
}
