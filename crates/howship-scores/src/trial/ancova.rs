use super::missing::standing;
use super::options::Setting;
use super::patients::{FeatureData, Patient};
use super::report::{AdjustedMean, Comparison, Handling, Method, TrialReport};
use crate::Error;
use howship_stats::{Contrast, Design, fit_linear, mid_ranks, normal_scores, rank_sum};

/// The patients with a change at one visit, of arms with at least two of them.
struct Sample<'a> {
    patients: Vec<&'a Patient>,
    changes: Vec<f64>,
    /// Arms other than the reference.
    compared: Vec<usize>,
}

/// What belongs to every row of one analysis.
struct Place<'a> {
    data: &'a FeatureData,
    setting: &'a Setting<'a>,
    visit: usize,
    handling: Handling,
}

impl Place<'_> {
    fn title(&self) -> String {
        format!(
            "`{}`, {}, {}",
            self.data.feature,
            self.setting.visit_names[self.visit],
            self.handling.name()
        )
    }

    fn comparison(&self, method: Method, arm: usize, patients: usize) -> Comparison {
        Comparison {
            feature: self.data.feature.clone(),
            visit: self.setting.visit_names[self.visit].clone(),
            handling: self.handling,
            method,
            arm: self.setting.arms[arm].clone(),
            reference: self.setting.reference_name().unwrap_or("").to_owned(),
            patients,
            difference: None,
            p: None,
            superiority: None,
        }
    }
}

pub(super) fn fill(
    report: &mut TrialReport,
    data: &FeatureData,
    setting: &Setting<'_>,
) -> Result<(), Error> {
    let Some(reference) = setting.reference else {
        return Ok(());
    };
    for visit in 0..setting.visits.len() {
        for handling in Handling::ALL {
            let place = Place {
                data,
                setting,
                visit,
                handling,
            };
            let sample = sample(&place, reference);
            if sample.compared.is_empty() {
                report.note(format!(
                    "{}: no arm can be compared with `{}`; both need two patients with a change",
                    place.title(),
                    setting.arms[reference]
                ));
                continue;
            }
            if let Some((first, rest)) = sample.changes.split_first()
                && rest.iter().all(|c| c == first)
            {
                // Where nothing changed, nothing does however missing films are handled: said once.
                let handling = match *first == 0.0 {
                    true => String::new(),
                    false => format!(", {}", handling.name()),
                };
                report.note(format!(
                    "`{}`, {}{handling}: every change is {first}; there is nothing to compare",
                    data.feature, setting.visit_names[visit]
                ));
                continue;
            }
            for method in [
                Method::Ancova,
                Method::AncovaRanks,
                Method::AncovaNormalScores,
            ] {
                ancova(report, &place, &sample, method)?;
            }
            wilcoxon(report, &place, &sample, reference);
        }
    }
    Ok(())
}

fn sample<'a>(place: &Place<'a>, reference: usize) -> Sample<'a> {
    let nominal = &place.setting.nominal_days;
    let found: Vec<(&Patient, f64)> = (place.data.patients.iter())
        .filter_map(|p| Some((p, standing(p, place.visit, place.handling, nominal)?.change)))
        .collect();
    let enough = |arm: usize| found.iter().filter(|(p, _)| p.arm == arm).count() >= 2;
    let arms: Vec<usize> = (0..place.setting.arms.len())
        .filter(|&a| enough(a))
        .collect();
    let compared = if enough(reference) {
        arms.iter().copied().filter(|&a| a != reference).collect()
    } else {
        Vec::new()
    };
    let kept = found.into_iter().filter(|(p, _)| arms.contains(&p.arm));
    let (patients, changes) = kept.unzip();
    Sample {
        patients,
        changes,
        compared,
    }
}

fn transformed(values: &[f64], method: Method) -> Result<Vec<f64>, Error> {
    Ok(match method {
        Method::AncovaRanks => mid_ranks(values)?,
        Method::AncovaNormalScores => normal_scores(values)?,
        _ => values.to_vec(),
    })
}

