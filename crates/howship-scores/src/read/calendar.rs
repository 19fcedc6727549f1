//! Dates as tables write them.

use crate::Reason;
use std::fmt;

/// A day, or the middle of a month of which the day is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date {
    /// Days since 1970-01-01.
    pub(super) day: i32,
    /// The day is not known: it is taken as the 15th, right to [`MONTH_ERROR`] days.
    pub(super) month_only: bool,
}

/// How far the 15th can be from any other day of its month.
pub(super) const MONTH_ERROR: u32 = 16;

/// What a count of days counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateNumbers {
    /// Excel's serial numbers: 1 is 1900-01-01, and 1900 has a 29 February.
    Excel,
    /// Excel's serial numbers of workbooks with the epoch of 1904.
    Excel1904,
    /// SAS: 0 is 1960-01-01.
    Sas,
    /// R, Python and Unix: 0 is 1970-01-01.
    Unix,
}

impl DateNumbers {
    /// Days from its zero to 1970-01-01. Excel's is right from 1900-03-01 on, behind the day that never was.
    fn zero(self) -> i32 {
        match self {
            Self::Excel => -25_569,
            Self::Excel1904 => -24_107,
            Self::Sas => -3_653,
            Self::Unix => 0,
        }
    }
}

/// Which of two numbers before the year is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// `01/03/2021` is 1 March.
    DayFirst,
    /// `01/03/2021` is 3 January.
    MonthFirst,
}

/// How a column's dates are read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DateReader {
    numbers: Option<DateNumbers>,
    order: Option<DateOrder>,
}

/// Why a word is no date, or may be two.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum NoDate {
    /// Nothing that looks like one.
    Other,
    /// A year alone.
    Year,
    /// What is wrong, what to do.
    Wrong(Reason),
}

impl NoDate {
    /// What is wrong, where a date must stand.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Other => ("is no date", "write it as in `2021-03-01`").into(),
            Self::Year => (
                "is a year alone, which is right to half a year only",
                "give at least the month",
            )
                .into(),
            Self::Wrong(reason) => reason.clone(),
        }
    }
}

impl DateReader {
    /// A reader for these words: where day and month can be told in one of them, they can in all.
    pub(super) fn new<'t>(
        numbers: Option<DateNumbers>,
        order: Option<DateOrder>,
        words: impl Iterator<Item = &'t str>,
    ) -> Self {
        if order.is_some() {
            return Self { numbers, order };
        }
        let mut seen = [false; 2];
        for (a, b) in words.filter_map(slashed).map(|(a, b, _)| (a, b)) {
            seen[0] |= a > 12 && b <= 12;
            seen[1] |= b > 12 && a <= 12;
        }
        let order = match seen {
            [true, false] => Some(DateOrder::DayFirst),
            [false, true] => Some(DateOrder::MonthFirst),
            _ => None,
        };
        Self { numbers, order }
    }

    /// A date in any of the spellings: `2021-03-01`, with a time or without, `20210301`, `2021/03/01`, `01.03.2021`,
    /// `01/03/2021` and `01-03-2021` where the order is known, `01MAR2021`, `1 March 2021`, `March 1, 2021`, `2021-03` and `MAR2021`;
    /// days as a number where it is said from when.
    pub(super) fn read(&self, word: &str) -> Result<Date, NoDate> {
        let word = without_time(word.trim());
        if let Ok(number) = word.parse::<f64>() {
            return self.of_number(word, number);
        }
        if let Some((a, b, year)) = slashed(word) {
            return self.of_slashed(word, a, b, year);
        }
        let parts = parts(word);
        use Part::{Month, Number};
        let found = match parts.as_slice() {
            [Number(y, 4), Number(m, 1..=2), Number(d, 1..=2)] => exact(*y, *m, *d),
            [Number(d, 1..=2), Number(m, 1..=2), Number(y, 4)] => exact(*y, *m, *d),
            [Number(d, 1..=2), Month(m), Number(y, 4)]
            | [Month(m), Number(d, 1..=2), Number(y, 4)] => exact(*y, *m, *d),
            [Number(y, 4), Month(m), Number(d, 1..=2)] => exact(*y, *m, *d),
            [Number(y, 4), Number(m, 1..=2)] | [Number(m, 1..=2), Number(y, 4)] => middle(*y, *m),
            [Month(m), Number(y, 4)] | [Number(y, 4), Month(m)] => middle(*y, *m),
            [Number(_, 1..=2), Month(_), Number(_, 2)]
            | [Number(_, 1..=2), Number(_, 1..=2), Number(_, 2)] => {
                let reason = (
                    "has a year of two digits, which may be of two centuries",
                    "write four",
                );
                return Err(NoDate::Wrong(reason.into()));
            }
            _ => return Err(NoDate::Other),
        };
        found.ok_or_else(|| NoDate::Wrong("is no day of the calendar".into()))
    }

    fn of_slashed(&self, word: &str, a: u32, b: u32, year: u32) -> Result<Date, NoDate> {
        let order = match (self.order, a > 12, b > 12) {
            (Some(order), ..) => order,
            (None, true, false) => DateOrder::DayFirst,
            (None, false, true) => DateOrder::MonthFirst,
            (None, ..) if a == b => DateOrder::DayFirst,
            (None, ..) => {
                let both = [exact(year, b, a), exact(year, a, b)]
                    .map(|d| d.map_or_else(String::new, |d| d.to_string()));
                let reason = (
                    format!(
                        "may be {} or {}: no date of the column tells",
                        both[0], both[1]
                    ),
                    format!(
                        "say `date_order = \"day-first\"` or `\"month-first\"` in a mapping (`--columns`), or write `{}`",
                        both[0]
                    ),
                );
                return Err(NoDate::Wrong(reason.into()));
            }
        };
        let found = match order {
            DateOrder::DayFirst => exact(year, b, a),
            DateOrder::MonthFirst => exact(year, a, b),
        };
        found.ok_or_else(|| {
            let said = match order {
                DateOrder::DayFirst => "day first",
                DateOrder::MonthFirst => "month first",
            };
            NoDate::Wrong(
                format!("is no day of the calendar with the {said}, as `{word}` is read").into(),
            )
        })
    }

    fn of_number(&self, word: &str, number: f64) -> Result<Date, NoDate> {
        let whole = number.trunc();
        if let Some(from) = self.numbers {
            if whole.abs() > 1e6 {
                return Err(NoDate::Wrong("is no number of days of any date".into()));
            }
            return Ok(Date {
                day: whole as i32 + from.zero(),
                month_only: false,
            });
        }
        let digits = word.len() == 8 && word.bytes().all(|b| b.is_ascii_digit());
        if digits {
            let n = whole as u32;
            let found = exact(n / 10_000, n / 100 % 100, n % 100);
            return found.ok_or_else(|| NoDate::Wrong("is no day of the calendar".into()));
        }
        if word.len() == 4 && (1900.0..2100.0).contains(&number) {
            return Err(NoDate::Year);
        }
        if SERIALS.contains(&number) {
            let of = |from: DateNumbers| Date {
                day: whole as i32 + from.zero(),
                month_only: false,
            };
            let reason = (
                format!(
                    "is a count of days that may be {} (Excel) or {} (SAS), or another",
                    of(DateNumbers::Excel),
                    of(DateNumbers::Sas)
                ),
                "say `date_numbers = \"excel\"` (or `\"excel1904\"`, `\"sas\"`, `\"unix\"`) in a mapping (`--columns`)",
            );
            return Err(NoDate::Wrong(reason.into()));
        }
        Err(NoDate::Other)
    }
}

