//! What was measured as a tidy table.

use howship_change::{FilmVerdictFile, FollowedJoint, Judged, Measurement, Subject, Verdict};

const HEADER: &str = "subject,side,hand,joint,bone,erosion,quantity,unit,visit,days,film,value,se,df,change,change_se,change_low,change_high,delta,p_healing,p_stable,p_progressing,verdict,reason";

/// A row per joint or erosion × quantity × visit (RFC 4180, UTF-8, `.` as decimal point).
///
/// `change` and what follows compare the visit of the row with the first. A joint space has a row `joint_space` with its
/// width at every visit, and a row `narrowing` with its change at every later one, positive where the space became
/// smaller; its `p_progressing` is that of narrower, its `p_healing` that of wider. A verdict stands with areas and
/// narrowings, and its reason also where there is no change. An empty field means
/// "not known". Text that begins with `=`, `+`, `-` or `@` has an apostrophe before it, so that no spreadsheet takes
/// it for a formula.
#[must_use]
pub fn film_csv(result: &FilmVerdictFile) -> String {
    let mut text = format!("{HEADER}\n");
    for joint in &result.joints {
        for (k, visit) in joint.joint.visits.iter().enumerate() {
            let mut space = |quantity, measured, judged| {
                let row = Row {
                    bone: "",
                    erosion: String::new(),
                    quantity,
                    unit: &joint.joint.unit,
                    visit: k,
                    measured,
                    judged,
                };
                row.write(result, joint, &mut text);
            };
            if let Some(measured) = &visit.joint_space {
                space("joint_space", Some(measured), None);
            }
            // Two outlines are no change: it is the motion of the bones, and has a row of its own.
            if let Some(judged) = at(&joint.joint.narrowing, k) {
                space("narrowing", None, Some(judged));
            }
        }
        for e in &joint.joint.erosions {
            let bone = match e.bone {
                howship_change::JointBone::Proximal => "proximal",
                howship_change::JointBone::Distal => "distal",
            };
            for (k, visit) in e.visits.iter().enumerate() {
                for (quantity, measured) in &visit.measurements {
                    let judged = if *quantity == howship_change::FilmQuantity::Area {
                        at(&e.changes, k)
                    } else {
                        e.other_changes.get(quantity).and_then(|all| at(all, k))
                    };
                    let row = Row {
                        bone,
                        erosion: e.id.to_string(),
                        quantity: quantity.key(),
                        unit: &measured.unit,
                        visit: k,
                        measured: Some(measured),
                        judged,
                    };
                    row.write(result, joint, &mut text);
                }
            }
        }
    }
    text
}

/// The change to a visit; changes begin at the second one.
fn at(all: &[Judged], visit: usize) -> Option<&Judged> {
    all.get(visit.checked_sub(1)?)
}

struct Row<'a> {
    bone: &'static str,
    erosion: String,
    quantity: &'static str,
    unit: &'a str,
    visit: usize,
    measured: Option<&'a Measurement>,
    judged: Option<&'a Judged>,
}

impl Row<'_> {
    fn write(&self, result: &FilmVerdictFile, joint: &FollowedJoint, text: &mut String) {
        let visit = &joint.joint.visits[self.visit].visit;
        let days = result
            .visits
            .iter()
            .find(|v| v.name == *visit)
            .and_then(|v| v.days);
        let subject = result.provenance.subject.as_ref().map_or("", Subject::name);
        let change = self.judged.and_then(|j| j.change.as_ref());
        let p = self.judged.and_then(|j| j.probability);
        let decides = matches!(self.quantity, "area" | "narrowing");
        let told = self.judged.filter(|_| decides);
        let word = told.map(|j| match (self.quantity, j.verdict) {
            ("narrowing", Verdict::Progressing) => "narrower",
            ("narrowing", Verdict::Healing) => "wider",
            (_, verdict) => verdict.word(),
        });
        let number = |v: Option<f64>| v.map(|v| v.to_string()).unwrap_or_default();
        let fields = [
            field(subject),
            joint.joint.side.map_or("", |s| s.letter()).to_owned(),
            joint.joint.hand.to_string(),
            field(&joint.joint.joint),
            self.bone.to_owned(),
            self.erosion.clone(),
            self.quantity.to_owned(),
            field(change.map_or(self.unit, |c| c.unit.as_str())),
            field(visit),
            number(days),
            field(joint.films.get(self.visit).map_or("", String::as_str)),
            number(self.measured.map(|m| m.value)),
            number(self.measured.map(|m| m.se)),
            number(self.measured.and_then(|m| m.df)),
            number(change.map(|c| c.value)),
            number(change.map(|c| c.se)),
            number(change.map(|c| c.interval[0])),
            number(change.map(|c| c.interval[1])),
            number(change.map(|c| c.delta)),
            number(p.filter(|_| decides).map(|p| p.healing)),
            number(p.filter(|_| decides).map(|p| p.stable)),
            number(p.filter(|_| decides).map(|p| p.progressing)),
            word.unwrap_or_default().to_owned(),
            field(told.map_or("", |j| j.reason.as_str())),
        ];
        text.push_str(&fields.join(","));
        text.push('\n');
    }
}

/// Quoted where it must be, and no formula.
fn field(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if risky {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
