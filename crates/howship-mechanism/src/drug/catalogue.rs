/// What a drug is, as far as the model cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Blocks the IL-1 receptor.
    Il1Receptor,
    /// Binds IL-1β.
    Il1Beta,
    /// Binds tumour necrosis factor.
    Tnf,
    /// A conventional synthetic disease-modifying drug.
    CsDmard,
    /// Binds RANKL.
    Rankl,
    /// A bisphosphonate.
    Bisphosphonate,
    /// Recorded; its kinetics and effect are not modelled.
    Recorded,
}

/// One drug of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrugInfo {
    /// Name in records.
    pub name: &'static str,
    /// Current ATC code.
    pub atc: &'static str,
    /// What it is.
    pub class: Class,
    /// Longest plausible interval between doses, days: beyond it a record is more likely wrong than right.
    pub longest_interval: f64,
    /// Shortest plausible interval, days.
    pub shortest_interval: f64,
    /// Whether it is a biologic or a JAK inhibitor: two at once are warned against.
    pub targeted: bool,
}

const fn drug(
    name: &'static str,
    atc: &'static str,
    class: Class,
    interval: [f64; 2],
    targeted: bool,
) -> DrugInfo {
    DrugInfo {
        name,
        atc,
        class,
        shortest_interval: interval[0],
        longest_interval: interval[1],
        targeted,
    }
}

/// Every drug that a record may name. ATC codes: the current ones of the WHO index.
pub const DRUGS: [DrugInfo; 26] = [
    drug("anakinra", "L04AC03", Class::Il1Receptor, [0.5, 3.0], true),
    drug(
        "canakinumab",
        "L04AC08",
        Class::Il1Beta,
        [14.0, 120.0],
        true,
    ),
    drug("etanercept", "L04AB01", Class::Tnf, [3.0, 28.0], true),
    drug("infliximab", "L04AB02", Class::Tnf, [7.0, 112.0], true),
    drug("adalimumab", "L04AB04", Class::Tnf, [7.0, 56.0], true),
    drug(
        "certolizumab pegol",
        "L04AB05",
        Class::Recorded,
        [7.0, 56.0],
        true,
    ),
    drug("golimumab", "L04AB06", Class::Recorded, [7.0, 90.0], true),
    drug("tocilizumab", "L04AC07", Class::Recorded, [7.0, 56.0], true),
    drug("sarilumab", "L04AC14", Class::Recorded, [7.0, 56.0], true),
    drug("abatacept", "L04AA24", Class::Recorded, [7.0, 56.0], true),
    drug("rituximab", "L01FA01", Class::Recorded, [14.0, 400.0], true),
    drug("tofacitinib", "L04AF01", Class::Recorded, [0.5, 1.0], true),
    drug("baricitinib", "L04AF02", Class::Recorded, [0.5, 2.0], true),
    drug("upadacitinib", "L04AF03", Class::Recorded, [0.5, 2.0], true),
    drug("filgotinib", "L04AF04", Class::Recorded, [0.5, 2.0], true),
    drug(
        "methotrexate",
        "L04AX03",
        Class::CsDmard,
        [6.0, 15.0],
        false,
    ),
    drug("leflunomide", "L04AK01", Class::CsDmard, [0.5, 3.0], false),
    drug(
        "sulfasalazine",
        "A07EC01",
        Class::CsDmard,
        [0.25, 2.0],
        false,
    ),
    drug(
        "hydroxychloroquine",
        "P01BA02",
        Class::CsDmard,
        [0.5, 3.0],
        false,
    ),
    drug("azathioprine", "L04AX01", Class::CsDmard, [0.5, 2.0], false),
    drug("gold", "M01CB01", Class::CsDmard, [0.5, 45.0], false),
    drug("csdmard", "", Class::CsDmard, [0.25, 45.0], false),
    drug(
        "prednisolone",
        "H02AB06",
        Class::Recorded,
        [0.25, 2.0],
        false,
    ),
    drug("denosumab", "M05BX04", Class::Rankl, [80.0, 400.0], false),
    drug(
        "alendronate",
        "M05BA04",
        Class::Bisphosphonate,
        [0.5, 8.0],
        false,
    ),
    drug(
        "zoledronate",
        "M05BA08",
        Class::Recorded,
        [180.0, 800.0],
        false,
    ),
];

/// The drug of this name, whatever its letters' case.
#[must_use]
pub fn find(name: &str) -> Option<&'static DrugInfo> {
    let name = name.trim().to_lowercase();
    DRUGS.iter().find(|d| d.name == name)
}

/// The catalogue's name nearest to a misspelt one.
#[must_use]
pub fn nearest_drug(name: &str) -> Option<&'static str> {
    nearest(&name.to_lowercase(), DRUGS.iter().map(|d| d.name))
}

/// The word nearest to a misspelt one: fewest letters changed, added, left out or swapped with a neighbour, and no
/// more than a third of it.
#[must_use]
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = words.into_iter().map(|w| (edits(word, w), w));
    let (distance, best) = scored.min_by_key(|(d, w)| (*d, *w))?;
    let allowed = word
        .chars()
        .count()
        .max(best.chars().count())
        .div_ceil(3)
        .max(1);
    (distance <= allowed).then_some(best)
}

/// Optimal string alignment distance.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i.max(j)
            } else {
                let same = usize::from(a[i - 1] != b[j - 1]);
                let mut best = (table[i - 1][j] + 1)
                    .min(table[i][j - 1] + 1)
                    .min(table[i - 1][j - 1] + same);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(table[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_near() {
        assert_eq!(nearest_drug("anakrina"), Some("anakinra"));
        assert_eq!(nearest_drug("Adalimumap"), Some("adalimumab"));
        assert_eq!(nearest_drug("paracetamol"), None);
        assert_eq!(edits("dsoe", "dose"), 1);
    }
}
