//! Which visit a day belongs to.

use serde::{Deserialize, Serialize};

/// Days that count as one visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VisitWindow {
    /// Name of the visit.
    pub visit: String,
    /// Its nominal day since baseline.
    pub day: f64,
    /// How many days a film may be early.
    pub before: f64,
    /// How many days it may be late.
    pub after: f64,
}

/// Which of a subject's days in one window stands for the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InWindow {
    /// The nearest to the nominal day; the earlier of two that are equally near.
    #[default]
    Nearest,
    /// The first.
    First,
    /// The last.
    Last,
}

/// Windows of visits that do not overlap.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct VisitWindows {
    windows: Vec<VisitWindow>,
    /// Which day counts where a window holds several.
    pub rule: InWindow,
}

/// How far days may be from what visits' names say before the names are no longer believed.
///
/// 45 days is half of the quarter of a year by which visits of trials are commonly apart; a quarter of the nominal time
/// lets yearly visits drift by three months. Both are conventions of ours, not of a guideline: `--window` states a
/// study's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelTolerance {
    /// Days at least.
    pub days: f64,
    /// Share of the nominal time since baseline at least.
    pub share: f64,
}

impl Default for LabelTolerance {
    fn default() -> Self {
        Self {
            days: 45.0,
            share: 0.25,
        }
    }
}

impl LabelTolerance {
    /// Days by which a visit at this nominal day may be early or late.
    #[must_use]
    pub fn at(&self, day: f64) -> f64 {
        self.days.max(self.share * day.abs())
    }
}

impl VisitWindow {
    /// Reads `M6=90` (90 days either way of the day that the name tells), `M6=30:90` (30 early, 90 late) and
    /// `V2@365=60` (a visit whose name tells no day).
    ///
    /// # Errors
    /// What is wrong with it, and how it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        const FORM: &str = "write NAME=DAYS, NAME=EARLY:LATE or NAME@DAY=DAYS, as in `M6=90`, `M6=30:90`, `V2@365=60`";
        let (name, span) = text.rsplit_once('=').ok_or_else(|| FORM.to_owned())?;
        let (visit, day) = match name.rsplit_once('@') {
            Some((visit, day)) => (visit.trim(), number(day)?),
            None => {
                let day = super::visit_names::days_of_name(name.trim())
                    .ok_or_else(|| format!("`{}` tells no day; {FORM}", name.trim()))?;
                (name.trim(), day)
            }
        };
        let (before, after) = match span.split_once(':') {
            Some((before, after)) => (number(before)?, number(after)?),
            None => (number(span)?, number(span)?),
        };
        Self::new(visit, day, before, after)
    }

    /// A window from its numbers.
    ///
    /// # Errors
    /// No name, a day that is no number, or days early or late below 0.
    pub fn new(visit: &str, day: f64, before: f64, after: f64) -> Result<Self, String> {
        if visit.is_empty() {
            return Err("a window needs the name of its visit".to_owned());
        }
        if !(day.is_finite()
            && before >= 0.0
            && after >= 0.0
            && before.is_finite()
            && after.is_finite())
        {
            return Err(format!(
                "window of `{visit}`: days early and late are numbers of 0 or more"
            ));
        }
        Ok(Self {
            visit: visit.to_owned(),
            day,
            before,
            after,
        })
    }

    fn holds(&self, day: f64) -> bool {
        (self.day - self.before..=self.day + self.after).contains(&day)
    }

    /// As in `M6: day 183, 90 early to 90 late`.
    #[must_use]
    pub fn words(&self) -> String {
        format!(
            "{}: day {:.0}, {} early to {} late",
            self.visit, self.day, self.before, self.after
        )
    }
}

fn number(text: &str) -> Result<f64, String> {
    let text = text.trim();
    text.parse()
        .map_err(|_| format!("`{text}` is no number of days"))
}

