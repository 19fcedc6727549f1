//! Where joints are repaired: maps of all patients together, and of single ones.

use super::answer::page_table;
use super::joints_shown::{expected, some};
use crate::failure::{ExitStatus, Failure};
use crate::table::plural;
use howship_report::paper::{Figure, Section};
use howship_report::scores::{JointMap, JointMark, MapShows, joint_map, site_is_placed};
use howship_scores::latent::{JointProbability, LatentReport, Standing};
use howship_scores::{Item, ScoreTable};

/// The patients who are asked for, each once, in the order asked.
pub(super) fn wanted(table: &ScoreTable, names: &[String]) -> Result<Vec<u32>, Failure> {
    let mut found = Vec::new();
    for name in names {
        let Some(subject) = table.subjects.id(name.trim()) else {
            let near = table.subjects_like(name.trim(), 5);
            let near: Vec<String> = near.iter().map(|n| format!("`{n}`")).collect();
            let message = format!("the table has no patient `{name}` (`--map-patient`)");
            let hint = format!(
                "name one as the column `subject` does, as in {}",
                near.join(", ")
            );
            return Err(Failure::new(ExitStatus::BadInput, message).hint(hint));
        };
        if !found.contains(&subject) {
            found.push(subject);
        }
    }
    Ok(found)
}

/// The map of all patients, or of the only one, and those of the patients who are asked for.
pub(super) fn maps(report: &LatentReport, table: &ScoreTable, wanted: &[u32]) -> Vec<Section> {
    let mut sections = Vec::new();
    let only = match report.patients.as_slice() {
        [one] => table.subjects.id(&one.subject),
        _ => None,
    };
    match only {
        Some(subject) => sections.push(of_patient(report, table, subject)),
        None => sections.push(of_all(report, table)),
    }
    let asked = wanted.iter().filter(|&&s| Some(s) != only);
    sections.extend(asked.map(|&subject| of_patient(report, table, subject)));
    sections
}

/// Mean probabilities per site over patients.
fn of_all(report: &LatentReport, table: &ScoreTable) -> Section {
    let items = &table.items;
    let mut sums: Vec<(f64, f64, u32, usize)> = vec![(0.0, 0.0, 0, 0); items.len()];
    for joint in &report.joints {
        if let Some(sum) = sums.get_mut(joint.item_number as usize) {
            *sum = (
                sum.0 + joint.repair,
                sum.1 + joint.progression,
                sum.2 + 1,
                sum.3 + usize::from(joint.better > 0),
            );
        }
    }
    let mut section = Section {
        heading: "Where".to_owned(),
        ..Section::default()
    };
    for feature in features(items) {
        let marks: Vec<JointMark> = items
            .iter()
            .zip(&sums)
            .filter(|(item, sum)| item.feature == feature && sum.2 > 0)
            .map(|(item, sum)| mark(item, sum))
            .collect();
        // A drawing without a single place says nothing that the table does not.
        if !marks.iter().any(|m| site_is_placed(&m.site)) {
            continue;
        }
        section.figures.push(Figure {
            svg: joint_map(&JointMap {
                title: format!("P(repair) and P(progression) of {feature}"),
                quantity: format!(
                    "{feature}, mean over {}",
                    plural(report.patients.len(), "patient")
                ),
                shows: MapShows::Both,
                marks,
                full: None,
            }),
            caption: format!(
                "{feature}: mean probability of repair and of progression per site, over patients."
            ),
        });
    }
    if section.figures.is_empty() {
        section.paragraphs.push(NO_PLACE.to_owned());
    }
    section
}

fn mark(item: &Item, sum: &(f64, f64, u32, usize)) -> JointMark {
    let n = f64::from(sum.2);
    JointMark {
        side: item.side,
        site: item.site.clone(),
        repair: Some(sum.0 / n),
        progression: Some(sum.1 / n),
        note: format!(
            "{} of {} scored lower by some reading",
            sum.3,
            plural(sum.2 as usize, "joint")
        ),
    }
}

