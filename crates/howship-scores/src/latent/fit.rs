use super::collapse::{Collapsed, spread};
use super::options::{Artefact, Grouping, LatentOptions};
use super::report::{
    Called, ExpectedCount, JointProbability, LatentReport, Parameter, PatientProbability, Standing,
};
use super::sampler::{Chain, Model};
use crate::change::sequence_note;
use crate::change::series::{Series, span};
use crate::{Error, NONE, ScoreTable};
use howship_stats::{Interval, expected_false_discovery};
use rayon::prelude::*;

/// P(repair) and P(progression) of every joint, by a Bayesian latent-change model.
///
/// # Model
/// Each joint is damaged at baseline or not, and over the span heals (if damaged), stays or progresses, in one or
/// several of the intervals between visits. Patients differ: their rates of damage, repair and progression are beta
/// distributed around means that are estimated. A reader sees an outstanding change with a sensitivity, takes it
/// for the opposite, or misses it and may see it on the next film; where nothing is outstanding, a film is scored a
/// step too high or too low at rates of the reader that differ between damaged and intact joints. Scores at 0
/// cannot fall, those at the maximum cannot rise. A film may show a shared artefact, which most of its readings take
/// over: on three visits or more it makes a change and its reverse, by which its rate is found; on two it is not
/// told from a change, and [`Standing::UpperBound`] says so. Readings are independent given all this, readings by
/// one reader too.
///
/// # Method
/// Gibbs sampling of classes and rates over joints collapsed by pattern, with weak priors ([`super::LatentPriors`]),
/// so that uncertainty of rates is in P(repair); probabilities are averaged over sweeps (Rao-Blackwell). Same seed,
/// same numbers, for any number of threads. The three-class model is that of latent class analysis of raters
/// (Dawid, Skene, Appl Stat 1979); what it asks of a design is in `identification`.
///
/// # Limits
/// Sizes of changes are not used beyond their sign. A joint that heals and then progresses counts by what is left.
///
/// # Errors
/// Fewer than two visits; no joint with two readings of its change; no such feature; an assumed sensitivity outside
/// (0, 1]; grouping that does not fit the subjects; more visits asked for than 6.
pub fn latent_changes(table: &ScoreTable, options: &LatentOptions) -> Result<LatentReport, Error> {
    check(table, options)?;
    let span = span(table, options.from, options.to)?;
    let keep = |item: &crate::Item| options.feature.as_ref().is_none_or(|f| item.feature == *f);
    let series = Series::joints(table, keep)?;
    let visits = spread(span, options.most_visits.min(MOST_VISITS));
    let data = Collapsed::new(table, &series, visits, |subject, arm| {
        population(&options.groups, subject, arm, table.arms.len() as u32)
    });
    let design = Design::of(&data);
    if design.most < 2 {
        return Err(Error::NotIdentified {
            question: "P(repair)",
            reason: "no joint's change was read twice; with one reading noise and repair cannot be told apart: have \
                     the films read again, by another reader if possible"
                .into(),
        });
    }
    let two_visits = data.visits.len() == 2;
    let range = two_visits && options.artefact == Artefact::Shared;
    let mut runs = vec![options.artefact];
    if range {
        // What is believed of artefacts, at its ends: none, and three times the mean.
        let prior = options.priors.artefact;
        runs.extend([
            Artefact::None,
            Artefact::Fixed((3.0 * prior.mean()).min(0.3)),
        ]);
    }
    let fits: Vec<Fit> = runs
        .iter()
        .map(|&artefact| Fit::new(&data, options, artefact))
        .collect();
    let joints = joints(table, &series, &data, &fits);
    let patients = patients(table, &data, &fits[0]);
    let called = |probabilities: Vec<f64>| -> Vec<Called> {
        let each = options.thresholds.iter();
        each.map(|&t| called(t, &probabilities)).collect()
    };
    let (standing, identification) = design.standing(options, two_visits);
    let mut notes: Vec<String> = sequence_note(table.sequence_known).into_iter().collect();
    if data.visits.len() < span.1 - span.0 + 1 {
        notes.push(format!(
            "{} of {} visits are used (the first, the last and the most even ones between)",
            data.visits.len(),
            span.1 - span.0 + 1
        ));
    }
    let parameters = fits[0].parameters(table, options.confidence);
    notes.extend(doubts(&parameters, options.artefact));
    let name = |visit: &usize| table.visits[*visit].name.clone();
    Ok(LatentReport {
        from: name(&span.0),
        to: name(&span.1),
        visits: data.visits.iter().map(name).collect(),
        feature: options.feature.clone(),
        standing,
        identification,
        assumed_sensitivity: options.assumed_sensitivity,
        repaired: fits[0].count(|t| t.0, options.confidence),
        progressed: fits[0].count(|t| t.1, options.confidence),
        joints_called: called(joints.iter().map(|j| j.repair).collect()),
        patients_called: called(patients.iter().map(|p| p.repair).collect()),
        joints,
        patients,
        parameters,
        notes,
    })
}

