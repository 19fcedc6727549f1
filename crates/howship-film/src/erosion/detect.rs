use super::ErosionOptions;
use super::bone::Bone;
use super::follow::{confirmed, extent};
use howship_change::{FilmErosionSource, JointBone};

/// An erosion that the reader points at.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenErosion {
    /// Name of the visit whose film it is pointed at on.
    pub visit: String,
    /// The bone; the nearer outline where absent.
    pub bone: Option<JointBone>,
    /// A point of its mouth, pixels of that film.
    pub at: [f64; 2],
    /// Length of its mouth, pixels of that film.
    pub mouth: Option<f64>,
}

/// A stretch of outline to be followed.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub source: FilmErosionSource,
    /// Index of the visit it was found or given at.
    pub visit: usize,
    /// Rows of the envelope.
    pub rows: std::ops::Range<usize>,
    /// A row of its mouth: the one pointed at, or the middle of what was found.
    pub at: usize,
}

/// Runs of rows with at least `least`; gaps of up to 4 rows are bridged.
fn runs(level: &[f64], least: f64) -> Vec<std::ops::Range<usize>> {
    let mut all: Vec<std::ops::Range<usize>> = Vec::new();
    for (r, &l) in level.iter().enumerate() {
        if l < least {
            continue;
        }
        match all.last_mut() {
            Some(last) if r <= last.end + 4 => last.end = r + 1,
            _ => all.push(r..r + 1),
        }
    }
    all
}

/// The run nearest to a row, if it comes as near as `reach`.
fn nearest(
    runs: Vec<std::ops::Range<usize>>,
    row: usize,
    reach: usize,
) -> Option<std::ops::Range<usize>> {
    let far = |r: &std::ops::Range<usize>| {
        if r.contains(&row) {
            0
        } else {
            r.start.abs_diff(row).min(r.end.abs_diff(row))
        }
    };
    runs.into_iter().min_by_key(far).filter(|r| far(r) <= reach)
}

/// Erosions of one bone: those given, those seen at the first film, and those that a later one shows anew.
pub(crate) fn sites(
    bone: &Bone,
    given: &[(usize, usize, Option<f64>)],
    options: &ErosionOptions,
) -> Vec<Site> {
    let mut all: Vec<Site> = given
        .iter()
        .map(|&(visit, row, mouth)| {
            let rows = pointed_rows(bone, visit, row, mouth, options);
            Site {
                source: FilmErosionSource::Given,
                visit,
                at: row.clamp(rows.start, rows.end.saturating_sub(1).max(rows.start)),
                rows,
            }
        })
        .collect();
    let mut taken: Vec<std::ops::Range<usize>> =
        all.iter().map(|s| extent(bone, s, options)).collect();
    for visit in 0..bone.visits() {
        let (Ok(first), Ok(film)) = (bone.on(0), bone.on(visit)) else {
            continue;
        };
        let (level, source) = if visit == 0 {
            (film.line.clone(), FilmErosionSource::Found)
        } else {
            let opened = film.line.iter().zip(&first.line).map(|(a, b)| a - b);
            (opened.collect(), FilmErosionSource::New)
        };
        let share = match source {
            FilmErosionSource::New => options.new_line_share,
            _ => options.found_line_share,
        };
        for rows in runs(&level, share) {
            let site = Site {
                source,
                visit,
                at: usize::midpoint(rows.start, rows.end),
                rows,
            };
            if placed(bone, &site.rows, options)
                && apart(&all, &site.rows)
                && let Some(rows) = confirmed(bone, &site, &taken, options)
            {
                taken.push(rows);
                all.push(site);
            }
        }
    }
    all
}

/// Where the cortical line is lost near a point; where it is nowhere, the stretch that the reader gave, or a usual
/// mouth.
fn pointed_rows(
    bone: &Bone,
    visit: usize,
    row: usize,
    mouth: Option<f64>,
    options: &ErosionOptions,
) -> std::ops::Range<usize> {
    let half = mouth.map_or(options.given_half_px, |m| 0.5 * m + 4.0) as usize;
    let low = row.saturating_sub(half);
    let high = (row + half).min(bone.rows());
    let film = bone.on(visit).or_else(|_| bone.on(0));
    let opened = film.ok().and_then(|f| {
        let found = runs(&f.line[low..high], options.line_share);
        let shifted = found.into_iter().map(|r| r.start + low..r.end + low);
        nearest(shifted.collect(), row, options.pointed_px)
    });
    let usual = (mouth.unwrap_or(24.0) * 0.5) as usize;
    opened.unwrap_or(row.saturating_sub(usual)..(row + usual).min(bone.rows()))
}

/// Long enough, off the joint surface, and not at the strip's ends.
fn placed(bone: &Bone, rows: &std::ops::Range<usize>, options: &ErosionOptions) -> bool {
    let free = rows.clone().filter(|&r| bone.free[r]).count() * 10 >= 7 * rows.len();
    let inner = rows.start > 6 && rows.end + 6 < bone.rows();
    rows.len() >= options.found_mouth_px && free && inner
}

fn apart(all: &[Site], rows: &std::ops::Range<usize>) -> bool {
    all.iter()
        .all(|s| s.rows.end + 3 < rows.start || rows.end + 3 < s.rows.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_bridge_small_gaps_only() {
        let mut level = vec![0.0; 40];
        level[5..10].fill(3.0);
        level[12..15].fill(3.0);
        level[25..30].fill(3.0);
        assert_eq!(runs(&level, 2.0), [5..15, 25..30]);
    }
}