impl VisitWindows {
    /// Windows in order of time.
    ///
    /// # Errors
    /// Two of one name, or two that overlap.
    pub fn new(mut windows: Vec<VisitWindow>, rule: InWindow) -> Result<Self, String> {
        windows.sort_by(|a, b| a.day.total_cmp(&b.day));
        for pair in windows.windows(2) {
            if pair[0].visit.eq_ignore_ascii_case(&pair[1].visit) {
                return Err(format!("`{}` has two windows", pair[0].visit));
            }
            if pair[0].day + pair[0].after >= pair[1].day - pair[1].before {
                return Err(format!(
                    "the windows of `{}` and `{}` overlap: a day in both would belong to two visits",
                    pair[0].visit, pair[1].visit
                ));
            }
        }
        Ok(Self { windows, rule })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// The windows in order of time.
    #[must_use]
    pub fn list(&self) -> &[VisitWindow] {
        &self.windows
    }

    /// The window of a visit by its name.
    pub(super) fn of(&self, visit: &str) -> Option<&VisitWindow> {
        let mut all = self.windows.iter();
        all.find(|w| w.visit.eq_ignore_ascii_case(visit))
    }

    /// The window that a day lies in.
    pub(super) fn at(&self, day: f64) -> Option<usize> {
        self.windows.iter().position(|w| w.holds(day))
    }

    /// The day of several in one window that stands for the visit. The days rise.
    pub(super) fn chosen(&self, window: usize, days: &[f64]) -> Option<f64> {
        let nominal = self.windows.get(window)?.day;
        match self.rule {
            InWindow::First => days.first().copied(),
            InWindow::Last => days.last().copied(),
            InWindow::Nearest => {
                let far = |d: &&f64| (**d - nominal).abs();
                days.iter()
                    .min_by(|a, b| far(a).total_cmp(&far(b)))
                    .copied()
            }
        }
    }

    /// The rule in words, for the record.
    pub(super) fn words(&self) -> String {
        let rule = match self.rule {
            InWindow::Nearest => "the nearest to the nominal day counts",
            InWindow::First => "the first counts",
            InWindow::Last => "the last counts",
        };
        let all: Vec<String> = self.windows.iter().map(VisitWindow::words).collect();
        format!(
            "visits by windows ({}); of several days in one, {rule}",
            all.join("; ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_and_do_not_overlap() {
        let m6 = VisitWindow::parse("M6=90").unwrap();
        assert_eq!((m6.day, m6.before, m6.after), (182.625, 90.0, 90.0));
        let v2 = VisitWindow::parse("V2@365=30:60").unwrap();
        assert_eq!(
            (v2.visit.as_str(), v2.day, v2.before, v2.after),
            ("V2", 365.0, 30.0, 60.0)
        );
        for bad in ["M6", "V2=30", "M6=x", "=3", "M6=-1", "V@x=1"] {
            assert!(VisitWindow::parse(bad).is_err(), "{bad}");
        }
        let rule = InWindow::Nearest;
        assert!(VisitWindows::new(vec![m6.clone(), m6.clone()], rule).is_err());
        let m9 = VisitWindow::parse("M9=10").unwrap();
        assert!(
            VisitWindows::new(vec![m9, m6.clone()], rule)
                .unwrap_err()
                .contains("overlap")
        );
        let all = VisitWindows::new(vec![v2, m6], rule).unwrap();
        assert_eq!(
            (all.at(100.0), all.at(300.0), all.at(335.0)),
            (Some(0), None, Some(1))
        );
    }

    #[test]
    fn one_day_of_a_window_counts() {
        let make =
            |rule| VisitWindows::new(vec![VisitWindow::parse("M6=90").unwrap()], rule).unwrap();
        let days = [120.0, 180.0, 240.0];
        assert_eq!(make(InWindow::Nearest).chosen(0, &days), Some(180.0));
        assert_eq!(make(InWindow::First).chosen(0, &days), Some(120.0));
        assert_eq!(make(InWindow::Last).chosen(0, &days), Some(240.0));
    }
}