/// Patterns grow as 3^visits; more tell little that these do not.
const MOST_VISITS: usize = 6;

fn check(table: &ScoreTable, options: &LatentOptions) -> Result<(), Error> {
    let domain = |name, value, allowed| {
        Err(Error::Statistic(howship_stats::Error::Domain {
            name,
            value,
            allowed,
        }))
    };
    if let Some(s) = options.assumed_sensitivity
        && !(s > 0.0 && s <= 1.0)
    {
        return domain("assumed sensitivity", s, "0 < sensitivity <= 1");
    }
    if let Artefact::Fixed(rate) = options.artefact
        && !(0.0..=0.3).contains(&rate)
    {
        return domain("artefact rate", rate, "0 <= rate <= 0.3 per film");
    }
    if !(options.confidence > 0.0 && options.confidence < 1.0) {
        return domain("confidence", options.confidence, "0 < confidence < 1");
    }
    if let Grouping::Given(groups) = &options.groups
        && (groups.len() != table.subjects.len()
            || groups.iter().any(|&g| g as usize > groups.len()))
    {
        return Err(Error::NotIdentified {
            question: "P(repair) by group",
            reason: format!(
                "{} groups were given for {} subjects; number them from 0, one per subject",
                groups.len(),
                table.subjects.len()
            ),
        });
    }
    let feature = options.feature.as_ref();
    if let Some(feature) = feature.filter(|f| !table.items.iter().any(|i| i.feature == **f)) {
        return Err(Error::NotIdentified {
            question: "P(repair)",
            reason: format!("the table has no feature `{feature}`"),
        });
    }
    Ok(())
}

fn population(groups: &Grouping, subject: u32, arm: u32, arms: u32) -> u32 {
    match groups {
        Grouping::None => 0,
        Grouping::Arm if arm == NONE => arms,
        Grouping::Arm => arm,
        Grouping::Given(list) => list.get(subject as usize).copied().unwrap_or(0),
    }
}

/// What the design offers.
struct Design {
    /// Most readings of one joint, and most readers.
    most: usize,
    readers: usize,
    /// Joints by number of readings: 1, 2, 3 or more.
    joints: [u64; 3],
}

impl Design {
    fn of(data: &Collapsed) -> Self {
        let mut design = Self {
            most: 0,
            readers: 0,
            joints: [0; 3],
        };
        for bundle in &data.bundles {
            let readings = &data.patterns[bundle.pattern as usize].readings;
            let mut readers: Vec<u16> = readings.iter().map(|r| r.0).collect();
            readers.dedup();
            design.most = design.most.max(readings.len());
            design.readers = design.readers.max(readers.len());
            design.joints[readings.len().clamp(1, 3) - 1] += u64::from(bundle.count);
        }
        design
    }

    fn standing(&self, options: &LatentOptions, two_visits: bool) -> (Standing, Vec<String>) {
        let mut said = Vec::new();
        let [one, two, more] = self.joints;
        said.push(format!(
            "joints by readings of their change: {one} with one, {two} with two, {more} with three or more"
        ));
        let mut standing = Standing::Identified;
        if self.most < 3 && two_visits && options.assumed_sensitivity.is_none() {
            standing = Standing::PriorBounded;
            said.push(
                "two readings of two visits do not identify sensitivity, false-change rates and shares of change at \
                 once: the priors decide between noise and repair; a third reading or visit, or an assumed \
                 sensitivity, would"
                    .into(),
            );
        }
        if self.readers < 2 {
            said.push(
                "all readings of a joint are by one reader: errors that this reader repeats count as true changes".into(),
            );
            standing = standing.max(Standing::UpperBound);
        }
        match options.artefact {
            Artefact::None => {
                said.push(
                    "readings of one film are taken as independent: what a film shows wrongly to all its readers \
                     counts as true change, so that P(repair) is an upper bound"
                        .into(),
                );
                standing = standing.max(Standing::UpperBound);
            }
            Artefact::Shared if two_visits => {
                said.push(
                    "with two visits an artefact of one film cannot be told from a change: P(repair) rests on what is \
                     believed of artefacts, its range from many to none is given, and it is to be read as an upper \
                     bound; a third visit would identify the rate"
                        .into(),
                );
                standing = standing.max(Standing::UpperBound);
            }
            Artefact::Shared => said.push(
                "the rate of shared artefacts is found from changes that reverse on the next film; those of the first \
                 and the last film are taken to be as frequent"
                    .into(),
            ),
            Artefact::Fixed(rate) => {
                said.push(format!("the rate of shared artefacts is taken as {rate} per film"));
            }
        }
        (standing, said)
    }
}

