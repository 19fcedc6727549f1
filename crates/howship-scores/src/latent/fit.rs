use super::collapse::{Collapsed, spread};
use super::design::Design;
use super::options::{Artefact, Grouping, LatentOptions};
use super::posterior::{Fit, doubts};
use super::probabilities::{called, joints, patients};
use super::report::{Called, LatentReport};
use crate::change::sequence_note;
use crate::change::series::{Series, span};
use crate::{Error, NONE, ScoreTable};

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
/// told from a change, and [`super::Standing::UpperBound`] says so. Readings are independent given all this, readings by
/// one reader too.
///
/// # Method
/// Gibbs sampling of classes and rates over joints collapsed by pattern, with weak priors ([`super::LatentPriors`]),
/// so that uncertainty of rates is in P(repair); probabilities are averaged over sweeps (Rao-Blackwell). Joints of
/// rare patterns are drawn with their patient's rates integrated out, without which chains mix slowly. That no film
/// shows an artefact is a hypothesis of its own (three visits or more). Priors of repair and progression hold for an
/// interval between visits; a span of several has so many times the rate. Same seed, same numbers, for any number of
/// threads. The three-class model is that of latent class analysis of raters (Dawid, Skene, Appl Stat 1979); what it
/// asks of a design is in `identification`.
///
/// # Limits
/// Sizes of changes are not used beyond their sign. A joint that heals and then progresses counts by what is left.
///
/// # Errors
/// Fewer than two visits; no joint with two readings of its change; no such feature; an assumed sensitivity outside
/// (0, 1]; grouping that does not fit the subjects; more visits asked for than 6.
pub fn latent_changes(table: &ScoreTable, options: &LatentOptions) -> Result<LatentReport, Error> {
    check(table, options)?;
    table.settled("P(repair)")?;
    let copies = table.copied();
    let table = &*table.without_copies();
    let span = span(table, options.from, options.to)?;
    let keep = |item: &crate::Item| options.feature.as_ref().is_none_or(|f| item.feature == *f);
    let series = Series::joints(table, keep)?;
    let visits = spread(span, options.most_visits.min(MOST_VISITS));
    let data = Collapsed::new(table, &series, visits, |subject, arm| {
        population(&options.groups, subject, arm, table.arms.len() as u32)
    });
    let design = Design::of(&data);
    if design.most < 2 {
        if let Some(copy) = copies.first() {
            return Err(Error::NotIdentified {
                question: "P(repair)",
                reason: (
                    format!(
                        "without copies no joint's change was read twice: {}",
                        copy.words(table)
                    ),
                    "bring the readings that were meant, or have the films read again",
                )
                    .into(),
            });
        }
        return Err(Error::NotIdentified {
            question: "P(repair)",
            reason: ("no joint's change was read twice", "with one reading noise and repair cannot be told apart: have the films read again, by another reader if possible")
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
    notes.extend(unpaired(table, &series, &data, span));
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

/// Joints that no reading has at both ends of the span are judged by their other visits.
fn unpaired(
    table: &ScoreTable,
    series: &Series,
    data: &Collapsed,
    span: (usize, usize),
) -> Option<String> {
    let judged = (0..series.units.len()).filter(|&u| data.bundle_of[u] != NONE);
    let paired = |unit: usize| {
        let both = |c| series.value(unit, c, span.1) - series.value(unit, c, span.0);
        (0..series.columns.len()).any(|c| both(c).is_finite())
    };
    let unpaired = judged.clone().filter(|&u| !paired(u)).count();
    (unpaired > 0).then(|| {
        format!(
            "{unpaired} of {} joints have no reading of both {} and {}: what is said of them rests on their other \
             visits and on the rates of all",
            judged.count(),
            table.visits[span.0].name,
            table.visits[span.1].name
        )
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
            reason: (
                format!(
                    "{} groups were given for {} subjects",
                    groups.len(),
                    table.subjects.len()
                ),
                "number them from 0, one per subject",
            )
                .into(),
        });
    }
    let feature = options.feature.as_ref();
    if let Some(feature) = feature.filter(|f| !table.items.iter().any(|i| i.feature == **f)) {
        return Err(Error::NotIdentified {
            question: "P(repair)",
            reason: format!("the table has no feature `{feature}`").into(),
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
