use super::Route;

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
    /// Plausible single doses, mg: beyond them the number or its unit is wrong.
    pub doses: [f64; 2],
    /// Routes by which it is given, the usual one first.
    pub routes: &'static [Route],
    /// Longest plausible interval between doses, days: beyond it a record is more likely wrong than right.
    pub longest_interval: f64,
    /// Shortest plausible interval, days.
    pub shortest_interval: f64,
    /// Whether it is a biologic or a JAK inhibitor: two at once are warned against.
    pub targeted: bool,
}

/// A dose of so many times the usual one, or so small a part of it, is another number or another unit: mg for g and
/// µg for mg are a thousand apart, and no schedule of these drugs (loading doses, doses per kg, children) comes near
/// twenty.
const FOLD: f64 = 20.0;

const fn about(usual: f64) -> [f64; 2] {
    [usual / FOLD, usual * FOLD]
}

/// Proteins: digested where swallowed.
const INJECTED: &[Route] = &[Route::Subcutaneous, Route::Intravenous];
const INFUSED: &[Route] = &[Route::Intravenous, Route::Subcutaneous];
const SWALLOWED: &[Route] = &[Route::Oral];
const ANY: &[Route] = &[
    Route::Oral,
    Route::Subcutaneous,
    Route::Intramuscular,
    Route::Intravenous,
];

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
        doses: [0.0, f64::INFINITY],
        routes: ANY,
        shortest_interval: interval[0],
        longest_interval: interval[1],
        targeted,
    }
}

impl DrugInfo {
    const fn given(mut self, doses: [f64; 2], routes: &'static [Route]) -> Self {
        self.doses = doses;
        self.routes = routes;
        self
    }
}

/// Every drug that a record may name. ATC codes: the current ones of the WHO index. Usual doses and routes: the
/// labels for rheumatoid arthritis (denosumab, alendronate and zoledronate: for osteoporosis), from memory; drugs given
/// both per kg into a vein and fixed under the skin stand with a dose between the two.
pub const DRUGS: [DrugInfo; 26] = [
    drug("anakinra", "L04AC03", Class::Il1Receptor, [0.5, 3.0], true).given(about(100.0), INJECTED),
    drug(
        "canakinumab",
        "L04AC08",
        Class::Il1Beta,
        [14.0, 120.0],
        true,
    )
    .given(about(150.0), INJECTED),
    drug("etanercept", "L04AB01", Class::Tnf, [3.0, 28.0], true).given(about(50.0), INJECTED),
    drug("infliximab", "L04AB02", Class::Tnf, [7.0, 112.0], true).given(about(300.0), INFUSED),
    drug("adalimumab", "L04AB04", Class::Tnf, [7.0, 56.0], true).given(about(40.0), INJECTED),
    drug(
        "certolizumab pegol",
        "L04AB05",
        Class::Recorded,
        [7.0, 56.0],
        true,
    )
    .given(about(200.0), INJECTED),
    drug("golimumab", "L04AB06", Class::Recorded, [7.0, 90.0], true).given(about(50.0), INJECTED),
    drug("tocilizumab", "L04AC07", Class::Recorded, [7.0, 56.0], true)
        .given(about(300.0), INJECTED),
    drug("sarilumab", "L04AC14", Class::Recorded, [7.0, 56.0], true).given(about(200.0), INJECTED),
    drug("abatacept", "L04AA24", Class::Recorded, [7.0, 56.0], true).given(about(300.0), INJECTED),
    drug("rituximab", "L01FA01", Class::Recorded, [14.0, 400.0], true)
        .given(about(1000.0), INFUSED),
    drug("tofacitinib", "L04AF01", Class::Recorded, [0.5, 1.0], true).given(about(5.0), SWALLOWED),
    drug("baricitinib", "L04AF02", Class::Recorded, [0.5, 2.0], true).given(about(4.0), SWALLOWED),
    drug("upadacitinib", "L04AF03", Class::Recorded, [0.5, 2.0], true)
        .given(about(15.0), SWALLOWED),
    drug("filgotinib", "L04AF04", Class::Recorded, [0.5, 2.0], true).given(about(200.0), SWALLOWED),
    drug(
        "methotrexate",
        "L04AX03",
        Class::CsDmard,
        [6.0, 15.0],
        false,
    )
    .given(about(15.0), ANY),
    drug("leflunomide", "L04AK01", Class::CsDmard, [0.5, 3.0], false).given(about(20.0), SWALLOWED),
    drug(
        "sulfasalazine",
        "A07EC01",
        Class::CsDmard,
        [0.25, 2.0],
        false,
    )
    .given(about(1000.0), SWALLOWED),
    drug(
        "hydroxychloroquine",
        "P01BA02",
        Class::CsDmard,
        [0.5, 3.0],
        false,
    )
    .given(about(400.0), SWALLOWED),
    drug("azathioprine", "L04AX01", Class::CsDmard, [0.5, 2.0], false)
        .given(about(100.0), SWALLOWED),
    drug("gold", "M01CB01", Class::CsDmard, [0.5, 45.0], false)
        .given(about(50.0), &[Route::Intramuscular, Route::Oral]),
    drug("csdmard", "", Class::CsDmard, [0.25, 45.0], false),
    drug(
        "prednisolone",
        "H02AB06",
        Class::Recorded,
        [0.25, 2.0],
        false,
    )
    // From the last step of tapering to a pulse.
    .given([0.5, 1500.0], ANY),
    drug("denosumab", "M05BX04", Class::Rankl, [80.0, 400.0], false)
        .given(about(60.0), &[Route::Subcutaneous]),
    drug(
        "alendronate",
        "M05BA04",
        Class::Bisphosphonate,
        [0.5, 8.0],
        false,
    )
    .given(about(70.0), SWALLOWED),
    drug(
        "zoledronate",
        "M05BA08",
        Class::Recorded,
        [180.0, 800.0],
        false,
    )
    .given(about(5.0), &[Route::Intravenous]),
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

/// Every word as near to a misspelt one as [`nearest`], in the order given.
#[must_use]
pub fn equally_near<'a>(word: &str, words: impl Iterator<Item = &'a str> + Clone) -> Vec<&'a str> {
    let Some(best) = nearest(word, words.clone()) else {
        return Vec::new();
    };
    let distance = edits(word, best);
    words.filter(|w| edits(word, w) == distance).collect()
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
        let bones = ["MC1", "MC2", "PP1", "MC3"];
        assert_eq!(
            equally_near("MC9", bones.into_iter()),
            ["MC1", "MC2", "MC3"]
        );
        assert!(equally_near("patella", bones.into_iter()).is_empty());
    }
}
