/// How a dose is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// Under the skin.
    Subcutaneous,
    /// Into a vein.
    Intravenous,
    /// By mouth.
    Oral,
    /// Into a muscle.
    Intramuscular,
}

impl Route {
    /// As records write it.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::Subcutaneous => "s.c.",
            Self::Intravenous => "i.v.",
            Self::Intramuscular => "i.m.",
            Self::Oral => "p.o.",
        }
    }
}

/// A course of one drug, times in days from baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Drug, as in the catalogue.
    pub drug: &'static str,
    /// One dose, mg.
    pub dose: f64,
    /// How.
    pub route: Route,
    /// Days between doses.
    pub interval: f64,
    /// First dose.
    pub start: f64,
    /// No dose from here on; none: it goes on.
    pub stop: Option<f64>,
    /// Extra first doses, days after the start (infliximab: 14, 42; then every `interval` after the last).
    pub loading: Vec<f64>,
    /// Chance that a dose is missed, 0 to 1.
    pub missed: f64,
    /// Spans without doses, from and to.
    pub pauses: Vec<[f64; 2]>,
    /// Name of the parameter set.
    pub set: Option<&'static str>,
}

/// One dose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dose {
    /// Days from baseline.
    pub time: f64,
    /// mg.
    pub amount: f64,
    /// How.
    pub route: Route,
}

/// Every dose of a course before `horizon`; `missing` says of each planned dose, in order, whether it is missed.
pub fn doses(course: &Course, horizon: f64, mut missing: impl FnMut() -> bool) -> Vec<Dose> {
    let end = course.stop.unwrap_or(f64::INFINITY).min(horizon);
    let mut planned = vec![0.0];
    planned.extend(course.loading.iter().copied());
    let last = planned.last().copied().unwrap_or(0.0);
    let mut given = Vec::new();
    let mut give = |time: f64| {
        let paused = course.pauses.iter().any(|p| time >= p[0] && time < p[1]);
        // The stream of chances is drawn for paused doses as well, so that a pause moves no later chance.
        let missed = course.missed > 0.0 && missing();
        if !paused && !missed {
            given.push(Dose {
                time,
                amount: course.dose,
                route: course.route,
            });
        }
    };
    for offset in planned {
        if course.start + offset < end {
            give(course.start + offset);
        }
    }
    let mut n = 1.0;
    while course.start + last + n * course.interval < end {
        give(course.start + last + n * course.interval);
        n += 1.0;
    }
    given
}
