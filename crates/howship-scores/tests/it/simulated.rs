//! Simulated readers' scores as a score table, by the way that a file takes.

use howship_phantom::readers::ReaderData;
use howship_scores::{Error, ReadOptions, ScoreRow, ScoreTable, Side, read_scores};
use howship_tables::OpenOptions;

/// The table of a simulated study; items are numbered as the truth's sites.
pub(crate) fn table(data: &ReaderData) -> Result<ScoreTable, Error> {
    let mut csv = Vec::new();
    // Memory takes whatever is written.
    let _ = data.write_scores(&mut csv);
    let opened = howship_tables::read("simulated".as_ref(), csv, &OpenOptions::default())?;
    let mut table = read_scores(&opened, &ReadOptions::default())?;
    let place = |side: Option<Side>, site: &str, feature: &str| {
        let side = side.map_or(String::new(), |s| format!("{s:?}"));
        data.truth.site(&side, site, feature)
    };
    let places: Vec<Option<usize>> = table
        .items
        .iter()
        .map(|i| place(i.side, &i.site, &i.feature))
        .collect();
    let mut items: Vec<_> = places.iter().zip(table.items).collect();
    items.retain(|(place, _)| place.is_some());
    items.sort_by_key(|(place, _)| **place);
    table.items = items.into_iter().map(|(_, item)| item).collect();
    for row in &mut table.rows {
        row.item = places[row.item as usize].unwrap_or_default() as u32;
    }
    table.rows.sort_by_key(ScoreRow::key);
    Ok(table)
}
