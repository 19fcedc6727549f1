use super::layout::Panel;
use super::options::AgreeOptions;
use super::patient::interval;
use super::report::{
    BootstrapInterval, JointAgreement, KappaResult, MultiRater, Raters, SignAgreement,
};
use crate::Error;
use howship_stats::{
    AgreementBootstrap, BootstrapDraws, BootstrapOptions, Crosstab, GradesPart, KappaWeights,
    Ratings, Scale, cohen_kappa, fleiss_kappa, gwet_agreement, krippendorff_alpha,
};
use rayon::prelude::*;

/// With more grades than this a table of pairs is mostly empty: the scores are measurements, not grades.
const MOST_GRADES: usize = 64;

const SIGNS: [f64; 3] = [-1.0, 0.0, 1.0];

/// Two raters of a panel in the bootstrap.
pub(super) struct Pair {
    panel: usize,
    first: usize,
    second: usize,
    grades: Vec<f64>,
    weights: Vec<(&'static str, KappaWeights)>,
    part: GradesPart,
    sign: Option<GradesPart>,
}

pub(super) fn parts(
    panels: &[Panel],
    options: &AgreeOptions,
    bootstrap: &mut AgreementBootstrap,
    notes: &mut Vec<String>,
) -> Result<Vec<Pair>, Error> {
    let mut pairs = Vec::new();
    for (at, panel) in panels.iter().enumerate() {
        for first in 0..panel.names.len() {
            for second in first + 1..panel.names.len() {
                pairs.extend(pair(panel, (at, first, second), options, bootstrap, notes)?);
            }
        }
    }
    Ok(pairs)
}

fn pair(
    panel: &Panel,
    (at, first, second): (usize, usize, usize),
    options: &AgreeOptions,
    bootstrap: &mut AgreementBootstrap,
    notes: &mut Vec<String>,
) -> Result<Option<Pair>, Error> {
    let scores = scores(panel, first, second);
    let mut grades = distinct(scores.iter().flat_map(|s| [s.1, s.2]));
    let who = format!(
        "{} ({}, {})",
        panel.title(),
        panel.names[first],
        panel.names[second]
    );
    match grades.len() {
        0 => return Ok(None),
        1 => {
            notes.push(format!(
                "joints, {who}: all scores equal {}: kappa is not defined",
                grades[0]
            ));
            return Ok(None);
        }
        n if n > MOST_GRADES => {
            notes.push(format!(
                "joints, {who}: {n} different scores are measurements, not grades: no kappa"
            ));
            return Ok(None);
        }
        _ => {}
    }
    let mut weights = vec![
        ("unweighted", KappaWeights::Unweighted),
        ("linear", KappaWeights::Linear),
        ("quadratic", KappaWeights::Quadratic),
    ];
    if let Some(custom) = options
        .weights
        .as_ref()
        .filter(|_| !panel.quantity.is_change())
    {
        if let Some(stray) = grades.iter().find(|g| !custom.grades.contains(g)) {
            notes.push(format!(
                "joints, {who}: the weights handed over have no grade {stray}: no kappa with them"
            ));
        } else {
            grades = custom.grades.clone();
            let table = KappaWeights::Disagreement(custom.disagreement.clone());
            weights.push(("custom", table));
        }
    }
    let tables: Vec<KappaWeights> = weights.iter().map(|w| w.1.clone()).collect();
    let part = bootstrap.grades(&grades, &tables, scores.iter().copied())?;
    let sign = if panel.quantity.is_change() {
        let signs = scores.iter().map(|s| (s.0, sign(s.1), sign(s.2)));
        Some(bootstrap.grades(&SIGNS, &tables[..2], signs)?)
    } else {
        None
    };
    Ok(Some(Pair {
        panel: at,
        first,
        second,
        grades,
        weights,
        part,
        sign,
    }))
}

/// Subject and both raters' scores, where both scored.
fn scores(panel: &Panel, first: usize, second: usize) -> Vec<(usize, f64, f64)> {
    (0..panel.table.ratings.targets())
        .map(|i| {
            let row = panel.table.ratings.row(i);
            (panel.table.subjects[i], row[first], row[second])
        })
        .filter(|s| !s.1.is_nan() && !s.2.is_nan())
        .collect()
}

fn distinct(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.dedup_by(|a, b| a == b);
    values
}

fn sign(change: f64) -> f64 {
    if change > 0.0 {
        1.0
    } else if change < 0.0 {
        -1.0
    } else {
        0.0
    }
}

pub(super) fn analyse(
    panels: &[Panel],
    pairs: &[Pair],
    draws: Option<&BootstrapDraws>,
    options: &AgreeOptions,
    notes: &mut Vec<String>,
) -> Vec<JointAgreement> {
    let mut agreements: Vec<JointAgreement> = pairs
        .par_iter()
        .map(|pair| of_pair(&panels[pair.panel], pair, draws, options))
        .collect();
    let together: Vec<(JointAgreement, Vec<String>)> = panels
        .par_iter()
        .filter(|p| p.names.len() > 2)
        .map(|p| of_all(p, options))
        .collect();
    for (agreement, said) in together {
        agreements.push(agreement);
        notes.extend(said);
    }
    notes.extend(agreements.iter().filter_map(without_spread));
    if agreements.iter().any(|a| a.sign.is_some()) {
        notes.push(
            "joints seldom change, so that kappas of change are low and unstable even where readers nearly always \
             agree; read them beside the specific agreement on negative and positive change"
                .into(),
        );
    }
    agreements
}

/// A kappa of 0 or 1 that no resampled patient moves is no certainty: says so, and what readers agree on in percent.
fn without_spread(a: &JointAgreement) -> Option<String> {
    let kappa = a.kappas.iter().find(|k| k.interval().is_none())?;
    let percent = 100.0 * a.exact.as_ref()?.value;
    // Counted, since a kappa of 1 may be rounded below it.
    let disagreed = (1.0 - percent / 100.0) * a.joints as f64;
    let why = if disagreed < 0.5 {
        "no disagreement was seen"
    } else {
        "one of the two gave nearly one grade throughout, so that chance alone would agree as often"
    };
    Some(format!(
        "joints, {} ({}), {} and {}: kappa {:.3} has no interval: {why}; readers agree exactly on {percent:.1} % of {} \
         joints",
        a.feature,
        match &a.quantity {
            super::Quantity::Status { visit } => format!("status at {visit}"),
            super::Quantity::Change { from, to } => format!("change {from} to {to}"),
        },
        a.first,
        a.second,
        kappa.kappa.value,
        a.joints
    ))
}

fn of_pair(
    panel: &Panel,
    pair: &Pair,
    draws: Option<&BootstrapDraws>,
    options: &AgreeOptions,
) -> JointAgreement {
    let scores = scores(panel, pair.first, pair.second);
    let kappas = kappas(
        &crosstab(&pair.grades, scores.iter().map(|s| (s.1, s.2))),
        &pair.weights,
        &pair.part,
        draws,
        options,
    );
    let sign = pair.sign.as_ref().map(|part| {
        let signs = || scores.iter().map(|s| (sign(s.1), sign(s.2)));
        signs_agree(
            &crosstab(&SIGNS, signs()),
            &pair.weights,
            part,
            draws,
            options,
        )
    });
    let subjects = scores.chunk_by(|a, b| a.0 == b.0).count();
    let share = |output: usize, name: &str| interval(draws?, output, name, options);
    JointAgreement {
        quantity: panel.quantity.clone(),
        feature: panel.feature.clone(),
        raters: panel.raters.clone(),
        first: panel.names[pair.first].clone(),
        second: panel.names[pair.second].clone(),
        joints: scores.len(),
        patients: subjects,
        exact: share(pair.part.exact(), "exact-agreement"),
        within_one: share(pair.part.within_one(), "agreement-within-1"),
        gwet: (pair.weights.iter().enumerate())
            .filter_map(|(at, (name, _))| {
                let name = match *name {
                    "unweighted" => "gwet-ac1".to_owned(),
                    weights => format!("gwet-ac2-{weights}"),
                };
                share(pair.part.gwet(at)?, &name)
            })
            .collect(),
        kappas,
        sign,
        all: (panel.names.len() == 2).then(|| together(panel, options, &mut Vec::new())),
    }
}

fn crosstab(grades: &[f64], pairs: impl Iterator<Item = (f64, f64)>) -> Option<Crosstab> {
    let c = grades.len();
    let mut counts = vec![0.0; c * c];
    for (a, b) in pairs {
        let at = |g: f64| grades.iter().position(|x| *x == g);
        if let (Some(i), Some(j)) = (at(a), at(b)) {
            counts[i * c + j] += 1.0;
        }
    }
    Crosstab::new(grades.to_vec(), counts).ok()
}

fn kappas(
    table: &Option<Crosstab>,
    weights: &[(&'static str, KappaWeights)],
    part: &GradesPart,
    draws: Option<&BootstrapDraws>,
    options: &AgreeOptions,
) -> Vec<KappaResult> {
    let Some(table) = table else {
        return Vec::new();
    };
    let result = |(at, (name, weights)): (usize, &(&'static str, KappaWeights))| {
        let kappa = cohen_kappa(table, weights, options.confidence).ok()?;
        let statistic = format!("kappa-{name}");
        let bootstrap = part
            .kappa(at)
            .zip(draws)
            .and_then(|(output, draws)| interval(draws, output, &statistic, options));
        Some(KappaResult {
            weights: name,
            kappa,
            bootstrap,
        })
    };
    weights.iter().enumerate().filter_map(result).collect()
}

fn signs_agree(
    table: &Option<Crosstab>,
    weights: &[(&'static str, KappaWeights)],
    part: &GradesPart,
    draws: Option<&BootstrapDraws>,
    options: &AgreeOptions,
) -> SignAgreement {
    let specific = |grade: f64, name: &str| -> Option<BootstrapInterval> {
        interval(draws?, part.specific(grade)?, name, options)
    };
    let mut counts = [[0u64; 3]; 3];
    if let Some(table) = table {
        for (line, row) in counts.iter_mut().zip(table.counts().chunks_exact(3)) {
            for (count, value) in line.iter_mut().zip(row) {
                *count = *value as u64;
            }
        }
    }
    SignAgreement {
        counts,
        kappas: kappas(
            table,
            &weights[..2.min(weights.len())],
            part,
            draws,
            options,
        ),
        negative: specific(-1.0, "specific-negative-change"),
        unchanged: specific(0.0, "specific-no-change"),
        positive: specific(1.0, "specific-positive-change"),
    }
}

/// All raters at once.
fn of_all(panel: &Panel, options: &AgreeOptions) -> (JointAgreement, Vec<String>) {
    let mut notes = Vec::new();
    let all = together(panel, options, &mut notes);
    let agreement = JointAgreement {
        quantity: panel.quantity.clone(),
        feature: panel.feature.clone(),
        raters: panel.raters.clone(),
        first: String::new(),
        second: String::new(),
        joints: all.krippendorff.map_or(0, |k| k.units),
        patients: panel.table.subjects.chunk_by(|a, b| a == b).count(),
        exact: None,
        within_one: None,
        gwet: Vec::new(),
        kappas: Vec::new(),
        sign: None,
        all: Some(all),
    };
    (agreement, notes)
}

fn together(panel: &Panel, options: &AgreeOptions, notes: &mut Vec<String>) -> MultiRater {
    let bootstrap = BootstrapOptions {
        draws: options.draws,
        seed: options.seed,
    };
    let krippendorff = krippendorff_alpha(
        &panel.table.ratings,
        Scale::Ordinal,
        Some(&panel.table.subjects),
        options.confidence,
        &bootstrap,
    );
    let krippendorff = krippendorff
        .map_err(|error| notes.push(format!("joints, {}: {error}", panel.title())))
        .ok();
    let counts = nominal_counts(&panel.table.ratings);
    let fleiss = counts.and_then(|c| fleiss_kappa(&c, options.confidence, &bootstrap).ok());
    // Of measurements every value is a grade of its own.
    let graded = distinct(
        panel
            .table
            .ratings
            .values()
            .iter()
            .copied()
            .filter(|v| !v.is_nan()),
    );
    let graded = graded.len() <= MOST_GRADES;
    let scales = [Scale::Nominal, Scale::Interval]
        .into_iter()
        .filter(|_| graded);
    let other = scales.filter_map(|scale| {
        let clusters = Some(panel.table.subjects.as_slice());
        let ratings = &panel.table.ratings;
        krippendorff_alpha(ratings, scale, clusters, options.confidence, &bootstrap).ok()
    });
    let gwet = gwet_agreement(
        &panel.table.ratings,
        &KappaWeights::Unweighted,
        options.confidence,
    );
    MultiRater {
        fleiss: fleiss
            .filter(|_| panel.names.len() > 2 && matches!(panel.raters, Raters::Between { .. })),
        krippendorff,
        other_scales: other.collect(),
        gwet: gwet.ok().filter(|_| graded),
    }
}

/// Counts of each grade in the joints that all raters scored.
fn nominal_counts(ratings: &Ratings) -> Option<Vec<Vec<u32>>> {
    let whole: Vec<&[f64]> = (0..ratings.targets())
        .map(|i| ratings.row(i))
        .filter(|row| row.iter().all(|v| !v.is_nan()))
        .collect();
    let grades = distinct(whole.iter().flat_map(|r| r.iter().copied()));
    if whole.len() < 2 || grades.len() < 2 || grades.len() > MOST_GRADES {
        return None;
    }
    let count = |row: &&[f64]| {
        let mut counts = vec![0u32; grades.len()];
        for value in *row {
            counts[grades.partition_point(|g| g < value)] += 1;
        }
        counts
    };
    Some(whole.iter().map(count).collect())
}
