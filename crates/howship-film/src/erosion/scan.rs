//! The cortical line along a whole outline against what is usual around it: where it is lost, an erosion may be.

use crate::lost::LostOptions;
use crate::strip::{DEPTHS, OUTSIDE, Strip, sample_of};

/// Half of the outline over which the usual profile is taken (px): more than the largest mouth, so that an erosion is
/// the lesser part of it.
const AROUND: usize = 40;

/// Share of the cortical line lost per row, against the median profile of the rows around; 0 where the film does not
/// show them.
pub(crate) fn scan(strip: &Strip, options: &LostOptions) -> Vec<f64> {
    let [from, to] = options
        .line_px
        .map(|d| sample_of(d).round().max(0.0) as usize);
    let to = to.min(DEPTHS - 1);
    let lines: Vec<Option<f64>> = (0..strip.rows)
        .map(|r| {
            let soft = strip.mean(r, OUTSIDE, -5.0)?;
            let line = strip.row(r)[from..=to].iter();
            let sum: f64 = line.map(|&v| f64::from(v) - soft).sum();
            sum.is_finite().then_some(sum)
        })
        .collect();
    (0..strip.rows)
        .map(|r| {
            let near = r.saturating_sub(AROUND)..(r + AROUND + 1).min(strip.rows);
            let mut around: Vec<f64> = lines[near].iter().flatten().copied().collect();
            if around.len() < AROUND {
                return 0.0;
            }
            let middle = around.len() / 2;
            let usual = *around.select_nth_unstable_by(middle, f64::total_cmp).1;
            match lines[r] {
                Some(line) if usual > 0.0 => (1.0 - line / usual).clamp(-1.0, 2.0),
                _ => 0.0,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strip::Envelope;
    use howship_register::planar::{Plane, PlaneSpline, Similarity};

    /// A straight edge whose line is gone over 30 px and half gone over 20 more.
    #[test]
    fn a_gap_in_the_line_is_seen_and_nothing_else() {
        let value = |x: usize, y: usize| {
            let bone = if y >= 80 { 400.0 } else { 0.0 };
            let share = match x {
                100..130 => 0.0,
                185..205 => 0.5,
                _ => 1.0,
            };
            (100.0 + share * bone) as f32
        };
        let data = (0..256 * 256).map(|i| value(i % 256, i / 256)).collect();
        let film = PlaneSpline::new(&Plane::new([256, 256], data).unwrap());
        let envelope = Envelope {
            points: (20..230).map(|x| [f64::from(x), 79.5]).collect(),
            normals: vec![[0.0, -1.0]; 210],
        };
        let strip = Strip::new(&envelope, &film, &Similarity::identity());
        let lost = scan(&strip, &LostOptions::default());
        let at = |x: usize| lost[x - 20];
        assert!((at(115) - 1.0).abs() < 0.02 && (at(195) - 0.5).abs() < 0.02);
        assert!(at(60).abs() < 0.02 && at(150).abs() < 0.02 && at(215).abs() < 0.02);
    }
}
