//! Numbers over many joints, printed and as rows.

use crate::outcome::{Against, JointOutcome, LesionOutcome};
use howship_change::Verdict;
use howship_phantom::film::LesionCourse;

fn quantile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}

fn spread(name: &str, errors: &[f64]) {
    let n = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / n;
    let sd = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let mut size: Vec<f64> = errors.iter().map(|e| e.abs()).collect();
    println!(
        "{name:52} n {n:5} bias {mean:+.4} SD {sd:.4} |error| median {:.4} P95 {:.4} max {:.4}",
        quantile(&mut size, 0.5),
        quantile(&mut size, 0.95),
        quantile(&mut size, 1.0)
    );
}

/// Wilson's 95 % interval of a share.
pub(crate) fn wilson(hits: usize, n: usize) -> [f64; 2] {
    let (n, z) = (n.max(1) as f64, 1.96f64);
    let p = hits as f64 / n;
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    [(middle - half).max(0.0), (middle + half).min(1.0)]
}

fn share(hits: usize, n: usize) -> String {
    let [low, high] = wilson(hits, n);
    format!(
        "{hits} of {n} = {:.1} % (95 %: {:.1} to {:.1})",
        100.0 * hits as f64 / n.max(1) as f64,
        100.0 * low,
        100.0 * high
    )
}

fn held(name: &str, all: &[Against]) {
    let inside = all.iter().filter(|a| a.holds()).count();
    let mut size: Vec<f64> = all.iter().map(|a| (a.error() / a.se).abs()).collect();
    let mut se: Vec<f64> = all.iter().map(|a| a.se).collect();
    println!(
        "{name:52} interval holds in {}; |error|/SE: median {:.2} P95 {:.2}; median SE {:.3}",
        share(inside, all.len()),
        quantile(&mut size, 0.5),
        quantile(&mut size, 0.95),
        quantile(&mut se, 0.5)
    );
}

fn against(name: &str, all: &[Against]) {
    spread(name, &all.iter().map(Against::error).collect::<Vec<_>>());
    held(name, all);
}

/// The tables of all joints, then the main ones of each kind of joint where there are several kinds.
pub(crate) fn report_by_joint(outcomes: &[JointOutcome]) {
    let names: std::collections::BTreeSet<&str> = outcomes.iter().map(|o| o.case.joint).collect();
    for name in names {
        let of = || outcomes.iter().filter(|o| o.case.joint == name);
        let space: Vec<Against> = of().filter_map(|o| o.space).collect();
        println!(
            "{name}: {} joints, {} without a change of joint space",
            of().count(),
            of().count() - space.len()
        );
        against("  change of joint space (mm)", &space);
        let lesions = || of().flat_map(|o| &o.lesions).filter(|l| l.in_profile());
        let area: Vec<Against> = lesions()
            .filter(|l| l.course != LesionCourse::New)
            .filter_map(|l| l.areas[0])
            .collect();
        against("  area at the first film (mm²)", &area);
        let change: Vec<Against> = lesions().filter_map(|l| l.change).collect();
        against("  change of area (mm²)", &change);
    }
}

pub(crate) fn report(outcomes: &[JointOutcome], find: bool) {
    let refused = outcomes.iter().filter(|o| o.result.refused.is_some());
    println!(
        "{} joints, refused whole: {}",
        outcomes.len(),
        refused.count()
    );
    let registration: Vec<f64> = outcomes
        .iter()
        .flat_map(|o| o.registration.clone())
        .collect();
    spread(
        "registration at the bone's end, along y (mm)",
        &registration,
    );
    let width: Vec<f64> = outcomes.iter().filter_map(|o| o.width).collect();
    spread("joint space at one visit (mm)", &width);
    let space: Vec<Against> = outcomes.iter().filter_map(|o| o.space).collect();
    println!(
        "change of joint space not measured: {}",
        outcomes.len() - space.len()
    );
    against("change of joint space (mm)", &space);
    let all: Vec<&LesionOutcome> = outcomes.iter().flat_map(|o| &o.lesions).collect();
    let seen: Vec<&LesionOutcome> = all.iter().copied().filter(|l| l.in_profile()).collect();
    println!(
        "erosions {}, with a mouth in profile {}",
        all.len(),
        seen.len()
    );
    areas(&seen);
    continuity(&seen);
    verdicts(&seen);
    if find {
        detection(outcomes, &all);
    }
}

