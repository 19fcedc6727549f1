//! A bar with the time left, for anything that takes longer than two seconds; a line per stage where no terminal is.

use crate::printer::{self, Printer};
use crate::stop;
use howship_study::Observer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// When the program started: the one clock of all that is told.
static STARTED: OnceLock<Instant> = OnceLock::new();

/// Starts the clock; later calls change nothing.
pub(crate) fn start_clock() {
    STARTED.get_or_init(Instant::now);
}

fn since_start() -> Duration {
    STARTED.get_or_init(Instant::now).elapsed()
}

/// Work that nobody has to be told about.
const QUIET: Duration = Duration::from_secs(2);
const STEPS: u64 = 1000;
/// Share of the whole from which on the rest is foretold: earlier the guess is worth nothing.
const FORETELL: f64 = 0.15;

/// How the work is told.
#[derive(Clone, Copy, PartialEq)]
enum Telling {
    /// A bar that is drawn again and again.
    Bar,
    /// A line at the start of each stage: into a log.
    Lines,
    /// Nothing.
    Silent,
}

/// Shows the share of the whole that is done, and passes Ctrl-C on.
pub(crate) struct Progress {
    bar: ProgressBar,
    telling: Telling,
    started: Instant,
    state: Arc<Mutex<State>>,
    stages: &'static [(&'static str, f64)],
    /// Ends the wait for the moment from which on stages are told.
    ended: Option<Sender<()>>,
}

#[derive(Default)]
struct State {
    shown: bool,
    /// How many of the stages were told.
    told: usize,
    stages: Vec<(String, Instant)>,
}

/// Stages of the main job and where in the whole they start: between what `bench speed` took for the pair of the
/// phantom (registration and remodelling are longest) and `compare` for a pair of a real joint (erosions are, by far).
const STAGES: [(&str, f64); 7] = [
    ("reading", 0.0),
    ("bones", 0.02),
    ("registration", 0.1),
    ("erosions", 0.28),
    ("remodelling", 0.72),
    ("figures", 0.9),
    ("writing", 0.97),
];

/// The same of films: joints are measured and compared one after the other in what is called registration.
const STAGES_OF_FILMS: [(&str, f64); 5] = [
    ("reading", 0.0),
    ("joints", 0.05),
    ("registration", 0.2),
    ("figures", 0.93),
    ("writing", 0.99),
];

/// The same of films that are made: of visits, then repeated ones, then what these differ by.
const STAGES_OF_MADE_FILMS: [(&str, f64); 3] = [
    ("making films", 0.0),
    ("repeating films", 0.4),
    ("precision", 0.95),
];

impl Progress {
    pub(crate) fn new(printer: &Printer) -> Self {
        Self::with(printer, &STAGES)
    }

    /// Of films that are made with their precision, to be compared then.
    pub(crate) fn of_made_films(printer: &Printer) -> Self {
        Self::with(printer, &STAGES_OF_MADE_FILMS)
    }

    /// Of a comparison of films.
    pub(crate) fn of_films(printer: &Printer) -> Self {
        Self::with(printer, &STAGES_OF_FILMS)
    }

    fn with(printer: &Printer, stages: &'static [(&'static str, f64)]) -> Self {
        let telling = match (printer.is_quiet(), printer.draws_progress()) {
            (true, _) => Telling::Silent,
            (false, true) => Telling::Bar,
            (false, false) => Telling::Lines,
        };
        let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::hidden());
        if let Ok(style) =
            ProgressStyle::with_template("{msg:<14} [{bar:32}] {percent:>3} %  {prefix}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        let state = Arc::new(Mutex::new(State::default()));
        Self {
            ended: (telling == Telling::Lines).then(|| tell_later(&state)),
            bar,
            telling,
            started: Instant::now(),
            state,
            stages,
        }
    }

    /// Share of a list of steps that have no name of their own in the main job.
    pub(crate) fn step(&self, what: &str, done: usize, of: usize) {
        self.show(what, done as f64 / of.max(1) as f64);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
        // Nothing is told of work that is done.
        if let Ok(mut state) = self.state.lock() {
            state.told = state.stages.len();
        }
    }

    /// Seconds from each stage's first report to the next one's.
    pub(crate) fn stage_seconds(&self) -> Vec<(String, f64)> {
        let Ok(state) = self.state.lock() else {
            return Vec::new();
        };
        let ends = state.stages.iter().skip(1).map(|(_, at)| *at);
        let ends = ends.chain([Instant::now()]);
        state
            .stages
            .iter()
            .zip(ends)
            .map(|((name, at), end)| (name.clone(), (end - *at).as_secs_f64()))
            .collect()
    }

    fn show(&self, what: &str, share: f64) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        let begins = state.stages.iter().all(|(name, _)| name != what);
        if begins {
            state.stages.push((what.to_owned(), Instant::now()));
        }
        match self.telling {
            Telling::Lines if begins && since_start() > QUIET => tell(&mut state),
            Telling::Lines | Telling::Silent => {}
            Telling::Bar => self.draw(&mut state, what, share.clamp(0.0, 1.0)),
        }
    }

    fn draw(&self, state: &mut State, what: &str, share: f64) {
        self.bar.set_message(what.to_owned());
        let position = (share * STEPS as f64) as u64;
        self.bar.set_position(position.max(self.bar.position()));
        self.bar.set_prefix(left(self.started.elapsed(), share));
        if !state.shown && self.started.elapsed() > QUIET {
            state.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            // What was set before is drawn, also where the next report is far.
            self.bar.tick();
        }
    }
}

