//! Names of sites, sides or features exchanged on everybody's films: damage does not move from one to the other.

use super::exchanged_names::{Found, Names, Orders, Whose};
use super::exchanged_words::words;
use super::films::{Beside, Film, beside, chance};
use crate::{Doubt, Item, MixedUp, ScoreTable, Side};
use std::collections::{BTreeMap, BTreeSet};

/// When names are exchanged.
struct Rule {
    /// Share of reversed orders by chance: the table's own within these (share).
    share: [f64; 2],
    /// So many pairs of names may by chance look exchanged in the whole table (count).
    by_chance: f64,
    /// Orders reversed for one that is kept, at least (ratio).
    reversed_to_kept: usize,
    /// Correlation of the two films' differences over its standard error, at most: a reader who gives one site more
    /// throughout reverses orders too, but gives more where the other reader does.
    correlation: f64,
    /// Orders of all sites that are reversed as a whole, at least (count): then the scale runs the other way.
    whole: usize,
    /// Sites, or features, of a table whose pairs are looked at, at most (count).
    names: usize,
}

/// By chance one table of a hundred has such a pair.
const RULE: Rule = Rule {
    share: [0.1, 0.35],
    by_chance: 0.01,
    reversed_to_kept: 3,
    correlation: -4.0,
    whole: 30,
    names: 40,
};

impl Orders {
    fn all(self) -> usize {
        self.reversed + self.kept
    }

    fn is_reversed(self) -> bool {
        self.reversed >= RULE.reversed_to_kept * self.kept
    }

    fn looks_exchanged(self) -> bool {
        let free = (self.all() as f64 - 2.0).max(0.0);
        let left = (1.0 - self.correlation * self.correlation).max(1e-12);
        self.is_reversed() && self.correlation * (free / left).sqrt() <= RULE.correlation
    }

    fn and(self, other: Self) -> Self {
        Self {
            reversed: self.reversed + other.reversed,
            kept: self.kept + other.kept,
            correlation: 0.0,
        }
    }
}

type FilmPairs<'a> = Vec<(&'a Film, &'a Film)>;

/// Names that seem exchanged on everybody's films, as one doubt.
///
/// # Method
/// Of each pair of names (left and right; two features of a site; two sites) the items that differ in that name only
/// are laid side by side on two films of a subject: of two visits that follow one another, by all readers or by one, or
/// of two readers. Where they differ on both films, the worse one is the same (kept) or the other (reversed); a
/// subject's films together have one vote on each pair of items. Named are pairs with three times as many reversed as
/// kept, expected in fewer than 0.01 pairs of the table by chance (binomial, at the share of reversed orders of all
/// pairs of sites, 0.1 to 0.35), where the differences of the two films run against each other.
///
/// # Limits
/// Names moved round a ring of three or more are no pairs. Where the orders of all sites are reversed three times as
/// often as kept, the scale is what is told.
pub(super) fn items(scores: &ScoreTable, films: &[Film]) -> Option<Doubt> {
    let cells = cells(&scores.items);
    let groups = groups(films);
    let counted: Vec<(Whose, Vec<(&Names, Orders)>)> = groups
        .iter()
        .map(|(whose, pairs)| {
            let each = cells.iter();
            let each = each.map(|(names, cells)| (names, orders(pairs, cells)));
            (*whose, each.collect())
        })
        .collect();
    let told = |(_, o): &&(&Names, Orders)| o.all() > 0;
    let tests: usize = counted
        .iter()
        .map(|(_, c)| c.iter().filter(told).count())
        .sum();
    let level = RULE.by_chance / tests.max(1) as f64;
    let mut found: BTreeMap<Whose, Found<'_>> = BTreeMap::new();
    for (whose, counts) in &counted {
        let odd = exchanged(counts, level);
        // What all readers show need not be told of each.
        let all = match *whose {
            Whose::OfReader(from, to, _) => found.contains_key(&Whose::Visits(from, to)),
            _ => false,
        };
        if !odd.is_empty() && !all {
            found.insert(*whose, odd);
        }
    }
    (!found.is_empty()).then(|| Doubt::MixedUp {
        kind: MixedUp::Items,
        what: words(scores, &found),
    })
}

/// Those that look exchanged, each name once, the clearest first; where sides or features are, sites are not told.
fn exchanged<'a>(counts: &[(&'a Names, Orders)], level: f64) -> Found<'a> {
    let sites = counts.iter().filter(|(n, _)| matches!(n, Names::Sites(..)));
    let sites = sites.fold(Orders::default(), |sum, (_, o)| sum.and(*o));
    if sites.is_reversed() && sites.all() >= RULE.whole {
        return vec![(&Names::Scale, sites)];
    }
    let [low, high] = RULE.share;
    let share = match sites.all() {
        0 => high,
        all => ((sites.reversed as f64 + 1.0) / (all as f64 + 2.0)).clamp(low, high),
    };
    let odd = counts.iter().filter(|(_, o)| o.looks_exchanged());
    let mut odd: Vec<(f64, &'a Names, Orders)> = odd
        .map(|(names, o)| (chance(o.reversed, o.all(), share), *names, *o))
        .filter(|(chance, ..)| *chance < level)
        .collect();
    let whole = |n: &Names| !matches!(n, Names::Sites(..));
    if odd.iter().any(|(_, names, _)| whole(names)) {
        odd.retain(|(_, names, _)| whole(names));
    }
    odd.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for (_, names, orders) in odd {
        let fresh = match names {
            Names::Scale | Names::Sides => true,
            Names::Features(a, b) | Names::Sites(a, b) => {
                !seen.contains(a.as_str()) && !seen.contains(b.as_str())
            }
        };
        if fresh {
            if let Names::Features(a, b) | Names::Sites(a, b) = names {
                seen.extend([a.as_str(), b.as_str()]);
            }
            found.push((names, orders));
        }
    }
    found.sort_by(|a, b| a.0.cmp(b.0));
    found
}

