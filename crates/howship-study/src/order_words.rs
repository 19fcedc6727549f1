//! What the names of images say of their order in words that name no visit: `W24`, `baseline`, `20230705`, `scan2`.

use crate::dated::{Dated, plausible};
use crate::{Error, file_name};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How a name counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Clock {
    /// Days of a calendar.
    Date,
    Day,
    Week,
    Month,
    Year,
    /// Visits, scans, points of time by number.
    Number,
    /// 0 before, 1 after.
    Stage,
}

/// What a name says, each clock at most once.
type Said = BTreeMap<Clock, f64>;

/// Words that stand with a number.
const COUNTED: [(&str, Clock); 22] = [
    ("d", Clock::Day),
    ("day", Clock::Day),
    ("w", Clock::Week),
    ("wk", Clock::Week),
    ("week", Clock::Week),
    ("weeks", Clock::Week),
    ("m", Clock::Month),
    ("mo", Clock::Month),
    ("mth", Clock::Month),
    ("month", Clock::Month),
    ("months", Clock::Month),
    ("y", Clock::Year),
    ("yr", Clock::Year),
    ("year", Clock::Year),
    ("v", Clock::Number),
    ("visit", Clock::Number),
    ("scan", Clock::Number),
    ("t", Clock::Number),
    ("tp", Clock::Number),
    ("timepoint", Clock::Number),
    ("fu", Clock::Number),
    ("followup", Clock::Number),
];

const BEFORE: [&str; 9] = [
    "baseline",
    "base",
    "bl",
    "pre",
    "before",
    "screening",
    "scr",
    "initial",
    "start",
];
const AFTER: [&str; 8] = [
    "followup", "follow", "fu", "post", "after", "final", "end", "last",
];

