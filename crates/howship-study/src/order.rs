//! Volumes in the wrong order would turn healing into progression: they are refused, neither sorted nor warned of.

use crate::dated::{Dated, plausible};
use crate::order_words::by_words;
use crate::{Error, file_name};
use howship_change::Visit;
use std::path::{Path, PathBuf};

/// Visits, dates that the files hold and visits that the files' names say must all run the same way.
///
/// `stated` tells that the visits are the user's own (`--visits`). Names of files that run against the visits are
/// outvoted, with a warning, where the files' own dates all confirm the visits.
///
/// # Errors
/// Two images in the wrong order, by any of the three.
pub(crate) fn in_order(images: &[Dated<'_>], stated: bool) -> Result<Vec<String>, Error> {
    by_visit(images, stated)?;
    by_date(images)?;
    let mut warnings = by_file_name(images, stated)?;
    if warnings.is_empty() && !dates_confirm(images) {
        warnings.extend(by_words(images, stated)?);
    }
    warnings.extend(other_interval(images));
    Ok(warnings)
}

/// A visit named by months is held within so many days of its day, and so large a share of the interval: windows of
/// visits in trials are some weeks.
const WINDOW_DAYS: f64 = 31.0;
const WINDOW_SHARE: f64 = 0.25;

/// The time between first and last image by the visits' names, where the files' dates say another.
fn other_interval(images: &[Dated<'_>]) -> Option<String> {
    let (first, last) = (images.first()?, images.last()?);
    let named = last.visit.days? - first.visit.days?;
    let day = |i: &Dated<'_>| said_by_date(i.date)?.days;
    let dated = day(last)? - day(first)?;
    ((named - dated).abs() > WINDOW_DAYS.max(WINDOW_SHARE * named)).then(|| {
        format!(
            "{} and {} are {named:.0} days apart by their names and {dated:.0} by the dates in the files ({} and {}): \
             times are taken from the names",
            first.visit.name,
            last.visit.name,
            first.date.unwrap_or_default(),
            last.date.unwrap_or_default()
        )
    })
}

fn wrong(first: &Dated<'_>, second: &Dated<'_>, reason: String, advice: &'static str) -> Error {
    Error::Order {
        first: first.path.to_owned(),
        second: second.path.to_owned(),
        reason,
        advice,
    }
}

fn by_visit(images: &[Dated<'_>], stated: bool) -> Result<(), Error> {
    for pair in images.windows(2) {
        let [a, b] = pair else { continue };
        let (Some(first), Some(second)) = (a.visit.days, b.visit.days) else {
            continue;
        };
        if second > first {
            continue;
        }
        let how = if first > second {
            "comes before"
        } else {
            "is the same time as"
        };
        let (from, advice) = if stated {
            (
                "`--visits`",
                "give images and `--visits` in the order of time, baseline first",
            )
        } else if said_by_name(a.path).is_some_and(|v| v.name == a.visit.name) {
            (
                "the files' names",
                "name the images in the order of time, baseline first; where the files' names are wrong, rename the files",
            )
        } else {
            (
                "the files' dates",
                "name the images in the order of time, baseline first; where the dates are wrong, state the visits with `--visits`",
            )
        };
        let (early, late) = (&b.visit.name, &a.visit.name);
        let reason = format!("{early} {how} {late}, as {from} say, and stands after it");
        return Err(wrong(a, b, reason, advice));
    }
    Ok(())
}

/// The visit that a file's own date says.
pub(crate) fn said_by_date(date: Option<&str>) -> Option<Visit> {
    Visit::parse(date.filter(|d| plausible(d))?).ok()
}

fn by_date(images: &[Dated<'_>]) -> Result<(), Error> {
    let dated = images
        .iter()
        .filter_map(|i| Some((i, i.date.filter(|d| plausible(d))?)));
    let dated: Vec<(&Dated<'_>, &str)> = dated.collect();
    for pair in dated.windows(2) {
        // ISO dates sort as text.
        if let [(a, first), (b, second)] = pair
            && second < first
        {
            let reason = format!(
                "the files say that the one was taken on {first} and the other on {second}"
            );
            let advice = "name the images in the order of time, baseline first; where a date in a file is wrong, correct it there";
            return Err(wrong(a, b, reason, advice));
        }
    }
    Ok(())
}

/// Rescans further apart than this are visits, days: studies of precision rescan within days to some weeks.
const RESCAN_DAYS: f64 = 31.0;

/// Images that are called rescans of one visit, and say by their names or dates that they are of several.
pub(crate) fn several_visits(paths: &[PathBuf], dates: &[Option<&str>]) -> Option<String> {
    let named: Option<Vec<Visit>> = paths.iter().map(|p| said_by_name(p)).collect();
    let named = named.filter(|n| same_kind(n)).unwrap_or_default();
    let dated: Vec<Visit> = dates.iter().filter_map(|d| said_by_date(*d)).collect();
    for (what, visits) in [("names", &named), ("dates", &dated)] {
        let by_day = |a: &&Visit, b: &&Visit| {
            let day = |v: &Visit| v.days.unwrap_or(0.0);
            day(a).total_cmp(&day(b))
        };
        let ends = (visits.iter().min_by(by_day), visits.iter().max_by(by_day));
        let (Some(first), Some(last)) = ends else {
            continue;
        };
        let days = last.days.zip(first.days).map_or(0.0, |(b, a)| b - a);
        if days > RESCAN_DAYS {
            return Some(format!(
                "the files' {what} say {} and {}: where the joint changed between them, the change counts as error of \
                 measurement; rescans are of one visit",
                first.name, last.name
            ));
        }
    }
    None
}

/// Whether every file holds a plausible date and these rise.
fn dates_confirm(images: &[Dated<'_>]) -> bool {
    let dates: Option<Vec<&str>> = images
        .iter()
        .map(|i| i.date.filter(|d| plausible(d)))
        .collect();
    dates.is_some_and(|d| d.windows(2).all(|pair| pair[0] < pair[1]))
}

fn by_file_name(images: &[Dated<'_>], stated: bool) -> Result<Vec<String>, Error> {
    let said: Option<Vec<Visit>> = images.iter().map(|i| said_by_name(i.path)).collect();
    let Some(said) = said.filter(|s| same_kind(s)) else {
        return Ok(Vec::new());
    };
    let mut warnings = Vec::new();
    for (pair, names) in images.windows(2).zip(said.windows(2)) {
        let ([a, b], [first, second]) = (pair, names) else {
            continue;
        };
        // Files that all claim one visit say nothing.
        if second.days >= first.days {
            continue;
        }
        let reason = format!(
            "their names say {} and {}, and they stand as {} and {}",
            first.name, second.name, a.visit.name, b.visit.name
        );
        if !dates_confirm(images) {
            let advice = "give the images in the order of time, baseline first; where the files' names are wrong, rename the files";
            return Err(wrong(a, b, reason, advice));
        }
        warnings.push(format!(
            "`{}` and `{}`: {reason}; taken so because the dates in the files say so too",
            file_name(a.path),
            file_name(b.path)
        ));
    }
    if stated && warnings.is_empty() {
        warnings.extend(other_months(images, &said));
    }
    Ok(warnings)
}

/// Visits as stated that are other months than the files' names say, in the same order.
fn other_months(images: &[Dated<'_>], said: &[Visit]) -> Option<String> {
    let (first, last) = (said.first()?, said.last()?);
    let (from, to) = (images.first()?, images.last()?);
    let named = last.days? - first.days?;
    let stated = to.visit.days? - from.visit.days?;
    // Half a day: rounding.
    (named > 0.0 && (named - stated).abs() > 0.5).then(|| {
        format!(
            "`{}` and `{}` are taken as {} and {}, as `--visits` says; their names say {} and {}",
            file_name(from.path),
            file_name(to.path),
            from.visit.name,
            to.visit.name,
            first.name,
            last.name
        )
    })
}

/// Months count from a baseline, dates from a calendar: days of the one say nothing beside days of the other.
pub(crate) fn same_kind(visits: &[Visit]) -> bool {
    let month = |v: &Visit| v.name.starts_with(['M', 'm']);
    visits
        .windows(2)
        .all(|pair| month(&pair[0]) == month(&pair[1]))
}

/// The visit that a file's name, or else its folder's, says: the whole of it, or the one part of it that is a visit
/// (`M6.nii.gz`, `P7_M6_left.nii.gz`, `M6/left.nii.gz`).
pub(crate) fn said_by_name(path: &Path) -> Option<Visit> {
    let folder = path.parent().and_then(Path::file_name).map(PathBuf::from);
    let names = [Some(file_name(path)), folder.map(|f| file_name(&f))];
    names.into_iter().flatten().find_map(|n| said(&n))
}

fn said(name: &str) -> Option<Visit> {
    let stem = name.split('.').next()?;
    if let Ok(visit) = Visit::parse(stem) {
        return Some(visit);
    }
    let mut found = stem
        .split(['_', ' '])
        .flat_map(|part| {
            let whole = Visit::parse(part).ok();
            let parts = part.split('-').filter_map(|p| Visit::parse(p).ok());
            whole.into_iter().chain(parts).take(1)
        })
        .collect::<Vec<Visit>>();
    found.dedup_by(|a, b| a.name == b.name);
    let only = found.pop()?;
    found.is_empty().then_some(only)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(images: &[(&str, &str, Option<&str>)], stated: bool) -> Result<Vec<String>, Error> {
        let visits: Vec<Visit> = images
            .iter()
            .map(|(_, visit, _)| {
                Visit::parse(visit).unwrap_or(Visit {
                    name: (*visit).to_owned(),
                    days: None,
                })
            })
            .collect();
        let dated: Vec<Dated<'_>> = images
            .iter()
            .zip(&visits)
            .map(|((path, _, date), visit)| Dated {
                path: Path::new(path),
                visit,
                date: *date,
            })
            .collect();
        in_order(&dated, stated)
    }

    #[test]
    fn visits_dates_and_names_that_run_backwards_are_refused_with_both_files() {
        for (images, stated, part) in [
            (
                [("M6.nii", "M6", None), ("M0.nii", "M0", None)],
                false,
                "files' names",
            ),
            (
                [("a.nii", "M6", None), ("b.nii", "M0", None)],
                true,
                "`--visits`",
            ),
            (
                [
                    ("a.nii", "M0", Some("2024-01-01")),
                    ("b.nii", "M6", Some("2023-01-01")),
                ],
                true,
                "2023-01-01",
            ),
            (
                [("a", "2024-01-01", None), ("b", "2023-01-01", None)],
                false,
                "files' dates",
            ),
            (
                [("M12.nii", "M0", None), ("M0.nii", "M12", None)],
                true,
                "M12 and M0",
            ),
            (
                [
                    ("P1_M6_left.nii", "visit 1", None),
                    ("P1_M0_left.nii", "visit 2", None),
                ],
                false,
                "M6 and M0",
            ),
            (
                [("M6/x.dcm", "visit 1", None), ("M0/x.dcm", "visit 2", None)],
                false,
                "M6",
            ),
        ] {
            let failure = check(&images, stated).unwrap_err();
            let text = failure.to_string();
            for word in [images[0].0, images[1].0, part] {
                assert!(text.contains(word), "{word}: {text}");
            }
            assert!(failure.hint().is_some());
        }
    }

    #[test]
    fn rescans_that_are_visits_are_told() {
        let told = |names: [&str; 2], dates: [Option<&str>; 2]| {
            several_visits(&names.map(PathBuf::from), &dates)
        };
        assert!(
            told(["M0.nii", "M6.nii"], [None; 2])
                .unwrap()
                .contains("M6")
        );
        let far = [Some("2023-01-01"), Some("2023-07-01")];
        assert!(told(["a.aim", "b.aim"], far).unwrap().contains("2023-07"));
        let near = [Some("2023-01-01"), Some("2023-01-08")];
        assert!(told(["a.aim", "b.aim"], near).is_none());
        assert!(told(["M0_a.nii", "M0_b.nii"], [Some("0001-01-01"), None]).is_none());
    }

    #[test]
    fn what_runs_forwards_passes_and_dates_outvote_names() {
        let dated = [
            ("M6.nii", "M0", Some("2023-01-01")),
            ("M0.nii", "M6", Some("2023-07-01")),
        ];
        assert_eq!(check(&dated, true).unwrap().len(), 1);
        let other = [("M0.nii", "M0", None), ("M12.nii", "M6", None)];
        assert!(check(&other, true).unwrap()[0].contains("M12"));
        let apart = [
            ("a.nii", "M0", Some("2020-01-01")),
            ("b.nii", "M6", Some("2024-01-01")),
        ];
        assert!(check(&apart, true).unwrap()[0].contains("1461"));
        for images in [
            [("M0.nii", "M0", None), ("M6.nii", "M6", None)],
            [
                ("a.nii", "M0", Some("2023-01-01")),
                ("b.nii", "M6", Some("2023-08-01")),
            ],
        ] {
            assert!(check(&images, false).unwrap().is_empty(), "{images:?}");
        }
        for images in [
            // Names that say one visit, or nothing; dates of anonymised files.
            [("M6_a.nii", "visit 1", None), ("M6_b.nii", "visit 2", None)],
            [
                ("b.nii", "visit 1", Some("0002-01-01")),
                ("a.nii", "visit 2", Some("0001-01-01")),
            ],
        ] {
            let said = check(&images, false).unwrap();
            assert!(
                said.len() == 1 && said[0].contains("taken for the baseline"),
                "{said:?}"
            );
        }
    }
}
