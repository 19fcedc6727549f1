use super::field::Field;
use super::layout::{Layout, meanings};
use super::problems::Problems;
use super::words::{self, Word};

/// Whether readers knew the order of the films, where the table says so for all rows alike.
pub(super) fn sequence_known(
    layout: &Layout,
    problems: &mut Problems,
    warnings: &mut Vec<String>,
) -> Option<bool> {
    let words = layout.words(Field::Blinded)?;
    let read = meanings(layout, Field::Blinded, |w| Word::read(w, words::blinded))?;
    let first_rows = words.first_rows(layout.table.rows());
    let mut said = Vec::new();
    for (code, word) in read.into_iter().enumerate() {
        match word {
            Word::Known(blinded) => said.push(blinded),
            Word::Empty => {}
            Word::Bad => {
                let code = code as u32;
                let row = first_rows
                    .get(code as usize)
                    .copied()
                    .flatten()
                    .unwrap_or(0);
                let value = words.names.name(code);
                problems.push(layout.cell(row, &words.column, value, words::BLINDED));
            }
        }
    }
    let first = *said.first()?;
    if said.iter().any(|&s| s != first) {
        warnings.push(
            "some readings were blinded for the sequence of the films and some were not; they are taken together"
                .into(),
        );
        return None;
    }
    Some(!first)
}