/// Counts that are days of 1960 to 2100 by one of the epochs in use.
pub(super) const SERIALS: std::ops::Range<f64> = 7_000.0..80_000.0;

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.day);
        if self.month_only {
            write!(f, "{year:04}-{month:02}")
        } else {
            write!(f, "{year:04}-{month:02}-{day:02}")
        }
    }
}

/// The date before a time of day, as in `2021-03-01T10:30:00Z` and `01MAR2021:10:30`.
fn without_time(word: &str) -> &str {
    let end = word.find(':').map(|colon| {
        let before = &word[..colon];
        // Hours stand before the first colon, behind `T`, a blank or another colon.
        before
            .rfind(['T', 't', ' '])
            .filter(|&at| before[at + 1..].bytes().all(|b| b.is_ascii_digit()))
            .unwrap_or(colon)
    });
    word[..end.unwrap_or(word.len())].trim()
}

/// `a/b/yyyy` and `a-b-yyyy`; with points the day is first everywhere.
fn slashed(word: &str) -> Option<(u32, u32, u32)> {
    let word = without_time(word.trim());
    let mark = if word.contains('/') { '/' } else { '-' };
    let mut parts = word.split(mark);
    let (a, b, year) = (parts.next()?, parts.next()?, parts.next()?);
    let short = |text: &str| (1..=2).contains(&text.len());
    if parts.next().is_some() || !short(a) || !short(b) || year.len() != 4 {
        return None;
    }
    Some((a.parse().ok()?, b.parse().ok()?, year.parse().ok()?))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// Its value and how many digits.
    Number(u32, usize),
    /// 1 to 12.
    Month(u32),
    Other,
}

/// Runs of digits and of letters; everything else only separates.
fn parts(word: &str) -> Vec<Part> {
    let mut found = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let digit = first.is_ascii_digit();
        let same = |c: char| {
            if digit {
                c.is_ascii_digit()
            } else {
                c.is_alphabetic()
            }
        };
        if !digit && !first.is_alphabetic() {
            let separates = ['-', '.', ' ', ',', '/', '_'].contains(&first);
            if !separates {
                found.push(Part::Other);
            }
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = rest.find(|c: char| !same(c)).unwrap_or(rest.len());
        let run = &rest[..end];
        found.push(match digit {
            true => run
                .parse()
                .map_or(Part::Other, |n| Part::Number(n, run.len())),
            false => month(run).map_or(Part::Other, Part::Month),
        });
        rest = &rest[end..];
    }
    found
}

