use super::tableau::{A3, A4, A5, A6, A21, B, C, E, interpolant};
use super::{Event, Fired};
use crate::Error;

/// A system of `N` ordinary differential equations.
pub trait System<const N: usize> {
    /// Name in errors.
    const NAME: &'static str;
    /// Names of the states, for errors.
    const STATES: [&'static str; N];
    /// Whether every state is an amount that may not fall below zero.
    const POSITIVE: bool;

    /// `dy/dt`.
    fn rates(&self, t: f64, y: &[f64; N]) -> [f64; N];
}

/// How exactly a system is integrated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OdeOptions {
    /// Relative tolerance of a step's error (1e-8).
    pub relative: f64,
    /// Absolute tolerance, in the states' unit (1e-14: the bone models' states are near 1e-3 pM).
    pub absolute: f64,
    /// First step, in the system's time unit (0.01).
    pub first_step: f64,
    /// Longest step (infinite). A system whose input jumps should have one no longer than the jump's neighbourhood.
    pub longest_step: f64,
    /// Steps of this length without error control, for tests of the order of convergence (none).
    pub fixed_step: Option<f64>,
    /// Steps after which to give up (1,000,000).
    pub most_steps: usize,
}

impl Default for OdeOptions {
    fn default() -> Self {
        Self {
            relative: 1e-8,
            absolute: 1e-14,
            first_step: 0.01,
            longest_step: f64::INFINITY,
            fixed_step: None,
            most_steps: 1_000_000,
        }
    }
}

/// States at the times asked for, and how they were reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution<const N: usize> {
    /// A state per time.
    pub states: Vec<[f64; N]>,
    /// Steps taken.
    pub steps: usize,
    /// Steps tried and thrown away.
    pub rejected: usize,
    /// Events in the order in which they fired.
    pub fired: Vec<Fired>,
}

/// One step's stages, enough to interpolate in it.
struct Step<const N: usize> {
    from: f64,
    length: f64,
    start: [f64; N],
    end: [f64; N],
    k: [[f64; N]; 7],
}

impl<const N: usize> Step<N> {
    fn at(&self, t: f64) -> [f64; N] {
        let w = interpolant((t - self.from) / self.length);
        std::array::from_fn(|i| {
            let sum = w[0] * self.k[0][i]
                + w[1] * self.k[1][i]
                + w[2] * self.k[2][i]
                + w[3] * self.k[3][i]
                + w[4] * self.k[4][i]
                + w[5] * self.k[5][i]
                + w[6] * self.k[6][i];
            self.start[i] + self.length * sum
        })
    }
}

/// Integrates from `times[0]`, where the state is `start`, to the last of `times`.
///
/// `times` rise and are in the system's unit; the result has a state for each.
///
/// # Errors
/// Steps shrink to nothing or run out, a rate is not finite, or a positive system leaves positivity.
pub fn solve<S: System<N>, const N: usize>(
    system: &S,
    start: [f64; N],
    times: &[f64],
    options: &OdeOptions,
) -> Result<Solution<N>, Error> {
    let Some(&first) = times.first() else {
        return Ok(empty());
    };
    let mut walk = Walk::new(system, first, start, times, options);
    while walk.pending() {
        let step = walk.step(system, f64::INFINITY)?;
        walk.accept(step, None);
    }
    Ok(walk.solution)
}