fn areas(seen: &[&LesionOutcome]) {
    let first: Vec<Against> = seen
        .iter()
        .filter(|l| l.course != LesionCourse::New)
        .filter_map(|l| l.areas[0])
        .collect();
    against("area at the first film (mm²)", &first);
    let relative: Vec<f64> = first.iter().map(|a| a.error() / a.truth).collect();
    spread("  as a share of it", &relative);
    for (low, high) in [(0.0, 0.7), (0.7, 1.4), (1.4, 9.0)] {
        let of: Vec<f64> = first
            .iter()
            .filter(|a| a.truth >= low && a.truth < high)
            .map(|a| a.error() / a.truth)
            .collect();
        spread(&format!("  of {low} to {high} mm²"), &of);
    }
    let change = |which: &dyn Fn(&LesionOutcome) -> bool| -> Vec<Against> {
        let of = seen.iter().filter(|l| which(l));
        of.filter_map(|l| l.change).collect()
    };
    against("change of area (mm²)", &change(&|_| true));
    for course in [
        LesionCourse::Unchanged,
        LesionCourse::Grows,
        LesionCourse::Shrinks,
        LesionCourse::Heals,
        LesionCourse::New,
    ] {
        let name = format!("  {course:?}");
        against(&name, &change(&|l| l.course == course));
    }
    let relative: Vec<f64> = seen
        .iter()
        .filter(|l| l.course != LesionCourse::New)
        .filter_map(|l| Some(l.change?.error() / l.truth[0].area_mm2))
        .collect();
    spread("change of area, as a share of the area", &relative);
}

fn continuity(seen: &[&LesionOutcome]) {
    let single: Vec<Against> = seen.iter().flat_map(|l| l.continuity).flatten().collect();
    against("cortical continuity", &single);
    let change: Vec<Against> = seen.iter().filter_map(|l| l.continuity_change).collect();
    against("change of cortical continuity", &change);
}

fn verdicts(seen: &[&LesionOutcome]) {
    for course in [
        LesionCourse::Unchanged,
        LesionCourse::Grows,
        LesionCourse::Shrinks,
        LesionCourse::Heals,
        LesionCourse::New,
    ] {
        let of: Vec<Verdict> = seen
            .iter()
            .filter(|l| l.course == course)
            .filter_map(|l| l.verdict)
            .collect();
        let count = |v: Verdict| of.iter().filter(|o| **o == v).count();
        println!(
            "verdicts, {course:?}: healing {}; stable {} progressing {} uncertain {}",
            share(count(Verdict::Healing), of.len()),
            count(Verdict::Stable),
            count(Verdict::Progressing),
            count(Verdict::Uncertain)
        );
    }
    // Whether a former mouth is closed is a matter of degree: what was called healing by how much of its line is back.
    let lines = [(0.0, 0.5), (0.5, 0.7), (0.7, 0.85), (0.85, 1.01)];
    for (low, high) in lines {
        let of: Vec<Verdict> = seen
            .iter()
            .filter(|l| matches!(l.course, LesionCourse::Shrinks | LesionCourse::Heals))
            .filter(|l| (low..high).contains(&l.truth[1].continuity))
            .filter_map(|l| l.verdict)
            .collect();
        let healing = of.iter().filter(|o| **o == Verdict::Healing).count();
        println!(
            "smaller, line back over {low} to {}: called healing {}",
            high.min(1.0),
            share(healing, of.len())
        );
    }
}

