//! Rows of means and totals below a table, which would be read as a patient's.

use super::field::Field;
use super::layout::Layout;
use super::problems::Problems;
use crate::{ScoreRow, ScoreTable};

/// Words that no subject is called by, in the languages that tables come in.
const WORDS: [&str; 38] = [
    "mean",
    "means",
    "average",
    "avg",
    "total",
    "totals",
    "grand total",
    "subtotal",
    "sum",
    "median",
    "overall",
    "stdev",
    "std dev",
    "std",
    "standard deviation",
    "standard error",
    "minimum",
    "maximum",
    "mittelwert",
    "mittel",
    "durchschnitt",
    "summe",
    "gesamt",
    "gesamtsumme",
    "standardabweichung",
    "moyenne",
    "somme",
    "médiane",
    "écart type",
    "media",
    "promedio",
    "suma",
    "mediana",
    "somma",
    "totale",
    "gemiddelde",
    "totaal",
    "medelvärde",
];

/// Short ones, which may be initials: they are refused only beside subjects that have digits in their names.
const SHORT: [&str; 12] = [
    "sd",
    "se",
    "sem",
    "n",
    "min",
    "max",
    "count",
    "cv",
    "iqr",
    "range",
    "mw",
    "sum total",
];

/// Subjects that are called as summaries are, each by its first line.
pub(super) fn problems(scores: &ScoreTable, layout: &Layout, problems: &mut Problems) {
    let numbered = |name: &str| name.chars().any(|c| c.is_ascii_digit());
    let column = layout.words(Field::Subject);
    let column = column.map_or(Field::Subject.name(), |w| w.column.as_str());
    for rows in scores.rows.chunk_by(|a, b| a.subject == b.subject) {
        let name = scores.subjects.name(rows[0].subject);
        let others = scores.subjects.iter().filter(|n| *n != name);
        let mut others = others.filter(|n| !is_one_of(n, &WORDS) && !is_one_of(n, &SHORT));
        // No other subject at all says nothing.
        let odd = is_one_of(name, &SHORT) && {
            let first = others.next();
            first.is_some_and(numbered) && others.all(numbered)
        };
        if is_one_of(name, &WORDS) || odd {
            let line = rows.iter().map(|r: &ScoreRow| r.line).min().unwrap_or(0);
            let reason = (
                "names a summary of subjects, not a subject",
                "leave rows of means, totals and the like out of the table; a subject that is really called so needs another name",
            );
            problems.push(scores.cell(line, column, name.to_owned(), reason));
        }
    }
}

/// Blanks, points and the like do not matter.
fn is_one_of(name: &str, words: &[&str]) -> bool {
    let letters = name.to_lowercase();
    let letters = letters.split(|c: char| !c.is_alphanumeric());
    let letters: Vec<&str> = letters.filter(|w| !w.is_empty()).collect();
    words.contains(&letters.join(" ").as_str())
}