/// Months by name or by their first letters, in English and German.
fn month(word: &str) -> Option<u32> {
    const NAMES: [(&str, &str); 12] = [
        ("january", "januar"),
        ("february", "februar"),
        ("march", "märz"),
        ("april", "april"),
        ("may", "mai"),
        ("june", "juni"),
        ("july", "juli"),
        ("august", "august"),
        ("september", "september"),
        ("october", "oktober"),
        ("november", "november"),
        ("december", "dezember"),
    ];
    let lower = word.to_lowercase();
    let starts = |name: &str| name.starts_with(&lower);
    if lower.chars().count() < 3 {
        return None;
    }
    let found = NAMES.iter().position(|(a, b)| starts(a) || starts(b));
    let sept = lower == "sept" || lower == "mrz";
    let other = sept.then(|| if lower == "mrz" { 3 } else { 9 });
    found.map(|i| i as u32 + 1).or(other)
}

fn middle(year: u32, month: u32) -> Option<Date> {
    exact(year, month, 15).map(|date| Date {
        month_only: true,
        ..date
    })
}

/// A day of the proleptic Gregorian calendar from 1900 to 2100: no film is older, and no study ends later.
fn exact(year: u32, month: u32, day: u32) -> Option<Date> {
    if !(1900..2100).contains(&year) {
        return None;
    }
    let text = format!("{year:04}-{month:02}-{day:02}");
    let visit = howship_change::Visit::parse(&text).ok()?;
    Some(Date {
        day: visit.days? as i32,
        month_only: false,
    })
}

/// Year, month and day (Hinnant's `civil_from_days`).
fn civil(days: i32) -> (i32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + 400 * era + i32::from(month <= 2);
    (year, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str) -> Result<Date, NoDate> {
        DateReader::default().read(word)
    }

    #[test]
    fn one_day_in_every_spelling() {
        let day = 18_687;
        for word in [
            "2021-03-01",
            "2021-03-01T10:30",
            "2021-03-01T10:30:00Z",
            "2021-03-01 10:30:00",
            "2021/03/01",
            "20210301",
            "01.03.2021",
            "1.3.2021",
            "01MAR2021",
            "1 Mar 2021",
            "01-Mar-2021",
            "01MAR2021:10:30:00",
            "March 1, 2021",
            "1 März 2021",
            "2021 Mar 1",
            "1 march 2021",
        ] {
            let found = read(word).unwrap();
            assert_eq!((found.day, found.month_only), (day, false), "{word}");
            assert_eq!(found.to_string(), "2021-03-01");
        }
    }

    #[test]
    fn months_without_a_day_are_their_middle() {
        for word in ["2021-03", "MAR2021", "Mar 2021", "03-2021", "2021 März"] {
            let found = read(word).unwrap();
            assert_eq!((found.day, found.month_only), (18_687 + 14, true), "{word}");
            assert_eq!(found.to_string(), "2021-03");
        }
    }

    #[test]
    fn what_may_be_two_days_is_refused_by_name() {
        let reason = |word: &str| match read(word) {
            Err(NoDate::Wrong(reason)) => reason.in_full(),
            other => panic!("{word}: {other:?}"),
        };
        assert!(reason("01/03/2021").contains("2021-03-01 or 2021-01-03"));
        assert!(
            reason("44256").contains("2021-03-01 (Excel) or 2081-03-02 (SAS)"),
            "{}",
            reason("44256")
        );
        assert_eq!(read("2021"), Err(NoDate::Year));
        assert!(reason("01MAR21").contains("two digits"));
        for word in [
            "2021-02-30",
            "20210230",
            "31.04.2021",
            "2021-13",
            "13/13/2021",
        ] {
            assert!(matches!(read(word), Err(NoDate::Wrong(_))), "{word}");
        }
        for word in [
            "", "M6", "W24", "12", "0", "Baseline", "visit 2", "V1", "3.5",
        ] {
            assert_eq!(read(word), Err(NoDate::Other), "{word}");
        }
    }

    #[test]
    fn one_date_tells_the_order_of_all() {
        let of = |words: [&'static str; 2]| DateReader::new(None, None, words.into_iter());
        let day = |reader: DateReader| reader.read("01/03/2021").map(|d| d.to_string());
        assert_eq!(
            day(of(["01/03/2021", "25/12/2021"])),
            Ok("2021-03-01".into())
        );
        assert_eq!(
            day(of(["01/03/2021", "12/25/2021"])),
            Ok("2021-01-03".into())
        );
        assert!(day(of(["25/12/2021", "12/25/2021"])).is_err());
        let said = DateReader::new(None, Some(DateOrder::MonthFirst), std::iter::empty());
        assert_eq!(day(said), Ok("2021-01-03".into()));
    }

    #[test]
    fn counts_of_days_by_their_epochs() {
        for (from, number) in [
            (DateNumbers::Excel, "44256"),
            (DateNumbers::Excel, "44256.5"),
            (DateNumbers::Excel1904, "42794"),
            (DateNumbers::Sas, "22340"),
            (DateNumbers::Unix, "18687"),
        ] {
            let reader = DateReader::new(Some(from), None, std::iter::empty());
            let found = reader.read(number).unwrap();
            assert_eq!(found.to_string(), "2021-03-01", "{from:?}");
        }
    }
}
