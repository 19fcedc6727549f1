use super::ancova::covariates;
use super::options::Setting;
use super::patients::{FeatureData, Patient};
use super::report::{AdjustedMean, Comparison, Handling, Method, RandomCoefficients, TrialReport};
use crate::{Error, Reason};
use howship_stats::{Contrast, Design, FixedEffects, MixedFit, MixedOptions, fit_mixed};

const DAYS_A_YEAR: f64 = 365.25;

/// Every observed change with a known day, of arms with at least two patients.
struct Rows<'a> {
    patients: Vec<&'a Patient>,
    /// Number of each row's patient.
    groups: Vec<u32>,
    changes: Vec<f64>,
    years: Vec<f64>,
    compared: Vec<usize>,
}

/// Change of every patient and visit on baseline, arm, time and arm × time, with intercept and slope random by
/// patient (Landewé and others, RMD Open 2023).
pub(super) fn fill(
    report: &mut TrialReport,
    data: &FeatureData,
    setting: &Setting<'_>,
) -> Result<(), Error> {
    let Some(reference) = setting.reference else {
        return Ok(());
    };
    match analyse(data, setting, reference) {
        Ok((found, notes)) => {
            for note in notes {
                report.note(format!("`{}`, random coefficients: {note}", data.feature));
            }
            report.comparisons.extend(found.comparisons);
            report.adjusted_means.extend(found.means);
            report.random_coefficients.push(found.model);
        }
        Err(Error::Statistic(reason)) => report.note(format!(
            "`{}`: no random-coefficient model: {reason}",
            data.feature
        )),
        Err(Error::NotIdentified { reason, .. }) => report.note(format!(
            "`{}`: no random-coefficient model: {}",
            data.feature,
            reason.in_full()
        )),
        Err(other) => return Err(other),
    }
    Ok(())
}

struct Found {
    model: RandomCoefficients,
    comparisons: Vec<Comparison>,
    means: Vec<AdjustedMean>,
}

fn not_identified(reason: impl Into<Reason>) -> Error {
    Error::NotIdentified {
        question: "a random-coefficient model",
        reason: reason.into(),
    }
}

fn analyse(
    data: &FeatureData,
    setting: &Setting<'_>,
    reference: usize,
) -> Result<(Found, Vec<String>), Error> {
    let rows = rows(data, setting, reference)?;
    let (fit, mut notes) = fit(&rows, setting)?;
    let effects = fit.fixed_effects(setting.options.degrees_of_freedom)?;
    let residuals = fit.residual_diagnostics();
    notes.extend(fit.notes.iter().chain(&residuals.notes).cloned());
    let level = setting.options.confidence;
    let fixed: Result<Vec<(String, Contrast)>, howship_stats::Error> = (0..fit.names.len())
        .map(|i| Ok((fit.names[i].clone(), effects.coefficient(i, level)?)))
        .collect();
    let last = last_visit(&rows, setting);
    let contrasts = Contrasts {
        data,
        setting,
        effects: &effects,
        arms: rows.compared.len(),
        patients: rows.patients.len(),
        last,
    };
    let mut comparisons = Vec::new();
    let mut means = vec![contrasts.mean(reference, None)?];
    for (i, &arm) in rows.compared.iter().enumerate() {
        comparisons.push(contrasts.difference(arm, i, Method::RandomCoefficientLast)?);
        comparisons.push(contrasts.difference(arm, i, Method::RandomCoefficientSlope)?);
        means.push(contrasts.mean(arm, Some(i))?);
    }
    let model = RandomCoefficients {
        feature: data.feature.clone(),
        patients: rows.patients.len(),
        changes: rows.changes.len(),
        random: fit.random_names.clone(),
        random_covariance: fit.random_covariance.clone(),
        residual_variance: fit.residual_variance,
        log_likelihood: fit.log_likelihood,
        degrees_of_freedom: effects.method,
        fixed: fixed?,
        singular: fit.singular,
        residuals,
    };
    let found = Found {
        model,
        comparisons,
        means,
    };
    Ok((found, notes))
}

fn rows<'a>(
    data: &'a FeatureData,
    setting: &Setting<'_>,
    reference: usize,
) -> Result<Rows<'a>, Error> {
    if setting.visits.len() < 2 {
        return Err(not_identified((
            "there is one visit after baseline",
            "slopes need two",
        )));
    }
    let usable = |p: &Patient, v: usize| {
        let year = p.days[v] / DAYS_A_YEAR;
        p.changes[v].filter(|_| year > 0.0).map(|c| (c, year))
    };
    let any = |p: &&Patient| (0..setting.visits.len()).any(|v| usable(p, v).is_some());
    let all: Vec<&Patient> = data.patients.iter().filter(any).collect();
    if all.is_empty() {
        return Err(not_identified((
            "no change has a known day",
            "give a column `days` or visits named by months",
        )));
    }
    let enough = |arm: usize| all.iter().filter(|p| p.arm == arm).count() >= 2;
    let arms: Vec<usize> = (0..setting.arms.len()).filter(|&a| enough(a)).collect();
    let compared: Vec<usize> = arms.iter().copied().filter(|&a| a != reference).collect();
    if !enough(reference) || compared.is_empty() {
        return Err(not_identified(
            "fewer than two arms have two patients with a change and its day".to_owned(),
        ));
    }
    let mut out = Rows {
        patients: all.into_iter().filter(|p| arms.contains(&p.arm)).collect(),
        groups: Vec::new(),
        changes: Vec::new(),
        years: Vec::new(),
        compared,
    };
    for (i, patient) in out.patients.iter().enumerate() {
        for (change, year) in (0..setting.visits.len()).filter_map(|v| usable(patient, v)) {
            out.groups.push(i as u32);
            out.changes.push(change);
            out.years.push(year);
        }
    }
    Ok(out)
}