/// Sensitivity by what the lesion takes at the film on which it is largest.
fn detection(outcomes: &[JointOutcome], all: &[&LesionOutcome]) {
    for (low, high) in [
        (0.0, 1.0),
        (1.0, 2.0),
        (2.0, 3.0),
        (3.0, 5.0),
        (5.0, 8.0),
        (8.0, 99.0),
    ] {
        for new in [false, true] {
            let of: Vec<&&LesionOutcome> = all
                .iter()
                .filter(|l| (l.course == LesionCourse::New) == new)
                .filter(|l| {
                    let v = l.truth[usize::from(new)].volume_mm3;
                    v >= low && v < high
                })
                .collect();
            let hits = of.iter().filter(|l| l.found.is_some()).count();
            let what = if new {
                "new in the difference"
            } else {
                "at the first film"
            };
            println!(
                "found {what}, {low} to {high} mm³: {}",
                share(hits, of.len())
            );
        }
    }
    for (k, what) in ["first film", "difference"].into_iter().enumerate() {
        let joints = outcomes.iter().filter(|o| o.false_found[k] > 0).count();
        println!(
            "joints with a false find, {what}: {}",
            share(joints, outcomes.len())
        );
    }
}

/// One row per joint (`J`) and erosion (`L`), to look into what makes errors.
pub(crate) fn rows(outcomes: &[JointOutcome]) -> String {
    let mut text = String::new();
    let of = |a: Option<Against>| -> String {
        a.map_or("nan,nan,nan".to_owned(), |a| {
            format!("{:.5},{:.5},{:.5}", a.value, a.truth, a.se)
        })
    };
    let interval = |a: Option<Against>| -> String {
        a.map_or("nan,nan".to_owned(), |a| {
            format!("{:.5},{:.5}", a.low, a.high)
        })
    };
    for o in outcomes {
        let f = o
            .result
            .visits
            .get(1)
            .and_then(|v| v.flags)
            .unwrap_or_default();
        let mcp = u8::from(o.case.head);
        let [tilt, roll, flexion, turn] = o.case.step_deg;
        let pose = format!("{tilt:.3},{roll:.3},{flexion:.3},{turn:.3}");
        let flags = format!(
            "{:.4},{:.3},{:.5},{:.5},{:.5},{:.2}",
            f.misfit,
            f.relative_rotation_deg,
            f.relative_scale,
            f.width_to_length,
            f.condyle_asymmetry,
            f.tilt_deg
        );
        let result = &o.result;
        let reason = result.narrowing.first().map(|n| n.reason.as_str());
        let unmeasured = match (o.space, &result.refused) {
            (Some(_), _) => "",
            (None, Some(refused)) => refused,
            (None, None) => reason.unwrap_or("not registered"),
        };
        text += &format!(
            "J,{},{},{pose},{flags},{},{},{},{:?}\n",
            o.case.seed,
            o.case.joint,
            of(o.space),
            o.false_found[0],
            o.false_found[1],
            unmeasured
        );
        for l in &o.lesions {
            let [a, b] = &l.truth;
            text += &format!(
                "L,{},{mcp},{pose},{flags},{:?},{:.2},{:.3},{:.3},{},{},{},{},{},{},{:.3},{:.3},{:.3},{:.3},{:.3},{:.3},{:.3},{},{},{},{},{:?}\n",
                o.case.seed,
                l.course,
                a.out_of_profile_deg,
                a.volume_mm3,
                b.volume_mm3,
                of(l.areas[0]),
                of(l.areas[1]),
                of(l.change),
                of(l.continuity[0]),
                of(l.continuity[1]),
                of(l.continuity_change),
                l.mouth[0],
                l.mouth[1],
                a.mouth_mm,
                b.mouth_mm,
                l.depth[0],
                a.depth_mm,
                b.depth_mm,
                interval(l.change),
                interval(l.continuity_change),
                l.verdict.map_or("none".to_owned(), |v| format!("{v:?}")),
                l.found.map_or("no".to_owned(), |s| format!("{s:?}")),
                l.reason
            );
        }
    }
    text
}
