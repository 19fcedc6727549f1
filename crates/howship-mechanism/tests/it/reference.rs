//! The published models to the digits that an independent integrator (LSODA at 1e-11) gives for them.

use howship_mechanism::ode::{Event, OdeOptions, System, solve, solve_with_events};
use howship_mechanism::reference::{
    Baker, Komarova, KomarovaByEvents, Lemaire, LemaireInput, LemaireParameters, Pivonka,
    PivonkaInput, PivonkaParameters, Stability,
};
use proptest::prelude::*;

fn exact() -> OdeOptions {
    OdeOptions {
        relative: 1e-11,
        absolute: 1e-16,
        ..OdeOptions::default()
    }
}

fn close(got: &[f64], want: &[f64], half_digit: f64) {
    for (g, w) in got.iter().zip(want) {
        assert!((g - w).abs() <= half_digit, "{got:?} against {want:?}");
    }
}

/// Least mass, its day, mass at 50, 100, 200 and 1000 d, most osteoblasts.
fn komarova(start: [f64; 2], model: &Komarova) -> [f64; 7] {
    let times: Vec<f64> = (0..=1_000_000).map(|i| f64::from(i) * 1e-3).collect();
    // The max() has a corner that the error estimate must not step over.
    let options = OdeOptions {
        longest_step: 0.5,
        ..exact()
    };
    let y = solve(model, [start[0], start[1], 100.0], &times, &options)
        .unwrap()
        .states;
    let least = (0..y.len())
        .min_by(|&a, &b| y[a][2].total_cmp(&y[b][2]))
        .unwrap();
    let most = y.iter().fold(0.0_f64, |m, s| m.max(s[1]));
    let mass = |day: usize| y[day * 1000][2];
    [
        y[least][2],
        times[least],
        mass(50),
        mass(100),
        mass(200),
        mass(1000),
        most,
    ]
}

#[test]
fn komarova_to_its_digits() {
    let model = Komarova::default();
    let rest = model.resting_cells();
    close(&rest, &[1.060_660_2, 212.132_03], 6e-6);
    // A pulse of ten osteoclasts at rest: divided by nothing, mass in % of the start.
    let pulse = komarova([rest[0] + 10.0, rest[1]], &model);
    close(&pulse[..1], &[89.785_42], 5e-6);
    close(&pulse[1..2], &[12.318], 1e-3);
    close(&pulse[2..6], &[97.1889, 99.7856, 99.9807, 99.9806], 5.1e-5);
    close(&pulse[6..], &[396.922], 6e-4);
    // The paper's table rounds: x1(0) = 11, with x2 at rest or at the table's 212.
    let table = komarova([11.0, rest[1]], &model);
    close(&[table[0], table[5]], &[89.8423, 99.9752], 5.1e-5);
    let rounded = komarova([11.0, 212.0], &model);
    close(&[rounded[0], rounded[5]], &[89.8391, 99.9669], 5.1e-5);
}

#[test]
fn komarovas_balance_is_a_knife_edge() {
    for (formation, end) in [(0.0016, 99.148_36), (0.0018, 100.812_79)] {
        let model = Komarova {
            activity: [0.24, formation],
            ..Komarova::default()
        };
        let rest = model.resting_cells();
        let got = komarova([rest[0] + 10.0, rest[1]], &model)[5];
        close(&[got], &[end], 1e-4);
    }
}