/// Holds what the names say against the order in which the images stand.
///
/// Where every name counts by one clock, its counts must not fall; an image that is named as the first must not stand
/// after one that is not. Of visits that the user states (`--visits`) that is a warning only. Where neither visits, dates
/// nor names tell, it is said that the order is taken as given.
///
/// # Errors
/// Two images in the wrong order.
pub(crate) fn by_words(images: &[Dated<'_>], stated: bool) -> Result<Vec<String>, Error> {
    let said: Vec<Said> = images.iter().map(|i| said_by_path(i.path)).collect();
    let Some((first, second, words)) = backwards(&said) else {
        let told = stated || images.len() < 2 || is_told(images, &said);
        return Ok(if told {
            Vec::new()
        } else {
            vec![as_given(images)]
        });
    };
    let reason = format!("by their names the second is the earlier one ({words})");
    if stated {
        return Ok(vec![format!(
            "`{}` and `{}`: {reason}; taken as `--visits` says",
            file_name(images[first].path),
            file_name(images[second].path)
        )]);
    }
    Err(Error::Order {
        first: images[first].path.to_owned(),
        second: images[second].path.to_owned(),
        reason,
        advice: "give the images in the order of time, baseline first; where the names mean something else, state the visits (`--visits M0,M6`)",
    })
}

fn as_given(images: &[Dated<'_>]) -> String {
    let first = images.first().map_or(Path::new(""), |i| i.path);
    format!(
        "neither names nor dates tell which image is the earlier one: `{}` is taken for the baseline, because it is named \
         first; were it the later one, healing and progressing would be exchanged (`--visits M0,M6` states them)",
        file_name(first)
    )
}

/// Whether anything tells the order of first and last image.
fn is_told(images: &[Dated<'_>], said: &[Said]) -> bool {
    let all = |known: &dyn Fn(&Dated<'_>) -> bool| images.iter().all(known);
    let clock = |c: &Clock| {
        let counts: Option<Vec<f64>> = said.iter().map(|s| s.get(c).copied()).collect();
        counts.is_some_and(|n| n.windows(2).any(|pair| pair[0] < pair[1]))
    };
    all(&|i| i.visit.days.is_some())
        || all(&|i| i.date.is_some_and(plausible))
        || said.iter().flat_map(BTreeMap::keys).any(clock)
        || said.first().is_some_and(is_first)
        || said
            .last()
            .is_some_and(|s| s.get(&Clock::Stage) == Some(&1.0))
}

fn is_first(said: &Said) -> bool {
    said.get(&Clock::Stage) == Some(&0.0)
}

/// Two images that stand the wrong way round, and by what.
fn backwards(said: &[Said]) -> Option<(usize, usize, &'static str)> {
    let pairs = || (1..said.len()).map(|i| (i - 1, i));
    for (clock, words) in [
        (Clock::Date, "dates"),
        (Clock::Day, "days"),
        (Clock::Week, "weeks"),
        (Clock::Month, "months"),
        (Clock::Year, "years"),
        (Clock::Number, "numbers"),
        (Clock::Stage, "words such as baseline and follow-up"),
    ] {
        let counts: Option<Vec<f64>> = said.iter().map(|s| s.get(&clock).copied()).collect();
        let Some(counts) = counts else { continue };
        if counts.windows(2).all(|pair| pair[0] == pair[1]) {
            continue;
        }
        // The first clock that tells them apart decides.
        let found = pairs().find(|&(a, b)| counts[b] < counts[a]);
        return found.map(|(a, b)| (a, b, words));
    }
    let first = said.iter().position(is_first)?;
    (first > 0 && !is_first(&said[0])).then_some((0, first, "a word such as baseline"))
}

/// The file's name, or else its folder's.
fn said_by_path(path: &Path) -> Said {
    let own = said(&file_name(path));
    if !own.is_empty() {
        return own;
    }
    let folder = path.parent().and_then(Path::file_name).map(PathBuf::from);
    folder.map(|f| said(&file_name(&f))).unwrap_or_default()
}

fn said(name: &str) -> Said {
    let stem = name.split('.').next().unwrap_or_default().to_lowercase();
    let parts: Vec<&str> = stem
        .split(|c: char| !c.is_alphanumeric())
        .filter(|p| !p.is_empty())
        .collect();
    let (mut found, mut twice) = (Said::new(), Vec::new());
    let mut put = |clock: Clock, count: f64| {
        if found.insert(clock, count).is_some_and(|old| old != count) {
            twice.push(clock);
        }
    };
    for (i, part) in parts.iter().enumerate() {
        if let Some(days) = date(&parts[i..]) {
            put(Clock::Date, days);
        }
        if let Some((clock, count)) = counted(part, parts.get(i + 1).copied()) {
            put(clock, count);
        } else if BEFORE.contains(part) {
            put(Clock::Stage, 0.0);
        } else if AFTER.contains(part) {
            put(Clock::Stage, 1.0);
        }
    }
    for clock in twice {
        found.remove(&clock);
    }
    found
}

/// `20230705`, `2023 07 05` or `2023 07` at the start of a name's parts, in days of no calendar's exactness.
fn date(parts: &[&str]) -> Option<f64> {
    let digits = |p: &str| p.bytes().all(|b| b.is_ascii_digit());
    let first = parts.first().filter(|p| digits(p))?;
    let part = |i: usize| parts.get(i).filter(|p| p.len() == 2 && digits(p)).copied();
    let (year, month, day) = match first.len() {
        8 => (first.get(..4)?, first.get(4..6)?, first.get(6..)?),
        4 => (*first, part(1)?, part(2).unwrap_or("01")),
        _ => return None,
    };
    let [year, month, day] = [year, month, day].map(|t| t.parse::<f64>().unwrap_or(0.0));
    let plausible = (1970.0..2100.0).contains(&year)
        && (1.0..=12.0).contains(&month)
        && (1.0..=31.0).contains(&day);
    plausible.then_some(372.0 * year + 31.0 * month + day)
}

/// `w24`, `24w`, or `week` before `24`.
fn counted(part: &str, next: Option<&str>) -> Option<(Clock, f64)> {
    let clock = |word: &str| COUNTED.iter().find(|c| c.0 == word).map(|c| c.1);
    let number = |text: &str| {
        let short = text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<f64>().ok().filter(|_| short)
    };
    if let Some(start) = part.find(|c: char| c.is_ascii_digit()) {
        let (word, rest) = part.split_at(start);
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        return match (word, after) {
            ("", unit) => Some((clock(unit)?, number(digits)?)),
            (word, "") => Some((clock(word)?, number(digits)?)),
            _ => None,
        };
    }
    // A single letter before a number may be anything.
    let word = clock(part).filter(|_| part.len() > 1)?;
    Some((word, number(next?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_change::Visit;

    fn check(names: &[&str], stated: bool) -> Result<Vec<String>, Error> {
        let visits = Visit::unnamed(names.len());
        let images: Vec<Dated<'_>> = names
            .iter()
            .zip(&visits)
            .map(|(name, visit)| Dated {
                path: Path::new(name),
                visit,
                date: None,
            })
            .collect();
        by_words(&images, stated)
    }

    const FORWARDS: [[&str; 2]; 13] = [
        ["scan_20230105.nii.gz", "scan_20230705.nii.gz"],
        ["W0.nii", "W24.nii"],
        ["P1_baseline.nii", "P1_M6.nii"],
        ["BL.nii", "M24.nii"],
        ["baseline.nii", "followup.nii"],
        ["pre.nii", "post.nii"],
        ["V1.nii", "V2.nii"],
        ["scan1.nii", "scan2.nii"],
        ["S12_2022_07_05.nii", "S12_2023_01_05.nii"],
        ["P7_2023-01.nii", "P7_2023-07.nii"],
        ["M2_2023-01-05.nii", "M2_2023-07-05.nii"],
        ["week 4/x.nii", "week 52/x.nii"],
        ["joint_6m.nii", "joint_12m.nii"],
    ];

    #[test]
    fn names_that_run_backwards_are_refused_and_forwards_pass() {
        for [early, late] in FORWARDS {
            assert_eq!(check(&[early, late], false).unwrap(), Vec::<String>::new());
            let error = check(&[late, early], false).unwrap_err().to_string();
            assert!(error.contains("earlier"), "{error}");
            assert_eq!(check(&[late, early], true).unwrap().len(), 1);
        }
    }

    /// What differs in a name may be anything; then the order is taken as given, and that is said.
    #[test]
    fn names_that_say_nothing_are_said_to() {
        for names in [
            ["left.nii", "right.nii"],
            ["a.nii", "b.nii"],
            ["S2.nii", "S1.nii"],
        ] {
            assert_eq!(check(&names, false).unwrap().len(), 1, "{names:?}");
            assert!(check(&names, true).unwrap().is_empty());
        }
        assert!(check(&["one.nii"], false).unwrap().is_empty());
    }

    #[test]
    fn three_visits_and_a_name_that_counts_twice() {
        assert!(check(&["v1.nii", "v3.nii", "v2.nii"], false).is_err());
        assert!(check(&["v1.nii", "v2.nii", "v3.nii"], false).is_ok());
        // Two numbers of one kind in a name tell nothing.
        assert_eq!(said("v1_v2.nii"), Said::new());
    }
}