/// Covariates shared by the analysis of covariance and the random-coefficient model: centred baseline and strata.
pub(super) fn covariates(
    mut design: Design,
    baseline: &[f64],
    strata: &[Option<usize>],
    names: &[String],
) -> Result<Design, Error> {
    let mean = baseline.iter().sum::<f64>() / baseline.len() as f64;
    let centred: Vec<f64> = baseline.iter().map(|b| b - mean).collect();
    let spread = centred.iter().fold(0.0f64, |m, c| m.max(c.abs()));
    if spread > 1e-9 * (1.0 + mean.abs()) {
        design = design.with("baseline", centred)?;
    }
    let rows = strata.len() as f64;
    let mut present = (0..names.len()).filter(|s| strata.contains(&Some(*s)));
    // The first stratum is what the others are compared with.
    present.next();
    for s in present {
        let share = strata.iter().filter(|x| **x == Some(s)).count() as f64 / rows;
        // Centred, so that the intercept is at the mean of all patients.
        let column = strata
            .iter()
            .map(|x| f64::from(u8::from(*x == Some(s))) - share);
        design = design.with(format!("stratum {}", names[s]), column.collect())?;
    }
    Ok(design)
}

fn ancova(
    report: &mut TrialReport,
    place: &Place<'_>,
    sample: &Sample<'_>,
    method: Method,
) -> Result<(), Error> {
    let baseline: Vec<f64> = sample.patients.iter().map(|p| p.baseline).collect();
    let baseline = transformed(&baseline, method)?;
    let outcome = transformed(&sample.changes, method)?;
    let strata: Vec<Option<usize>> = sample.patients.iter().map(|p| p.stratum).collect();
    let setting = place.setting;
    let mut design = Design::intercept(outcome.len());
    for &arm in &sample.compared {
        let column = sample
            .patients
            .iter()
            .map(|p| f64::from(u8::from(p.arm == arm)));
        design = design.with(format!("arm {}", setting.arms[arm]), column.collect())?;
    }
    let design = covariates(design, &baseline, &strata, &setting.strata_names)?;
    let fit = match fit_linear(&design, &outcome) {
        Ok(fit) => fit,
        Err(reason) => {
            report.note(format!("{}: no {}: {reason}", place.title(), method.name()));
            return Ok(());
        }
    };
    let level = setting.options.confidence;
    let mut failed = None;
    let mut keep = |contrast: Result<Contrast, howship_stats::Error>| {
        contrast.map_err(|e| failed = Some(e.to_string())).ok()
    };
    for (i, &arm) in sample.compared.iter().enumerate() {
        let mut row = place.comparison(method, arm, outcome.len());
        row.difference = keep(fit.coefficient(1 + i, level));
        row.p = row.difference.map(|d| d.p);
        report.comparisons.push(row);
    }
    if method == Method::Ancova {
        let reference = setting.reference.into_iter().map(|r| (r, 0));
        let others = sample.compared.iter().enumerate().map(|(i, &a)| (a, i + 1));
        for (arm, column) in reference.chain(others) {
            let mut weights = vec![0.0; column + 1];
            weights[column] = 1.0;
            weights[0] = 1.0;
            if let Some(mean) = keep(fit.contrast(&weights, level)) {
                report.adjusted_means.push(AdjustedMean {
                    feature: place.data.feature.clone(),
                    visit: setting.visit_names[place.visit].clone(),
                    handling: place.handling,
                    method,
                    arm: setting.arms[arm].clone(),
                    mean,
                });
            }
        }
    }
    if let Some(reason) = failed {
        report.note(format!("{}: no {}: {reason}", place.title(), method.name()));
    }
    Ok(())
}

fn wilcoxon(report: &mut TrialReport, place: &Place<'_>, sample: &Sample<'_>, reference: usize) {
    let of = |arm: usize| -> Vec<f64> {
        let both = sample.patients.iter().zip(&sample.changes);
        both.filter(|(p, _)| p.arm == arm)
            .map(|(_, c)| *c)
            .collect()
    };
    let second = of(reference);
    for &arm in &sample.compared {
        let first = of(arm);
        let mut row = place.comparison(Method::RankSum, arm, first.len() + second.len());
        match rank_sum(&first, &second) {
            Ok(test) => {
                row.p = Some(test.p);
                row.superiority = Some(test.superiority);
            }
            Err(reason) => report.note(format!("{}: {reason}", place.title())),
        }
        report.comparisons.push(row);
    }
}