impl Standing {
    fn max(self, other: Self) -> Self {
        match (self, other) {
            (Self::PriorBounded, _) | (_, Self::PriorBounded) => Self::PriorBounded,
            (Self::UpperBound, _) | (_, Self::UpperBound) => Self::UpperBound,
            _ => Self::Identified,
        }
    }
}

/// All chains of one run.
struct Fit<'a> {
    data: &'a Collapsed,
    names: Vec<(&'static str, Option<usize>, f64)>,
    chains: Vec<Chain>,
}

impl<'a> Fit<'a> {
    fn new(data: &'a Collapsed, options: &'a LatentOptions, artefact: Artefact) -> Self {
        let model = Model::new(data, options, artefact);
        let chains = (0..options.chains.max(1) as u64).into_par_iter();
        Self {
            data,
            names: model.names(),
            chains: chains.map(|chain| model.run(artefact, chain)).collect(),
        }
    }

    fn mean(&self, of: impl Fn(&Chain) -> f64) -> f64 {
        self.chains.iter().map(of).sum::<f64>() / self.chains.len() as f64
    }

    fn bundle(&self, bundle: usize) -> (f64, f64) {
        (
            self.mean(|c| c.bundles[bundle].0),
            self.mean(|c| c.bundles[bundle].1),
        )
    }

    fn count(&self, of: impl Fn(&(f64, f64)) -> f64, confidence: f64) -> ExpectedCount {
        let draws: Vec<f64> = self
            .chains
            .iter()
            .flat_map(|c| c.totals.iter().map(&of))
            .collect();
        ExpectedCount {
            mean: mean(&draws),
            interval: interval(draws, confidence),
        }
    }