/// The same with events, which may change the system and its state.
///
/// A trigger's passage is found by bisection on the interpolant, to 1e-12 of the time reached.
///
/// # Errors
/// As [`solve`].
pub fn solve_with_events<S: System<N>, const N: usize>(
    system: &mut S,
    start: [f64; N],
    times: &[f64],
    options: &OdeOptions,
    events: &[Event<'_, S, N>],
) -> Result<Solution<N>, Error> {
    let Some(&first) = times.first() else {
        return Ok(empty());
    };
    let last = times.last().copied().unwrap_or(first);
    let mut start = start;
    let mut on: Vec<bool> = events.iter().map(|e| e.before_start).collect();
    let mut fired = fire(system, first, &mut start, events, &mut on);
    let mut walk = Walk::new(system, first, start, times, options);
    while walk.pending() {
        let step = walk.step(system, f64::INFINITY)?;
        // A step may reach beyond the last time; what happens there is not part of the answer.
        let passage = passage(system, &step, events, &on);
        let Some(time) = passage.filter(|t| *t <= last) else {
            update(system, step.from + step.length, &step.end, events, &mut on);
            walk.accept(step, None);
            continue;
        };
        let mut state = step.at(time);
        walk.accept(step, Some(time));
        fired.extend(fire(system, time, &mut state, events, &mut on));
        walk.restart(system, time, state);
    }
    walk.solution.fired = fired;
    Ok(walk.solution)
}

fn empty<const N: usize>() -> Solution<N> {
    Solution {
        states: Vec::new(),
        steps: 0,
        rejected: 0,
        fired: Vec::new(),
    }
}

/// Fires every event whose trigger is true now and was not before.
fn fire<S, const N: usize>(
    system: &mut S,
    time: f64,
    state: &mut [f64; N],
    events: &[Event<'_, S, N>],
    on: &mut [bool],
) -> Vec<Fired> {
    let mut fired = Vec::new();
    for (event, on) in events.iter().zip(on) {
        let now = (event.trigger)(system, time, state) > 0.0;
        if now && !*on {
            (event.action)(system, time, state);
            fired.push(Fired {
                name: event.name,
                time,
            });
        }
        *on = now;
    }
    fired
}

fn update<S, const N: usize>(
    system: &S,
    time: f64,
    state: &[f64; N],
    events: &[Event<'_, S, N>],
    on: &mut [bool],
) {
    for (event, on) in events.iter().zip(on) {
        *on = (event.trigger)(system, time, state) > 0.0;
    }
}

/// The first moment inside the step at which a trigger turns true.
fn passage<S, const N: usize>(
    system: &S,
    step: &Step<N>,
    events: &[Event<'_, S, N>],
    on: &[bool],
) -> Option<f64> {
    let end = step.from + step.length;
    let mut first: Option<f64> = None;
    for (event, &on) in events.iter().zip(on) {
        if on || !((event.trigger)(system, end, &step.end) > 0.0) {
            continue;
        }
        let (mut low, mut high) = (step.from, end);
        while high - low > 1e-12 * high.abs().max(1.0) {
            let middle = 0.5 * (low + high);
            if (event.trigger)(system, middle, &step.at(middle)) > 0.0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        first = Some(first.map_or(high, |t: f64| t.min(high)));
    }
    first
}

struct Walk<'a, const N: usize> {
    times: &'a [f64],
    options: &'a OdeOptions,
    time: f64,
    state: [f64; N],
    rate: [f64; N],
    length: f64,
    last_error: f64,
    solution: Solution<N>,
}

/// Safety of the step's length, its least and greatest change in a step, exponents of the PI rule (Hairer II.4).
const SAFETY: f64 = 0.9;
const SHRINK: f64 = 0.2;
const GROW: f64 = 5.0;
const INTEGRAL: f64 = 0.14;
const PROPORTIONAL: f64 = 0.08;

impl<'a, const N: usize> Walk<'a, N> {
    fn new<S: System<N>>(
        system: &S,
        time: f64,
        state: [f64; N],
        times: &'a [f64],
        options: &'a OdeOptions,
    ) -> Self {
        let mut solution = empty();
        solution.states.reserve(times.len());
        solution.states.push(state);
        Self {
            times,
            options,
            time,
            state,
            rate: system.rates(time, &state),
            length: options.first_step.min(options.longest_step),
            last_error: 1e-4,
            solution,
        }
    }

    fn pending(&self) -> bool {
        self.solution.states.len() < self.times.len()
    }

    fn restart<S: System<N>>(&mut self, system: &S, time: f64, state: [f64; N]) {
        self.time = time;
        self.state = state;
        self.rate = system.rates(time, &state);
        self.length = self.options.first_step.min(self.options.longest_step);
    }

    /// The next step that is exact enough.
    fn step<S: System<N>>(&mut self, system: &S, limit: f64) -> Result<Step<N>, Error> {
        let stuck = |time, reason| Error::NoConvergence {
            model: S::NAME,
            time,
            reason,
        };
        loop {
            if self.solution.steps + self.solution.rejected >= self.options.most_steps {
                return Err(stuck(self.time, "it took too many steps"));
            }
            let length = self.options.fixed_step.unwrap_or(self.length).min(limit);
            if !(length > 1e-14 * self.time.abs().max(1e-8)) {
                return Err(stuck(self.time, "its steps shrank to nothing"));
            }
            let step = self.stages(system, length);
            if !step.end.iter().all(|v| v.is_finite()) {
                if self.options.fixed_step.is_some() {
                    return Err(stuck(self.time, "a rate is not finite"));
                }
                self.solution.rejected += 1;
                self.length = SHRINK * length;
                continue;
            }
            if self.options.fixed_step.is_some() {
                return Ok(step);
            }
            let error = self.error(&step);
            if error <= 1.0 {
                let factor = SAFETY * error.powf(-INTEGRAL) * self.last_error.powf(PROPORTIONAL);
                self.last_error = error;
                self.length = (length * factor.clamp(SHRINK, GROW)).min(self.options.longest_step);
                if S::POSITIVE {
                    self.check_positive::<S>(&step)?;
                }
                return Ok(step);
            }
            self.solution.rejected += 1;
            self.length = length * (SAFETY * error.powf(-0.2)).max(SHRINK);
        }
    }

    fn check_positive<S: System<N>>(&self, step: &Step<N>) -> Result<(), Error> {
        // A state may round below zero by what the tolerance allows, not by more.
        let slack = 10.0 * self.options.absolute;
        match step.end.iter().position(|v| *v < -slack) {
            None => Ok(()),
            Some(i) => Err(Error::LeftPositivity {
                model: S::NAME,
                state: S::STATES[i],
                value: step.end[i],
                time: step.from + step.length,
            }),
        }
    }

    #[inline]
    fn stages<S: System<N>>(&self, system: &S, h: f64) -> Step<N> {
        let (t, y, k1) = (self.time, &self.state, self.rate);
        let k2 = system.rates(
            t + C[0] * h,
            &std::array::from_fn(|i| y[i] + h * A21 * k1[i]),
        );
        let k3 = system.rates(
            t + C[1] * h,
            &std::array::from_fn(|i| y[i] + h * (A3[0] * k1[i] + A3[1] * k2[i])),
        );
        let k4 = system.rates(
            t + C[2] * h,
            &std::array::from_fn(|i| y[i] + h * (A4[0] * k1[i] + A4[1] * k2[i] + A4[2] * k3[i])),
        );
        let k5 = system.rates(
            t + C[3] * h,
            &std::array::from_fn(|i| {
                y[i] + h * (A5[0] * k1[i] + A5[1] * k2[i] + A5[2] * k3[i] + A5[3] * k4[i])
            }),
        );
        let k6 = system.rates(
            t + h,
            &std::array::from_fn(|i| {
                y[i] + h
                    * (A6[0] * k1[i]
                        + A6[1] * k2[i]
                        + A6[2] * k3[i]
                        + A6[3] * k4[i]
                        + A6[4] * k5[i])
            }),
        );
        let end = std::array::from_fn(|i| {
            y[i] + h
                * (B[0] * k1[i]
                    + B[1] * k2[i]
                    + B[2] * k3[i]
                    + B[3] * k4[i]
                    + B[4] * k5[i]
                    + B[5] * k6[i])
        });
        let k7 = system.rates(t + h, &end);
        Step {
            from: t,
            length: h,
            start: *y,
            end,
            k: [k1, k2, k3, k4, k5, k6, k7],
        }
    }

    fn error(&self, step: &Step<N>) -> f64 {
        let mut sum = 0.0;
        for i in 0..N {
            let k = &step.k;
            let e = E[0] * k[0][i]
                + E[1] * k[1][i]
                + E[2] * k[2][i]
                + E[3] * k[3][i]
                + E[4] * k[4][i]
                + E[5] * k[5][i]
                + E[6] * k[6][i];
            let scale = self.options.absolute
                + self.options.relative * step.start[i].abs().max(step.end[i].abs());
            let share = step.length * e / scale;
            sum += share * share;
        }
        (sum / N as f64).sqrt().max(1e-10)
    }

    /// Takes the step, whole or until an event, and writes down the states asked for in it.
    fn accept(&mut self, step: Step<N>, until: Option<f64>) {
        let whole = step.from + step.length;
        let end = until.unwrap_or(whole);
        let reach = end * (1.0 + 4.0 * f64::EPSILON);
        while let Some(&time) = self.times.get(self.solution.states.len()) {
            if time > reach {
                break;
            }
            self.solution.states.push(step.at(time));
        }
        self.solution.steps += 1;
        self.time = whole;
        self.state = step.end;
        self.rate = step.k[6];
    }
}
