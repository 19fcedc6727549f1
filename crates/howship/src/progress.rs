//! A bar with the time left, for anything that takes longer than two seconds; a line per stage where no terminal is.

use crate::printer::{self, Printer};
use crate::stop;
use howship_study::Observer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Mutex;
use std::time::{Duration, Instant};

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
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    shown: bool,
    told: String,
    stages: Vec<(String, Instant)>,
}

/// Stages of the main job and where in the whole they start: between what `bench speed` took for the pair of the
/// phantom (registration and remodelling are longest) and `compare` for a pair of a real joint (erosions are).
const STAGES: [(&str, f64); 7] = [
    ("reading", 0.0),
    ("bones", 0.03),
    ("registration", 0.17),
    ("erosions", 0.43),
    ("remodelling", 0.68),
    ("figures", 0.87),
    ("writing", 0.96),
];

impl Progress {
    pub(crate) fn new(printer: &Printer) -> Self {
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
        Self {
            bar,
            telling,
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
        match self.telling {
            Telling::Silent => {}
            Telling::Lines => self.tell(&mut state, what),
            Telling::Bar => self.draw(&mut state, what, share.clamp(0.0, 1.0)),
        }
    }

    /// A line for a stage that begins when the work has taken a while.
    fn tell(&self, state: &mut State, what: &str) {
        let elapsed = self.started.elapsed();
        if elapsed <= QUIET || state.told == what {
            return;
        }
        what.clone_into(&mut state.told);
        printer::line(&format!("{what} (after {})", duration(elapsed)));
    }

    fn draw(&self, state: &mut State, what: &str, share: f64) {
        self.bar.set_message(what.to_owned());
        let position = (share * STEPS as f64) as u64;
        self.bar.set_position(position.max(self.bar.position()));
        self.bar.set_prefix(left(self.started.elapsed(), share));
        if !state.shown && self.started.elapsed() > QUIET {
            state.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
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
}
