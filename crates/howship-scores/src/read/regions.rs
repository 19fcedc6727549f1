//! Regions of a scheme that a table does not hold at all: hands alone, read by a scheme of hands and feet.

use crate::{Asked, Scheme, ScoreTable, UnreadRegion};

/// Regions without a single row; none where sums ask for the table's items anyway.
pub(super) fn unread(scores: &ScoreTable, scheme: &Scheme) -> Vec<UnreadRegion> {
    if scheme.asked == Asked::Table {
        return Vec::new();
    }
    let mut seen = vec![false; scores.items.len()];
    for row in &scores.rows {
        if let Some(here) = seen.get_mut(row.item as usize) {
            *here = true;
        }
    }
    let mut regions: Vec<(bool, UnreadRegion)> = Vec::new();
    for (i, (item, seen)) in scores.items.iter().zip(seen).enumerate() {
        let region = scheme.site(&item.site).map_or("", |s| s.region.as_str());
        let at = match regions.iter().position(|(_, r)| r.region == region) {
            Some(at) => at,
            None => {
                let items = Vec::new();
                let region = region.to_owned();
                regions.push((false, UnreadRegion { region, items }));
                regions.len() - 1
            }
        };
        let (read, of) = &mut regions[at];
        *read |= seen;
        of.items.push(i as u32);
    }
    let unread = regions.into_iter().filter(|(read, _)| !read);
    unread.map(|(_, region)| region).collect()
}

/// What such a table's sums are, and what they are not.
pub(super) fn warn(scores: &ScoreTable, scheme: &Scheme, warnings: &mut Vec<String>) {
    let unread = &scores.sums.unread;
    if unread.is_empty() {
        return;
    }
    let missing: Vec<String> = unread.iter().map(|r| format!("`{}`", r.region)).collect();
    let mut sums = Vec::new();
    for feature in &scheme.features {
        let items = scores.items.iter().zip(0_u32..);
        let left = items.filter(|(item, i)| {
            item.feature == feature.code && !unread.iter().any(|r| r.items.contains(i))
        });
        let largest: f64 = left.map(|(item, _)| item.weight * item.max).sum();
        sums.push((
            format!("{} {largest} of {}", feature.code, feature.max),
            largest,
        ));
    }
    let mut list: Vec<String> = sums.iter().map(|(words, _)| words.clone()).collect();
    if scheme.total {
        let all: f64 = sums.iter().map(|(_, largest)| largest).sum();
        list.push(format!("total {all} of {}", scheme.max_total));
    }
    let feet = unread.iter().any(|r| r.region == "foot");
    let hint = match scheme.id.as_str() {
        "svdh" if feet => "; for hands alone there is scheme `svdh-hands`",
        "genant" if feet => "; for hands alone there is scheme `genant-hands`",
        _ => "",
    };
    warnings.push(format!(
        "no site of region {} occurs in the table: sums are without it, nothing is imputed for it, and they reach at \
         most {}{hint}",
        missing.join(", "),
        list.join(", ")
    ));
}
