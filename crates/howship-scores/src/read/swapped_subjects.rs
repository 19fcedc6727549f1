//! Two subjects exchanged on one film: each one's film fits the other's other film, and not its own.

use super::films::{Beside, Film, beside, chance};
use crate::{Doubt, MixedUp, ScoreTable};
use std::collections::BTreeMap;

/// When subjects are exchanged.
struct Rule {
    /// Share of telling scores that fit the other subject's film by chance: the table's own within these (share).
    share: [f64; 2],
    /// So many pairs of subjects may by chance look exchanged in the whole table (count).
    by_chance: f64,
    /// Scores that fit the other's film for one that fits the own, at least, of either subject (ratio).
    other_to_own: usize,
    /// Scores that fit the other's film, of either subject, at least (count).
    telling: usize,
    /// Subjects of a visit that are paired: those whose own films are least alike (count).
    subjects: usize,
}

/// By chance one table of a hundred has such a pair. Subjects exchanged are among those least like themselves; two
/// hundred of them make twenty thousand pairs.
const RULE: Rule = Rule {
    share: [0.2, 0.35],
    by_chance: 0.01,
    other_to_own: 3,
    telling: 4,
    subjects: 200,
};

/// How many pairs a message names.
const SHOWN: usize = 6;

/// How a film fits the other subject's, and its own.
#[derive(Clone, Copy)]
struct Fit {
    other: usize,
    own: usize,
}

/// Two subjects, by number, each one's film laid beside both.
struct Pair {
    subjects: (u32, u32),
    fits: [Fit; 2],
}

impl Pair {
    fn other(&self) -> usize {
        self.fits[0].other + self.fits[1].other
    }

    fn all(&self) -> usize {
        self.other() + self.fits[0].own + self.fits[1].own
    }

    fn looks_exchanged(&self) -> bool {
        let fits = |f: &Fit| f.other >= RULE.telling && f.other >= RULE.other_to_own * f.own;
        self.fits.iter().all(fits)
    }
}

/// Pairs of subjects whose films seem exchanged, as one doubt.
///
/// # Method
/// Of two films of a subject (one reader's at two visits that follow one another, or two readers' of one visit) and two
/// of another subject, the scores tell in which the first films differ: the second film is nearer to its own subject's
/// first one or to the other's. Both must fit the other three times as often, and so many in all must be expected in
/// fewer than 0.01 pairs of the table by chance (binomial, at the share of the table's telling scores that fit
/// another's film, 0.2 to 0.35).
///
/// # Limits
/// A pair with little damage, or alike, has nothing that tells. Three subjects exchanged in a ring are no pair.
pub(super) fn swapped(scores: &ScoreTable, films: &[Film]) -> Option<Doubt> {
    let groups: Vec<(Beside, Vec<Pair>)> = beside(films)
        .into_iter()
        .map(|(at, films)| (at, pairs(films)))
        .collect();
    let tests: usize = groups.iter().map(|(_, p)| p.len()).sum();
    let level = RULE.by_chance / tests.max(1) as f64;
    let mut named: BTreeMap<(u32, u32), Vec<String>> = BTreeMap::new();
    for (at, pairs) in &groups {
        for pair in exchanged(pairs, level) {
            named.entry(pair.subjects).or_default().push(format!(
                "{} ({} of {} scores that tell them apart)",
                at.words(scores),
                pair.other(),
                pair.all()
            ));
        }
    }
    (!named.is_empty()).then(|| Doubt::MixedUp {
        kind: MixedUp::Subjects,
        what: words(scores, &named),
    })
}

fn words(scores: &ScoreTable, named: &BTreeMap<(u32, u32), Vec<String>>) -> String {
    let subject = |s: u32| scores.subjects.name(s);
    let one = |((a, b), at): (&(u32, u32), &Vec<String>)| {
        format!(
            "`{}` and `{}`, comparing {}",
            subject(*a),
            subject(*b),
            at.join(" and ")
        )
    };
    let shown: Vec<String> = named.iter().take(SHOWN).map(one).collect();
    let more = match named.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!("; and {n} more pairs"),
    };
    format!(
        "subjects seem exchanged on some films, since each one's scores fit the other's films better than its own: {}{more}",
        shown.join("; ")
    )
}

/// Those that look exchanged, each subject once, the clearest first.
fn exchanged(pairs: &[Pair], level: f64) -> Vec<&Pair> {
    let sum = |of: fn(&Pair) -> usize| pairs.iter().map(of).sum::<usize>() as f64;
    let [low, high] = RULE.share;
    let share = ((sum(Pair::other) + 1.0) / (sum(Pair::all) + 2.0)).clamp(low, high);
    let odd = pairs.iter().filter(|p| p.looks_exchanged());
    let mut odd: Vec<(f64, &Pair)> = odd
        .map(|p| (chance(p.other(), p.all(), share), p))
        .filter(|(chance, _)| *chance < level)
        .collect();
    odd.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.subjects.cmp(&b.1.subjects)));
    let mut found: Vec<&Pair> = Vec::new();
    for (_, pair) in odd {
        let (a, b) = pair.subjects;
        let seen = |p: &&Pair| {
            [p.subjects.0, p.subjects.1]
                .iter()
                .any(|s| [a, b].contains(s))
        };
        if !found.iter().any(seen) {
            found.push(pair);
        }
    }
    found
}

/// All pairs of the subjects that are least alike on their own two films.
fn pairs(mut films: Vec<(&Film, &Film)>) -> Vec<Pair> {
    films.sort_by(|a, b| {
        unlike(*b)
            .total_cmp(&unlike(*a))
            .then(a.0.subject.cmp(&b.0.subject))
    });
    films.truncate(RULE.subjects);
    films.sort_by_key(|(first, _)| first.subject);
    let mut found = Vec::new();
    for (i, (a, of_a)) in films.iter().enumerate() {
        for (b, of_b) in &films[i + 1..] {
            // A subject may have two campaigns.
            if a.subject != b.subject {
                found.push(Pair {
                    subjects: (a.subject, b.subject),
                    fits: [fit(of_a, a, b), fit(of_b, b, a)],
                });
            }
        }
    }
    found
}

/// Distance of two films over their size: 0 where they are alike.
fn unlike((a, b): (&Film, &Film)) -> f64 {
    let both = a.scores.iter().zip(&b.scores);
    let both = both.filter(|(x, y)| !x.is_nan() && !y.is_nan());
    let (apart, size) = both.fold((0.0, 0.0), |(apart, size), (x, y)| {
        (apart + (x - y).abs(), size + x.abs() + y.abs())
    });
    if size > 0.0 { apart / size } else { 0.0 }
}

/// Whether the scores of a film that tell two others apart are nearer to the one or to the other.
fn fit(film: &Film, own: &Film, other: &Film) -> Fit {
    let scores = film.scores.iter().zip(&own.scores).zip(&other.scores);
    // Of NaN nothing is nearer.
    scores.fold(Fit { other: 0, own: 0 }, |fit, ((x, own), other)| {
        let (to_own, to_other) = ((x - own).abs(), (x - other).abs());
        Fit {
            other: fit.other + usize::from(to_other < to_own),
            own: fit.own + usize::from(to_own < to_other),
        }
    })
}