/// Least and last mass over 400 days of BIOMD148's pulse, with its events read one way or the other.
fn by_events(before_start: bool) -> [f64; 2] {
    let mut system = KomarovaByEvents::default();
    let rest = system.model.resting_cells();
    type Trigger = fn(&KomarovaByEvents, f64, &[f64; 3]) -> f64;
    type Action = fn(&mut KomarovaByEvents, f64, &mut [f64; 3]);
    let rules: [(&'static str, Trigger, bool, Action); 4] = [
        (
            "resorption on",
            |s, _, y| y[0] - s.model.resting_cells()[0],
            before_start,
            |s, _, _| s.active[0] = true,
        ),
        (
            "resorption off",
            |s, _, y| s.model.resting_cells()[0] - y[0],
            false,
            |s, _, _| s.active[0] = false,
        ),
        (
            "formation on",
            |s, _, y| y[1] - s.model.resting_cells()[1],
            false,
            |s, _, _| s.active[1] = true,
        ),
        (
            "formation off",
            |s, _, y| s.model.resting_cells()[1] - y[1],
            false,
            |s, _, _| s.active[1] = false,
        ),
    ];
    let events: Vec<Event<'_, KomarovaByEvents, 3>> = rules
        .iter()
        .map(|(name, trigger, before, action)| Event {
            name,
            trigger,
            before_start: *before,
            action,
        })
        .collect();
    let times: Vec<f64> = (0..=4000).map(|i| f64::from(i) * 0.1).collect();
    let start = [rest[0] + 10.0, rest[1] * (1.0 - 1e-12), 100.0];
    let solution = solve_with_events(&mut system, start, &times, &exact(), &events).unwrap();
    let least = solution
        .states
        .iter()
        .fold(f64::INFINITY, |m, y| m.min(y[2]));
    [least, solution.states.last().unwrap()[2]]
}

#[test]
fn the_curated_file_148_never_resorbs_as_sbml_level_2_reads_its_events() {
    let [least, end] = by_events(true);
    close(&[least], &[100.0], 1e-9);
    assert!(end > 113.0, "{end}");
    let [least, end] = by_events(false);
    close(&[least], &[89.785_42], 2e-4);
    close(&[end], &[99.9806], 1e-3);
}

fn lemaire(input: LemaireInput) -> [[f64; 3]; 2] {
    let parameters = LemaireParameters::default();
    let rest = Lemaire::steady_state(parameters).unwrap();
    let model = Lemaire {
        parameters,
        drive: |_| input,
    };
    let y = solve(&model, rest, &[0.0, 60.0, 365.0], &exact())
        .unwrap()
        .states;
    [1, 2].map(|i| std::array::from_fn(|s| y[i][s] / rest[s]))
}

#[test]
fn lemaire_to_its_digits_over_the_true_steady_state() {
    let rest = Lemaire::steady_state(LemaireParameters::default()).unwrap();
    close(
        &rest.map(|v| v * 1e4),
        &[7.734_377, 7.283_396, 9.127_528],
        6e-7,
    );
    let input = |pth, rankl, opg| LemaireInput { pth, rankl, opg };
    let known = [
        (
            input(1e3, 0.0, 0.0),
            [5.2081, 2.2384, 4.0368],
            [5.341, 2.311, 4.061],
        ),
        (
            input(0.0, 1e4, 0.0),
            [3.7854, 1.9234, 2.9776],
            [3.839, 1.959, 2.988],
        ),
        (
            input(0.0, 10.0, 0.0),
            [1.0057, 1.0028, 1.0045],
            [1.0057, 1.0029, 1.0046],
        ),
        (
            input(0.0, 0.0, 2e5),
            [0.1018, 0.3303, 0.0721],
            [0.0847, 0.2910, 0.0420],
        ),
        (
            input(1e3, 0.0, 2e5),
            [0.1982, 0.4573, 0.2219],
            [0.1769, 0.4206, 0.1953],
        ),
    ];
    for (input, day_60, day_365) in known {
        let got = lemaire(input);
        close(&got[0], &day_60, 5.1e-5);
        close(&got[1], &day_365, 5.1e-4);
    }
}

fn pivonka(input: PivonkaInput) -> [[f64; 4]; 2] {
    let parameters = PivonkaParameters::default();
    let rest = parameters.steady_state().unwrap();
    let model = Pivonka {
        parameters,
        rest: [rest[1], rest[2]],
        drive: |_| input,
    };
    let start = [rest[0], rest[1], rest[2], 100.0];
    let solution = solve(&model, start, &[0.0, 60.0, 365.0], &exact()).unwrap();
    let scale = [rest[0], rest[1], rest[2], 1.0];
    [1, 2].map(|i| std::array::from_fn(|s| solution.states[i][s] / scale[s]))
}

#[test]
fn pivonka_to_its_digits_and_its_trap() {
    let rest = PivonkaParameters::default().steady_state().unwrap();
    close(&rest.map(|v| v * 1e4), &[6.1964, 5.5840, 8.0696], 5.1e-5);
    let trap = PivonkaParameters {
        d_obp: 5.348,
        ..PivonkaParameters::default()
    };
    let wrong = trap.steady_state().unwrap();
    close(
        &wrong.map(|v| v * 1e4),
        &[0.075_755, 1.836_08, 2.370_87],
        1e-4,
    );
    let none = PivonkaInput::default();
    let rankl = pivonka(PivonkaInput { rankl: 1e4, ..none });
    close(&rankl[0], &[6.9241, 3.0013, 4.6073, 99.8825], 5.1e-5);
    close(&rankl[1], &[6.9048, 2.9865, 4.6136, 99.5248], 5.1e-5);
    let pth = pivonka(PivonkaInput { pth: 1e3, ..none });
    close(&pth[0], &[2.2575, 1.6887, 1.9284, 99.9811], 5.1e-5);
    close(&pth[1], &[2.2611, 1.6913, 1.9279, 99.9376], 5.1e-5);
    let opg = pivonka(PivonkaInput { opg: 5e8, ..none });
    close(&opg[0], &[0.1043, 0.1691, 0.1237, 100.007], 5.1e-5);
    close(&opg[1], &[0.0167, 0.0264, 0.0219, 99.9898], 5.1e-5);
    let tgf = pivonka(PivonkaInput { tgf: 1e-3, ..none });
    close(&tgf[1], &[1.9942, 1.5693, 0.5065, 100.319], 5.1e-5);
}

#[test]
fn baker_has_one_stable_equilibrium_as_published_and_flares_elsewhere() {
    let published = Baker::default().equilibria();
    assert_eq!(published.len(), 1);
    close(
        &[published[0].anti, published[0].pro],
        &[0.005_776_675_8, 0.020_329_826_5],
        5.1e-11,
    );
    close(
        &[
            published[0].eigenvalues[0][0],
            published[0].eigenvalues[1][0],
        ],
        &[-1.0008, -1.2086],
        5.1e-5,
    );
    let with = |a2, a4| Baker {
        alpha: [0.025, a2, 0.5, a4],
        ..Baker::default()
    };
    // Bistable for α2 of about 7.35 to 15.7 at α4 = 3.5.
    let stable = |a2| {
        let found = with(a2, 3.5).equilibria();
        found
            .iter()
            .filter(|e| e.stability() == Stability::Stable)
            .count()
    };
    assert_eq!([7.2, 7.5, 10.0, 15.6, 15.9].map(stable), [1, 2, 2, 2, 1]);
    // One unstable equilibrium, hence a cycle, for α2 of about 15.75 to 20.85 at α4 = 7.
    let cycles = |a2| {
        let found = with(a2, 7.0).equilibria();
        found.len() == 1 && found[0].stability() == Stability::Unstable
    };
    assert_eq!(
        [15.6, 15.9, 18.0, 20.7, 21.0].map(cycles),
        [false, true, true, true, false]
    );
    let times: Vec<f64> = (0..=4000).map(|i| f64::from(i) * 0.1).collect();
    let swing = |model: &Baker| {
        let y = solve(model, [0.0057767, 0.0203298], &times, &exact())
            .unwrap()
            .states;
        let late = y[3000..].iter().map(|s| s[1]);
        late.clone().fold(0.0_f64, f64::max) - late.fold(f64::INFINITY, f64::min)
    };
    assert!(swing(&Baker::default()) < 1e-9 && swing(&with(18.0, 7.0)) > 0.1);
}

#[test]
fn none_of_the_systems_is_stiff_for_an_explicit_stepper() {
    let parameters = LemaireParameters::default();
    let rest = Lemaire::steady_state(parameters).unwrap();
    let model = Lemaire {
        parameters,
        drive: |_| LemaireInput {
            pth: 1e3,
            ..LemaireInput::default()
        },
    };
    let options = OdeOptions {
        relative: 1e-6,
        ..OdeOptions::default()
    };
    let solution = solve(&model, rest, &[0.0, 365.0], &options).unwrap();
    assert!(solution.steps < 200, "{}", solution.steps);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What leaves the responding pool enters the active one, and what enters is produced: sums of rates are
    /// the sources minus the sinks, whatever the state.
    #[test]
    fn mass_is_kept_between_pools(y in prop::array::uniform3(1e-6..1e-2f64), pth in 0.0..1e4f64, rankl in 0.0..1e4f64) {
        let p = LemaireParameters::default();
        let model = Lemaire { parameters: p, drive: |_| LemaireInput { pth, rankl, opg: 0.0 } };
        let r = model.rates(0.0, &y);
        let pi_c = (y[2] + p.f0 * p.c_s) / (y[2] + p.c_s);
        let sources = p.d_r * pi_c - p.k_b * y[1];
        prop_assert!((r[0] + r[1] - sources).abs() <= 1e-12 * (p.d_r * pi_c + p.k_b * y[1]));
        let p = PivonkaParameters::default();
        let model = Pivonka { parameters: p, rest: [0.0; 2], drive: |_| PivonkaInput { pth, rankl, ..PivonkaInput::default() } };
        let r = model.rates(0.0, &[y[0], y[1], y[2], 100.0]);
        let tgf = p.alpha * p.k_res * y[2] / p.d_tgf;
        let source = p.d_obu * tgf / (p.k1 + tgf);
        prop_assert!((r[0] + r[1] - source + p.a_oba * y[1]).abs() <= 1e-12 * (source + p.a_oba * y[1]));
        prop_assert!((r[3] - (p.k_form * y[1] - p.k_res * y[2])).abs() < 1e-15);
    }

    /// From any positive start under any input, cells stay positive for a year.
    #[test]
    fn cells_stay_positive(y in prop::array::uniform3(1e-7..1e-2f64), pth in 0.0..1e4f64, rankl in 0.0..1e5f64, opg in 0.0..1e6f64) {
        let times: Vec<f64> = (0..=73).map(|i| f64::from(i) * 5.0).collect();
        let options = OdeOptions { relative: 1e-6, ..OdeOptions::default() };
        let model = Lemaire { parameters: LemaireParameters::default(), drive: |_| LemaireInput { pth, rankl, opg } };
        let lemaire = solve(&model, y, &times, &options).unwrap();
        let p = PivonkaParameters::default();
        let model = Pivonka { parameters: p, rest: [5.5839e-4, 8.0696e-4], drive: |_| PivonkaInput { pth, rankl, opg, tgf: 0.0 } };
        let pivonka = solve(&model, [y[0], y[1], y[2], 100.0], &times, &options).unwrap();
        prop_assert!(lemaire.states.iter().flatten().all(|v| *v > 0.0));
        prop_assert!(pivonka.states.iter().flatten().all(|v| *v > 0.0));
    }
}
