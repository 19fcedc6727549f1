use super::ErosionOptions;
use super::follow::Bone;
use crate::floor::Floor;
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
}

/// Runs of rows whose floor lies at least `mouth` below the outline; gaps of up to 4 rows are bridged.
pub(crate) fn runs(depth: &[f64], mouth: f64) -> Vec<std::ops::Range<usize>> {
    let mut all: Vec<std::ops::Range<usize>> = Vec::new();
    for (r, &d) in depth.iter().enumerate() {
        if d < mouth {
            continue;
        }
        match all.last_mut() {
            Some(last) if r <= last.end + 4 => last.end = r + 1,
            _ => all.push(r..r + 1),
        }
    }
    all
}

/// Erosions of one bone: those given, those seen at the first film, and those that a later one shows anew.
pub(crate) fn sites(
    bone: &Bone,
    given: &[(usize, usize, Option<f64>)],
    options: &ErosionOptions,
) -> Vec<Site> {
    let mut all: Vec<Site> = Vec::new();
    for &(visit, row, mouth) in given {
        let half = mouth.map_or(options.given_half_px, |m| 0.5 * m + 4.0) as usize;
        let low = row.saturating_sub(half);
        let high = (row + half).min(bone.rows());
        let floor = bone.floor(visit).or_else(|| bone.floor(0));
        let run = floor.and_then(|f| {
            let near = |r: &std::ops::Range<usize>| {
                if r.contains(&row) {
                    0
                } else {
                    r.start.abs_diff(row).min(r.end.abs_diff(row))
                }
            };
            runs(&f.depth[low..high], options.mouth_px)
                .into_iter()
                .map(|r| r.start + low..r.end + low)
                .min_by_key(near)
        });
        // Without a floor the stretch that the reader gave, or a usual mouth, is followed.
        let usual = (mouth.unwrap_or(24.0) * 0.5) as usize;
        let rows = run.unwrap_or(row.saturating_sub(usual)..(row + usual).min(bone.rows()));
        all.push(Site {
            source: FilmErosionSource::Given,
            visit,
            rows,
        });
    }
    if let Some(floor) = bone.floor(0) {
        for rows in runs(&floor.depth, options.mouth_px) {
            if worth(bone, floor, &rows, options) && apart(&all, &rows) {
                all.push(Site {
                    source: FilmErosionSource::Found,
                    visit: 0,
                    rows,
                });
            }
        }
    }
    for visit in 1..bone.visits() {
        let (Some(before), Some(after)) = (bone.floor(0), bone.floor(visit)) else {
            continue;
        };
        let grown: Vec<f64> = after
            .depth
            .iter()
            .zip(&before.depth)
            .map(|(a, b)| a - b)
            .collect();
        for rows in runs(&grown, options.mouth_px) {
            let se = bone.area_se(visit, &rows, options).0;
            let area = bone.envelope.area(rows.clone(), |r| grown[r]);
            let new = worth(bone, after, &rows, options)
                && area > options.least_z * se
                && area > options.least_area_px2;
            if new && apart(&all, &rows) {
                all.push(Site {
                    source: FilmErosionSource::New,
                    visit,
                    rows,
                });
            }
        }
    }
    all
}

/// Large and deep enough, off the joint surface, and not at the strip's ends.
fn worth(
    bone: &Bone,
    floor: &Floor,
    rows: &std::ops::Range<usize>,
    options: &ErosionOptions,
) -> bool {
    let deepest = floor.depth[rows.clone()]
        .iter()
        .copied()
        .fold(0.0, f64::max);
    let area = bone.envelope.area(rows.clone(), |r| floor.depth[r]);
    let free = rows.clone().filter(|&r| bone.free[r]).count() * 10 >= 7 * rows.len();
    let inner = rows.start > 6 && rows.end + 6 < bone.rows();
    let middle = rows.start + rows.len() / 2;
    let edge = floor.evidence[rows.clone()].iter().sum::<f64>() / rows.len() as f64;
    deepest >= options.least_depth_px
        && area >= options.least_area_px2
        && rows.len() >= 10
        && free
        && inner
        && bone.free.get(middle).copied().unwrap_or(false)
        && edge > 0.1
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
        let mut depth = vec![0.0; 40];
        depth[5..10].fill(3.0);
        depth[12..15].fill(3.0);
        depth[25..30].fill(3.0);
        assert_eq!(runs(&depth, 2.0), [5..15, 25..30]);
    }
}
