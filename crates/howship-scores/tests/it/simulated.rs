//! Simulated readers' scores as a score table.

use howship_phantom::readers::{ReadStatus, ReaderData};
use howship_scores::{Item, Record, ScoreTable, ScoreVisit, Side, Status};

/// The table of a simulated study; items are numbered as the truth's sites.
pub(crate) fn table(data: &ReaderData) -> Result<ScoreTable, howship_scores::Error> {
    let truth = &data.truth;
    let items = truth.sites().iter().map(|s| Item {
        side: match s.side.as_str() {
            "L" => Some(Side::L),
            "R" => Some(Side::R),
            _ => None,
        },
        site: s.site.clone(),
        feature: s.feature.clone(),
        min: 0.0,
        max: s.max,
        step: s.step,
        weight: 1.0,
    });
    let visits = truth.spec.visits.iter().map(|v| ScoreVisit {
        name: v.name.clone(),
        days: Some(30.4375 * v.months),
    });
    let subjects: Vec<String> = (0..truth.subjects.len())
        .map(|s| truth.subject_name(s))
        .collect();
    let records = data.rows.iter().map(|r| Record {
        subject: subjects[r.subject as usize].clone(),
        arm: None,
        visit: r.visit,
        days: r.days as f32,
        reader: truth.spec.readers[r.reader as usize].name.clone(),
        campaign: None,
        reading: r.reading,
        item: r.site,
        score: r.score as f32,
        status: match r.status {
            ReadStatus::Ok => Status::Ok,
            ReadStatus::Missing => Status::Missing,
            ReadStatus::Replaced => Status::Replaced,
            ReadStatus::NotScorable => Status::NotScorable,
        },
        line: 0,
    });
    ScoreTable::from_records(
        "simulated",
        "svdh",
        items.collect(),
        visits.collect(),
        records,
    )
}
