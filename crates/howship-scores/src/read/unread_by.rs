//! Readers who never scored what others scored on the same films, as hands without feet.

use super::films::Film;
use crate::ScoreTable;
use std::collections::BTreeMap;

/// When items are not read by one reader.
struct Rule {
    /// Films on which another reader scored the item, at least (count).
    films: usize,
    /// Share that the reader may leave out of the items that he does score: above it, tables list damage only (share).
    left_out: f64,
}

const RULE: Rule = Rule {
    films: 3,
    left_out: 0.1,
};

/// How many items a note names.
const SHOWN: usize = 6;

/// Of one reader and item: films that the reader scored, and films that another reader scored but not this one.
#[derive(Clone, Copy, Default)]
struct Count {
    given: usize,
    missed: usize,
}

/// Readers with items that only others scored.
pub(super) fn notes(scores: &ScoreTable, films: &[Film]) -> Vec<String> {
    let mut readers: BTreeMap<u32, Vec<Count>> = BTreeMap::new();
    let place = |f: &Film| (f.subject, f.visit);
    for visit in films.chunk_by(|a, b| place(a) == place(b)) {
        let mut any = vec![false; scores.items.len()];
        for film in visit {
            let given = any.iter_mut().zip(&film.scores);
            given.for_each(|(any, score)| *any |= !score.is_nan());
        }
        for film in visit {
            let counts = readers
                .entry(film.reader)
                .or_insert_with(|| vec![Count::default(); scores.items.len()]);
            for ((count, score), any) in counts.iter_mut().zip(&film.scores).zip(&any) {
                count.given += usize::from(!score.is_nan());
                count.missed += usize::from(score.is_nan() && *any);
            }
        }
    }
    let told = readers.iter();
    told.filter_map(|(reader, counts)| note(scores, *reader, counts))
        .collect()
}

fn note(scores: &ScoreTable, reader: u32, counts: &[Count]) -> Option<String> {
    let read = counts.iter().filter(|c| c.given > 0);
    let (given, missed) = read.fold((0, 0), |(g, m), c| (g + c.given, m + c.missed));
    if missed as f64 > RULE.left_out * (given + missed) as f64 {
        return None;
    }
    let items = counts.iter().zip(&scores.items);
    let unread = items.filter(|(c, _)| c.given == 0 && c.missed >= RULE.films);
    let unread: Vec<String> = unread.map(|(_, item)| item.title()).collect();
    (!unread.is_empty()).then(|| {
        format!(
            "reader `{}` never scored {} items that others scored on the same films ({}{}): this reader's sums lack them, \
             or are stretched to them where sums are filled in, and are no sums of what others read; compare readers on \
             what all scored",
            scores.readers.name(reader),
            unread.len(),
            unread[..unread.len().min(SHOWN)].join(", "),
            if unread.len() > SHOWN { ", …" } else { "" }
        )
    })
}