const NO_PLACE: &str = "The sites of this table have no place on a drawn hand or foot.";

fn features(items: &[Item]) -> Vec<&str> {
    let mut features: Vec<&str> = Vec::new();
    for item in items {
        if !features.contains(&item.feature.as_str()) {
            features.push(&item.feature);
        }
    }
    features
}

/// One patient's probabilities, joint by joint, on a scale from 0 to 1: maps of patients compare, and what is
/// improbable looks so.
fn of_patient(report: &LatentReport, table: &ScoreTable, subject: u32) -> Section {
    let name = table.subjects.name(subject);
    let mut own: Vec<Option<&JointProbability>> = vec![None; table.items.len()];
    for joint in report.joints.iter().filter(|j| j.subject_number == subject) {
        if let Some(place) = own.get_mut(joint.item_number as usize) {
            *place = Some(joint);
        }
    }
    let mut section = Section {
        heading: format!("Where, in patient {name}"),
        notes: cautions(report),
        ..Section::default()
    };
    let Some(patient) = report.patients.iter().find(|p| p.subject == name) else {
        section.notes.clear();
        section.paragraphs.push(format!(
            "No joint of {name} was read at two of the visits ({}), so there is no change to judge and no map.",
            report.visits.join(", ")
        ));
        return section;
    };
    section.paragraphs.push(format!(
        "{} with a change that was read; {} expected to be repaired, {} to be worse.",
        plural(patient.joints, "joint"),
        expected(patient.expected_repaired),
        expected(patient.expected_progressed)
    ));
    for feature in features(&table.items) {
        let here = table.items.iter().zip(&own);
        let here = here.filter(|(item, _)| item.feature == feature);
        let marks: Vec<JointMark> = here.map(|(item, joint)| own_mark(item, *joint)).collect();
        let drawn = |m: &JointMark| m.repair.is_some() && site_is_placed(&m.site);
        if !marks.iter().any(drawn) {
            continue;
        }
        section.figures.push(Figure {
            svg: joint_map(&JointMap {
                title: format!("P(repair) and P(progression) of {feature} in {name}"),
                quantity: format!("{feature}, patient {name}"),
                shows: MapShows::Both,
                marks,
                full: Some(1.0),
            }),
            caption: format!(
                "{feature} of {name}: probability of repair and of progression of each joint, {} to {}.",
                report.from, report.to
            ),
        });
    }
    if section.figures.is_empty() {
        section.paragraphs.push(NO_PLACE.to_owned());
    }
    let changed = some(report, |j| {
        j.subject_number == subject && (j.better > 0 || j.worse > 0)
    });
    section.tables.push(page_table(
        &format!("Joints of {name} that some reading scored lower or higher"),
        &changed,
    ));
    section
}

fn own_mark(item: &Item, joint: Option<&JointProbability>) -> JointMark {
    let note = |j: &JointProbability| {
        let mut note = format!(
            "{} of {} readings lower, {} higher",
            j.better, j.readings, j.worse
        );
        if let Some(range) = j.repair_range {
            note.push_str(&format!(
                "; P(repair) {:.3} to {:.3} over what is believed of artefacts",
                range.lower, range.upper
            ));
        }
        note
    };
    JointMark {
        side: item.side,
        site: item.site.clone(),
        repair: joint.map(|j| j.repair),
        progression: joint.map(|j| j.progression),
        note: joint.map_or_else(String::new, note),
    }
}

/// What a design does not identify, and what one patient alone cannot teach.
fn cautions(report: &LatentReport) -> Vec<String> {
    let mut cautions = match report.standing {
        Standing::Identified => Vec::new(),
        Standing::UpperBound | Standing::PriorBounded => report.identification.clone(),
    };
    if report.patients.len() == 1 {
        cautions.push(
            "the table has changes of one patient only: readers' rates and shares of repair and progression are \
             learnt from these joints and otherwise believed; how patients differ is not learnt at all"
                .to_owned(),
        );
    }
    cautions
}
