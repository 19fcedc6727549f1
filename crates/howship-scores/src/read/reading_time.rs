//! When scores were read, as against when films were made.

use super::calendar::{DateReader, NoDate};
use super::field::Field;
use super::layout::{Layout, meanings};
use super::problems::Problems;
use super::words::Word;

/// By line of the file: the place of a score among its reader's readings, or the day on which it was read; and whether
/// it is a day. A table that says both is taken by its dates.
pub(super) fn read_at(layout: &Layout, problems: &mut Problems) -> (Vec<(u32, f64)>, bool) {
    for (field, dates) in [(Field::ReadDate, true), (Field::ReadOrder, false)] {
        let Some(words) = layout.words(field) else {
            continue;
        };
        let mapping = layout.mapping.as_ref().as_ref();
        let (numbers, order) = mapping.map_or((None, None), |m| (m.date_numbers, m.date_order));
        let reader = DateReader::new(numbers, order, words.names.iter());
        let number = |w: &str| w.parse::<f64>().ok().filter(|x| x.is_finite());
        let found = meanings(layout, field, |w| {
            let none = matches!(w, "NA" | ".");
            Word::read(if none { "" } else { w }, |w| match dates {
                true => reader.read(w).ok().map(|d| f64::from(d.day)),
                false => number(w),
            })
        });
        let found = found.unwrap_or_default();
        let mut list = Vec::new();
        for row in 0..layout.table.rows() {
            let code = words.code(row, 0);
            match found.get(code as usize) {
                Some(Word::Known(at)) => {
                    let line = u32::try_from(layout.table.line(row)).unwrap_or(u32::MAX);
                    list.push((line, *at));
                }
                Some(Word::Bad) => {
                    let word = words.names.name(code);
                    let reason = match dates {
                        true => reader.read(word).err().unwrap_or(NoDate::Other).reason(),
                        false => "is no number of a place among readings".into(),
                    };
                    problems.push(layout.cell(row, &words.column, word, reason));
                    return (Vec::new(), dates);
                }
                _ => {}
            }
        }
        return (list, dates);
    }
    (Vec::new(), false)
}