/// Fixed effects: intercept, arms, time, arms × time, then covariates.
fn fit(rows: &Rows<'_>, setting: &Setting<'_>) -> Result<(MixedFit, Vec<String>), Error> {
    let of_row = |i: usize| rows.patients[rows.groups[i] as usize];
    let n = rows.changes.len();
    let inside = |arm: usize| -> Vec<f64> {
        (0..n)
            .map(|i| f64::from(u8::from(of_row(i).arm == arm)))
            .collect()
    };
    let mut design = Design::intercept(n);
    for &arm in &rows.compared {
        design = design.with(format!("arm {}", setting.arms[arm]), inside(arm))?;
    }
    design = design.with("time", rows.years.clone())?;
    for &arm in &rows.compared {
        let column = inside(arm)
            .iter()
            .zip(&rows.years)
            .map(|(x, t)| x * t)
            .collect();
        design = design.with(format!("arm {} × time", setting.arms[arm]), column)?;
    }
    let baseline: Vec<f64> = (0..n).map(|i| of_row(i).baseline).collect();
    let strata: Vec<Option<usize>> = (0..n).map(|i| of_row(i).stratum).collect();
    let design = covariates(design, &baseline, &strata, &setting.strata_names)?;
    let options = MixedOptions::default();
    let slope = Design::new(n).with("time", rows.years.clone())?;
    let mut notes = Vec::new();
    if 2 * rows.patients.len() < n {
        let both = Design::intercept(n).with("time", rows.years.clone())?;
        match fit_mixed(&rows.changes, &design, &both, &rows.groups, &options) {
            Ok(fit) => return Ok((fit, notes)),
            Err(reason) => notes.push(format!("{reason}; slopes alone are random")),
        }
    } else {
        notes.push(format!(
            "{n} changes of {} patients do not tell a random intercept from the residuals; slopes alone are random",
            rows.patients.len()
        ));
    }
    let fit = fit_mixed(&rows.changes, &design, &slope, &rows.groups, &options)?;
    Ok((fit, notes))
}

/// The last visit and its time: nominal, else the mean of the patients' own.
fn last_visit(rows: &Rows<'_>, setting: &Setting<'_>) -> (String, f64) {
    let last = setting.visits.len() - 1;
    let name = setting.visit_names[last].clone();
    let nominal = setting.nominal_days[last] / DAYS_A_YEAR;
    if nominal > 0.0 {
        return (name, nominal);
    }
    let seen = rows.patients.iter().filter(|p| p.changes[last].is_some());
    let days: Vec<f64> = seen.map(|p| p.days[last]).filter(|d| *d > 0.0).collect();
    let mean = days.iter().sum::<f64>() / days.len() as f64 / DAYS_A_YEAR;
    let latest = rows.years.iter().copied().fold(0.0, f64::max);
    (name, if mean > 0.0 { mean } else { latest })
}

/// Contrasts of the fixed effects in the order that [`fit`] lays them.
struct Contrasts<'a> {
    data: &'a FeatureData,
    setting: &'a Setting<'a>,
    effects: &'a FixedEffects,
    arms: usize,
    patients: usize,
    last: (String, f64),
}

impl Contrasts<'_> {
    fn weights(&self, level: f64, arm: Option<usize>, at_arm: f64, time: f64) -> Vec<f64> {
        let mut weights = vec![0.0; 2 * self.arms + 2];
        weights[0] = level;
        weights[self.arms + 1] = level * time;
        if let Some(i) = arm {
            weights[1 + i] = at_arm;
            weights[self.arms + 2 + i] = time;
        }
        weights
    }

    fn difference(&self, arm: usize, column: usize, method: Method) -> Result<Comparison, Error> {
        let weights = match method {
            Method::RandomCoefficientSlope => self.weights(0.0, Some(column), 0.0, 1.0),
            _ => self.weights(0.0, Some(column), 1.0, self.last.1),
        };
        let level = self.setting.options.confidence;
        let difference = self.effects.contrast(&weights, level)?;
        Ok(Comparison {
            feature: self.data.feature.clone(),
            visit: self.last.0.clone(),
            handling: Handling::Observed,
            method,
            arm: self.setting.arms[arm].clone(),
            reference: self.setting.reference_name().unwrap_or("").to_owned(),
            patients: self.patients,
            difference: Some(difference),
            p: Some(difference.p),
            superiority: None,
        })
    }

    fn mean(&self, arm: usize, column: Option<usize>) -> Result<AdjustedMean, Error> {
        let weights = self.weights(1.0, column, 1.0, self.last.1);
        let level = self.setting.options.confidence;
        Ok(AdjustedMean {
            feature: self.data.feature.clone(),
            visit: self.last.0.clone(),
            handling: Handling::Observed,
            method: Method::RandomCoefficientLast,
            arm: self.setting.arms[arm].clone(),
            mean: self.effects.contrast(&weights, level)?,
        })
    }
}