/// A line for the stage that runs, once.
fn tell(state: &mut State) {
    if let Some(text) = line_of(state, *STARTED.get_or_init(Instant::now)) {
        printer::line(&text);
    }
}

/// What is said of the stage that runs, with the time since the program's start at which it began; none where it was
/// said.
fn line_of(state: &mut State, start: Instant) -> Option<String> {
    if state.told == state.stages.len() {
        return None;
    }
    state.told = state.stages.len();
    let (name, began) = state.stages.last()?;
    let after = duration(began.saturating_duration_since(start));
    Some(format!("{name} (after {after})"))
}

/// Tells the stage that runs when the work has taken a while; those after it are told as they begin.
fn tell_later(state: &Arc<Mutex<State>>) -> Sender<()> {
    let (ended, end) = channel();
    let state = Arc::clone(state);
    std::thread::spawn(move || {
        let wait = QUIET.saturating_sub(since_start());
        if end.recv_timeout(wait) == Err(RecvTimeoutError::Timeout)
            && let Ok(mut state) = state.lock()
        {
            tell(&mut state);
        }
    });
    ended
}

/// How much longer it may take, no more precisely than is known; nothing while that is guesswork.
fn left(elapsed: Duration, share: f64) -> String {
    if share < FORETELL {
        return String::new();
    }
    let seconds = elapsed.as_secs_f64() * (1.0 - share) / share;
    match seconds {
        s if s < 8.0 => "a few seconds left".to_owned(),
        // To ten seconds, then to minutes.
        s if s < 85.0 => format!("about {:.0} s left", (s / 10.0).ceil() * 10.0),
        s => format!("about {:.0} min left", (s / 60.0).ceil()),
    }
}

fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

impl Observer for Progress {
    fn progress(&self, stage: &str, share: f64) {
        let whole = self
            .stages
            .iter()
            .position(|(name, _)| *name == stage)
            .map_or(share, |at| {
                let start = self.stages[at].1;
                let end = self.stages.get(at + 1).map_or(1.0, |(_, next)| *next);
                start + (end - start) * share.clamp(0.0, 1.0)
            });
        self.show(stage, whole);
    }

    fn wants_stop(&self) -> bool {
        stop::wanted()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
        drop(self.ended.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_foretold_no_more_precisely_than_it_is_known() {
        let after = |seconds, share| left(Duration::from_secs(seconds), share);
        assert_eq!(after(30, 0.05), "", "too early to say");
        assert_eq!(after(30, 0.5), "about 30 s left");
        assert_eq!(after(31, 0.5), "about 40 s left");
        assert_eq!(after(300, 0.5), "about 5 min left");
        assert_eq!(after(90, 0.97), "a few seconds left");
        assert_eq!(duration(Duration::from_secs(135)), "2 min 15 s");
    }

    #[test]
    fn every_stage_is_told_once_by_the_clock_of_the_program() {
        let start = Instant::now();
        let mut state = State::default();
        let mut begin = |name: &str, seconds: u64| {
            let at = start + Duration::from_secs(seconds);
            state.stages.push((name.to_owned(), at));
            let told = line_of(&mut state, start);
            assert_eq!(line_of(&mut state, start), None);
            told.unwrap()
        };
        assert_eq!(begin("making films", 0), "making films (after 0 s)");
        assert_eq!(begin("reading", 26), "reading (after 26 s)");
        assert_eq!(
            begin("registration", 150),
            "registration (after 2 min 30 s)"
        );
    }
}