/// Film pairs of all subjects by what is compared, each in the order of subjects.
fn groups(films: &[Film]) -> BTreeMap<Whose, FilmPairs<'_>> {
    let mut groups: BTreeMap<Whose, FilmPairs<'_>> = BTreeMap::new();
    for (at, pairs) in beside(films) {
        let whose: Vec<Whose> = match at {
            Beside::Visits {
                from, to, reader, ..
            } => {
                vec![Whose::Visits(from, to), Whose::OfReader(from, to, reader)]
            }
            Beside::Readers { first, second, .. } => vec![Whose::Readers(first, second)],
        };
        for whose in whose {
            groups.entry(whose).or_default().extend(&pairs);
        }
    }
    for pairs in groups.values_mut() {
        pairs.sort_by_key(|(first, _)| first.subject);
    }
    groups
}

/// The pairs of items of each pair of names.
fn cells(items: &[Item]) -> BTreeMap<Names, Vec<(usize, usize)>> {
    let mut cells: BTreeMap<Names, Vec<(usize, usize)>> = BTreeMap::new();
    let sites: BTreeSet<&str> = items.iter().map(|i| i.site.as_str()).collect();
    let features: BTreeSet<&str> = items.iter().map(|i| i.feature.as_str()).collect();
    let few = (sites.len() <= RULE.names, features.len() <= RULE.names);
    for (i, a) in items.iter().enumerate() {
        for (j, b) in items.iter().enumerate().skip(i + 1) {
            let same = (a.side == b.side, a.site == b.site, a.feature == b.feature);
            // In the order of names, whatever that of the items.
            let ordered = |x: &str, y: &str| match x < y {
                true => (x.to_owned(), y.to_owned(), (i, j)),
                false => (y.to_owned(), x.to_owned(), (j, i)),
            };
            let (names, cell) = match same {
                (false, true, true) => match (a.side, b.side) {
                    (Some(Side::L), Some(Side::R)) => (Names::Sides, (i, j)),
                    (Some(Side::R), Some(Side::L)) => (Names::Sides, (j, i)),
                    _ => continue,
                },
                (true, true, false) if few.1 => {
                    let (x, y, cell) = ordered(&a.feature, &b.feature);
                    (Names::Features(x, y), cell)
                }
                (true, false, true) if few.0 => {
                    let (x, y, cell) = ordered(&a.site, &b.site);
                    (Names::Sites(x, y), cell)
                }
                _ => continue,
            };
            cells.entry(names).or_default().push(cell);
        }
    }
    cells
}

/// Votes of subjects on the order of pairs of items, and how the differences correlate.
fn orders(pairs: &[(&Film, &Film)], cells: &[(usize, usize)]) -> Orders {
    let mut orders = Orders::default();
    let mut products = [0.0; 3];
    for &(i, j) in cells {
        let mut differences: Vec<(f64, f64)> = Vec::new();
        for subject in pairs.chunk_by(|a, b| a.0.subject == b.0.subject) {
            let of = |f: &Film| f.scores[i] - f.scores[j];
            let both = subject.iter().map(|(a, b)| (of(a), of(b)));
            let both = both.filter(|(x, y)| !x.is_nan() && !y.is_nan());
            let before = differences.len();
            differences.extend(both);
            let vote: f64 = differences[before..].iter().map(|(x, y)| sign(x * y)).sum();
            orders.reversed += usize::from(vote < 0.0);
            orders.kept += usize::from(vote > 0.0);
        }
        let sums = within(&differences);
        products.iter_mut().zip(sums).for_each(|(p, s)| *p += s);
    }
    let size = (products[0] * products[1]).sqrt();
    orders.correlation = if size > 0.0 { products[2] / size } else { 0.0 };
    orders
}

/// Sums of squares and of products about the means.
fn within(differences: &[(f64, f64)]) -> [f64; 3] {
    let n = differences.len().max(1) as f64;
    let (x, y) = differences
        .iter()
        .fold((0.0, 0.0), |(x, y), d| (x + d.0, y + d.1));
    let (x, y) = (x / n, y / n);
    differences.iter().fold([0.0; 3], |[xx, yy, xy], (a, b)| {
        let (a, b) = (a - x, b - y);
        [xx + a * a, yy + b * b, xy + a * b]
    })
}

/// `signum` of 0 is 1.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}
