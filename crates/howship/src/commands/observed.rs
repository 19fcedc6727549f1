//! What a result of `howship compare` says of a record's lesions, for `howship forecast --observed`.

use super::mechanism::{Input, Source};
use crate::failure::{ExitStatus, Failure};
use howship_change::{Lesion, Quantity as Measured, VerdictFile};
use howship_mechanism::case::{Case, Observation};
use howship_mechanism::imaging::Quantity;
use std::path::Path;

/// Visits named by dates or months are the record's baseline where they lie within so many days of it (a scan is
/// rarely taken on the day of the first dose).
const SAME_DAY: f64 = 31.0;

/// Changes of the lesions that the record names by `observed_id`, and what of the result could not be used.
pub(super) fn observed(
    path: &Path,
    record: &Case,
    inputs: &mut Vec<Input>,
) -> anyhow::Result<(Vec<Observation>, Vec<String>)> {
    let file = if path.is_dir() {
        path.join("verdicts.json")
    } else {
        path.to_owned()
    };
    let source = Source::read(&file)?;
    let result: VerdictFile = howship_study::from_json(&source.text).map_err(|e| {
        Failure::bad_input(&file, format!("it is no result of `howship compare` of volumes: {e}"))
            .hint("give the folder that `howship compare -o` wrote; changes on films go into the record as `[[observation]]`")
    })?;
    let wanted: Vec<(usize, u32)> = record
        .lesions
        .iter()
        .enumerate()
        .filter_map(|(i, l)| Some((i, l.observed_id?)))
        .collect();
    if wanted.is_empty() {
        let lesions = result.lesions.iter();
        let ids: Vec<String> = lesions.map(|l| format!("{} ({})", l.id, l.bone)).collect();
        let message = "no lesion of the record says which lesion of the result it is";
        let hint = match ids.is_empty() {
            true => "the result has no lesion".to_owned(),
            false => format!(
                "add `observed_id` to its `[[lesion]]`; the result has {}",
                ids.join(", ")
            ),
        };
        return Err(Failure::new(ExitStatus::BadInput, message)
            .hint(hint)
            .into());
    }
    inputs.push(source.input);
    let baseline = baseline(&result, record, &file)?;
    let (mut found, mut not_used) = (Vec::new(), Vec::new());
    for (lesion, id) in wanted {
        let Some(seen) = result.lesions.iter().find(|l| l.id == id) else {
            let reason =
                format!("it has no lesion {id}, which `lesion[{lesion}].observed_id` names");
            return Err(Failure::bad_input(&file, reason)
                .hint("take an `id` of verdicts.json")
                .into());
        };
        let site = &record.lesions[lesion].site;
        if !site.may_be(&seen.bone) {
            let reason = format!(
                "its lesion {id} lies in `{}`, and `lesion[{lesion}].site`, whose `observed_id` is {id}, is `{}`",
                seen.bone, site.name
            );
            return Err(Failure::bad_input(&file, reason)
                .hint("correct `observed_id` or `site` in the record")
                .into());
        }
        let used = changes(seen, lesion, &result, &file, baseline)?;
        if used.is_empty() {
            not_used.push(format!(
                "lesion {id} of the result has no change of volume or depth that could be measured ({}): it teaches nothing here",
                if seen.reason().is_empty() { "a single visit" } else { seen.reason() }
            ));
        }
        found.extend(used);
    }
    Ok((found, not_used))
}

/// Days that the result's visits count from, where the first one is the record's M0.
fn baseline(result: &VerdictFile, record: &Case, file: &Path) -> anyhow::Result<f64> {
    let wrong = |reason: String, hint: &str| -> anyhow::Error {
        Failure::bad_input(file, reason).hint(hint).into()
    };
    let Some(first) = result.visits.first() else {
        return Err(wrong("it has no visit".to_owned(), "compare two visits"));
    };
    let name = &first.visit.name;
    let Some(days) = first.visit.days else {
        let reason = format!("visit `{name}` is not dated");
        return Err(wrong(
            reason,
            "name visits by months or dates (`--visits M0,M6`)",
        ));
    };
    let by_months = name.starts_with(['M', 'm']);
    match (by_months, record.subject.baseline_day) {
        // Months count from M0 in both.
        (true, _) if days.abs() <= SAME_DAY => Ok(0.0),
        (true, _) => Err(wrong(
            format!("its first visit is `{name}`, and a record's changes count from M0"),
            "compare from the baseline on",
        )),
        (false, Some(day)) if (days - day).abs() <= SAME_DAY => Ok(day),
        (false, Some(_)) => Err(wrong(
            format!("its first visit, `{name}`, is not the record's `subject.baseline`"),
            "compare from the baseline on, or correct `baseline`",
        )),
        (false, None) => Err(wrong(
            format!("its visits are dates (`{name}`), and the record does not say when M0 was"),
            "add `baseline` to `[subject]`",
        )),
    }
}

/// Changes of volume since baseline; of depth where there is none of volume: both are measured from the same wall,
/// and one wall is not counted twice.
fn changes(
    seen: &Lesion,
    lesion: usize,
    result: &VerdictFile,
    file: &Path,
    baseline: f64,
) -> anyhow::Result<Vec<Observation>> {
    let depth = seen.change.get(&Measured::Depth);
    let all: Vec<_> = match seen.course.is_empty() {
        false => seen.course.iter().map(|c| (c, Quantity::Volume)).collect(),
        true => depth.into_iter().map(|c| (c, Quantity::Depth)).collect(),
    };
    let mut found = Vec::new();
    for (change, quantity) in all {
        let visit = result.visits.iter().find(|v| v.visit.name == change.to);
        let Some(days) = visit.and_then(|v| v.visit.days) else {
            let reason = format!("visit `{}` is not dated", change.to);
            return Err(Failure::bad_input(file, reason)
                .hint("name visits by months or dates (`--visits M0,M6`)")
                .into());
        };
        found.push(Observation {
            day: days - baseline,
            lesion,
            quantity,
            change: change.value,
            se: Some(change.se),
        });
    }
    Ok(found)
}
