//! A bar with the time left, for anything that takes longer than two seconds.

use crate::printer::Printer;
use crate::stop;
use howship_study::Observer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Work that nobody has to be told about.
const QUIET: Duration = Duration::from_secs(2);
const STEPS: u64 = 1000;

/// Shows the share of the whole that is done, and passes Ctrl-C on.
pub(crate) struct Progress {
    bar: ProgressBar,
    drawn: bool,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    shown: bool,
    stages: Vec<(String, Instant)>,
}

/// Stages of the main job and where in the whole they start; shares measured on the demo series.
const STAGES: [(&str, f64); 7] = [
    ("reading", 0.0),
    ("bones", 0.08),
    ("registration", 0.20),
    ("erosions", 0.50),
    ("remodelling", 0.66),
    ("figures", 0.80),
    ("writing", 0.95),
];

impl Progress {
    pub(crate) fn new(printer: &Printer) -> Self {
        let drawn = printer.draws_progress();
        let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::hidden());
        if let Ok(style) =
            ProgressStyle::with_template("{msg:<14} [{bar:32}] {percent:>3} %  {eta} left")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        Self {
            bar,
            drawn,
            started: Instant::now(),
            state: Mutex::new(State::default()),
        }
    }

    /// Share of a list of steps that have no name of their own in the main job.
    pub(crate) fn step(&self, what: &str, done: usize, of: usize) {
        self.show(what, done as f64 / of.max(1) as f64);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
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
        if state.stages.iter().all(|(name, _)| name != what) {
            state.stages.push((what.to_owned(), Instant::now()));
        }
        if !self.drawn {
            return;
        }
        self.bar.set_message(what.to_owned());
        let position = (share.clamp(0.0, 1.0) * STEPS as f64) as u64;
        self.bar.set_position(position.max(self.bar.position()));
        if !state.shown && self.started.elapsed() > QUIET {
            state.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Observer for Progress {
    fn progress(&self, stage: &str, share: f64) {
        let whole = STAGES
            .iter()
            .position(|(name, _)| *name == stage)
            .map_or(share, |at| {
                let start = STAGES[at].1;
                let end = STAGES.get(at + 1).map_or(1.0, |(_, next)| *next);
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
        self.bar.finish_and_clear();
    }
}