    fn parameters(&self, table: &ScoreTable, confidence: f64) -> Vec<Parameter> {
        let readers = self.data.readers.len();
        let several = self.names.iter().filter(|n| n.0 == "repair").count() > 1;
        let one = |(i, (name, of, prior_sd)): (usize, &(&'static str, Option<usize>, f64))| {
            let chains: Vec<Vec<f64>> = (self.chains.iter())
                .map(|c| c.draws.iter().map(|d| d[i]).collect())
                .collect();
            let all: Vec<f64> = chains.iter().flatten().copied().collect();
            let of_reader = i < readers * super::rates::Rates::NAMES.len();
            let of = of
                .filter(|_| of_reader || several)
                .map(|n| match of_reader {
                    true => table.readers.name(self.data.readers[n]).to_owned(),
                    false => table
                        .arms
                        .iter()
                        .nth(n)
                        .map_or(n.to_string(), str::to_owned),
                });
            Parameter {
                name: (*name).to_owned(),
                of,
                mean: mean(&all),
                sd: variance(&all).sqrt(),
                interval: interval(all, confidence),
                prior_sd: *prior_sd,
                scale_reduction: scale_reduction(&chains),
            }
        };
        self.names.iter().enumerate().map(one).collect()
    }
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len().max(1) as f64
}

fn variance(x: &[f64]) -> f64 {
    let m = mean(x);
    x.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (x.len() as f64 - 1.0).max(1.0)
}

fn interval(mut draws: Vec<f64>, confidence: f64) -> Interval {
    draws.sort_unstable_by(f64::total_cmp);
    let at = |p: f64| {
        let i = (p * (draws.len() as f64 - 1.0)).round() as usize;
        draws.get(i).copied().unwrap_or(f64::NAN)
    };
    let tail = 0.5 - 0.5 * confidence;
    Interval::new(at(tail), at(1.0 - tail))
}

/// Gelman and Rubin's √R̂; none for one chain or draws that do not move.
fn scale_reduction(chains: &[Vec<f64>]) -> Option<f64> {
    let n = chains.first()?.len() as f64;
    let within = mean(&chains.iter().map(|c| variance(c)).collect::<Vec<_>>());
    if chains.len() < 2 || !(within > 1e-18) {
        return None;
    }
    let between = variance(&chains.iter().map(|c| mean(c)).collect::<Vec<_>>());
    Some((((n - 1.0) / n * within + between) / within).sqrt())
}

fn joints(
    table: &ScoreTable,
    series: &Series,
    data: &Collapsed,
    fits: &[Fit<'_>],
) -> Vec<JointProbability> {
    let (first, last) = (data.visits[0], data.visits[data.visits.len() - 1]);
    let bundles: Vec<Vec<(f64, f64)>> = fits
        .iter()
        .map(|f| (0..data.bundles.len()).map(|b| f.bundle(b)).collect())
        .collect();
    let of_unit = |(i, unit): (usize, &crate::change::series::Unit)| {
        let bundle = *data.bundle_of.get(i)?;
        if bundle == NONE {
            return None;
        }
        let item = unit.item?;
        let changes: Vec<f64> = (0..series.columns.len())
            .map(|c| series.value(i, c, last) - series.value(i, c, first))
            .collect();
        let (repair, progression) = bundles[0][bundle as usize];
        let range = bundles.get(1).zip(bundles.get(2)).map(|(none, many)| {
            let (a, b) = (none[bundle as usize].0, many[bundle as usize].0);
            Interval::new(a.min(b).min(repair), a.max(b).max(repair))
        });
        Some(JointProbability {
            subject: table.subjects.name(unit.subject).to_owned(),
            item: table.items.get(item as usize)?.title(),
            subject_number: unit.subject,
            item_number: item,
            readings: data.patterns[data.bundles[bundle as usize].pattern as usize]
                .readings
                .len(),
            better: changes.iter().filter(|c| **c < 0.0).count(),
            worse: changes.iter().filter(|c| **c > 0.0).count(),
            repair,
            no_change: (1.0 - repair - progression).max(0.0),
            progression,
            repair_range: range,
        })
    };
    series
        .units
        .iter()
        .enumerate()
        .filter_map(of_unit)
        .collect()
}

fn patients(table: &ScoreTable, data: &Collapsed, fit: &Fit<'_>) -> Vec<PatientProbability> {
    let mut joints = vec![0usize; data.patients.len()];
    for bundle in &data.bundles {
        joints[bundle.patient as usize] += bundle.count as usize;
    }
    (data.patients.iter().enumerate())
        .map(|(i, &(subject, _))| {
            let value = |k: usize| fit.mean(|c| c.patients[i][k]);
            PatientProbability {
                subject: table.subjects.name(subject).to_owned(),
                joints: joints[i],
                repair: value(0),
                progression: value(1),
                expected_repaired: value(2),
                expected_progressed: value(3),
            }
        })
        .collect()
}

fn called(threshold: f64, probabilities: &[f64]) -> Called {
    let certain: Vec<f64> = probabilities
        .iter()
        .copied()
        .filter(|&p| p >= threshold)
        .collect();
    Called {
        threshold,
        called: certain.len(),
        false_discovery: expected_false_discovery(&certain),
    }
}

/// What the draws themselves cast doubt on.
fn doubts(parameters: &[Parameter], artefact: Artefact) -> Vec<String> {
    let title = |p: &Parameter| match &p.of {
        Some(of) => format!("{} of {of}", p.name),
        None => p.name.clone(),
    };
    let mut notes = Vec::new();
    let apart: Vec<String> = parameters
        .iter()
        .filter(|p| p.scale_reduction.is_some_and(|r| r > 1.1))
        .map(title)
        .collect();
    if !apart.is_empty() {
        notes.push(format!(
            "chains have not come together for {}: run longer chains, and trust these rates less",
            apart.join(", ")
        ));
    }
    let unseen: Vec<String> = parameters
        .iter()
        .filter(|p| {
            p.name == "sensitivity" || (p.name == "artefact_rate" && artefact == Artefact::Shared)
        })
        .filter(|p| p.sd > 0.8 * p.prior_sd)
        .map(title)
        .collect();
    if !unseen.is_empty() {
        notes.push(format!(
            "the data hardly narrow the prior of {}",
            unseen.join(", ")
        ));
    }
    notes
}
