use super::joint_mark::{JointMap, JointMark, MapShows};
use super::limbs::{Layout, draw_limbs};
use super::marks::{LARGEST, Marks, known};
use super::sites::place;
use crate::paper::palette::{PROGRESSION, REPAIR};
use crate::paper::{Hold, Svg, Type, number, soft, wrapped};
use std::fmt::Write as _;

/// Whether the drawing has a place for a site's code.
#[must_use]
pub fn site_is_placed(site: &str) -> bool {
    place(site).is_some()
}

/// Between two marks at least.
const CLEAR: f64 = 1.0;
/// Marks nearer than this are moved apart before radii are chosen; how far they are moved.
const LEAST_DISTANCE: f64 = 6.0;
const SIDE_STEP: f64 = 9.0;
/// More marks than this are not drawn: no scheme has as many sites.
const MOST_MARKS: usize = 300;
/// More sites than this are not listed below the drawing.
const MOST_LISTED: usize = 12;

/// Probabilities of repair and progression where they are, on hands and forefeet.
///
/// Seen as in a patient who faces the reader with raised hands: the patient's right is at the left, thumbs and
/// great toes point inwards. A mark's area and shade go with its probability; grey rings were not scored. Marks
/// never overlap: where sites are close, all marks shrink. Sites that are no part of a hand or forefoot are listed
/// below the drawing.
#[must_use]
pub fn joint_map(map: &JointMap) -> String {
    let layout = Layout::of(map);
    let marks = placed(map, &layout);
    let kind = Marks {
        shows: map.shows,
        full: full(map),
        largest: radius_that_fits(&marks),
    };
    let elsewhere = elsewhere(map);
    let lines = wrapped(&elsewhere, 12.0, layout.width - 40.0);
    let foot = layout.height + 8.0;
    let height = foot + 84.0 + extra(map.shows) + 16.0 * lines.len() as f64;
    let mut svg = Svg::open([layout.width, height], &map.title, &describe(map));
    draw_limbs(&mut svg, &layout);
    for placed in &marks {
        svg.hint(&words(placed.mark), |svg| {
            kind.draw(svg, placed.mark, placed.at);
        });
    }
    legend(&mut svg, &map.quantity, &kind, foot, layout.width);
    for (i, line) in lines.iter().enumerate() {
        let y = foot + 88.0 + extra(map.shows) + 16.0 * i as f64;
        svg.write(20.0, y, soft(Hold::Start), line);
    }
    svg.close()
}

/// A mark and where it stands in the picture.
struct Placed<'a> {
    mark: &'a JointMark,
    at: [f64; 2],
}

/// Marks that have a place. Sites that share one stand side by side.
fn placed<'a>(map: &'a JointMap, layout: &Layout) -> Vec<Placed<'a>> {
    let mut all: Vec<Placed<'a>> = Vec::new();
    for mark in map.marks.iter().take(MOST_MARKS) {
        let at = place(&mark.site).and_then(|(limb, p)| layout.picture(limb, mark.side, p));
        if let Some(at) = at {
            let at = free_place(&all, at);
            all.push(Placed { mark, at });
        }
    }
    all
}

/// The place itself, or the nearest one beside it that no mark has taken.
fn free_place(all: &[Placed<'_>], at: [f64; 2]) -> [f64; 2] {
    let is_free = |p: &[f64; 2]| {
        all.iter()
            .all(|o| (o.at[0] - p[0]).hypot(o.at[1] - p[1]) >= LEAST_DISTANCE)
    };
    // Steps to the right and left in turn, row by row further down.
    let around = (0..400).map(|i: i32| {
        let (row, i) = (i / 20, i % 20);
        let side = if i % 2 == 0 { -1.0 } else { 1.0 };
        let shift = side * SIDE_STEP * f64::from((i + 1) / 2);
        [at[0] + shift, at[1] + SIDE_STEP * f64::from(row)]
    });
    around.into_iter().find(is_free).unwrap_or(at)
}

/// The largest radius at which no two marks touch.
fn radius_that_fits(marks: &[Placed<'_>]) -> f64 {
    let mut least = f64::INFINITY;
    for (i, a) in marks.iter().enumerate() {
        for b in &marks[i + 1..] {
            least = least.min((a.at[0] - b.at[0]).hypot(a.at[1] - b.at[1]));
        }
    }
    ((least - CLEAR) / 2.0).clamp(1.0, LARGEST)
}

impl MapShows {
    fn of(self, mark: &JointMark) -> Option<f64> {
        let (r, p) = (known(mark.repair), known(mark.progression));
        match self {
            Self::Repair => r,
            Self::Progression => p,
            Self::Both => match (r, p) {
                (Some(r), Some(p)) => Some(r.max(p)),
                (one, other) => one.or(other),
            },
        }
    }
}

/// Probability of the largest mark.
fn full(map: &JointMap) -> f64 {
    if let Some(full) = map.full.filter(|f| f.is_finite() && *f > 0.0) {
        return full.min(1.0);
    }
    let largest = map
        .marks
        .iter()
        .filter_map(|m| map.shows.of(m))
        .fold(0.0, f64::max);
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]
        .into_iter()
        .find(|f| largest <= *f)
        .unwrap_or(1.0)
}

fn name(mark: &JointMark) -> String {
    match mark.side {
        Some(side) => format!("{} {}", side.word(), mark.site),
        None => mark.site.clone(),
    }
}

fn words(mark: &JointMark) -> String {
    let mut words = name(mark);
    match (known(mark.repair), known(mark.progression)) {
        (None, None) => words.push_str(": not scored"),
        (r, p) => {
            let parts: Vec<String> = [("repair", r), ("progression", p)]
                .into_iter()
                .filter_map(|(what, p)| Some(format!("P({what}) {}", number::probability(p?))))
                .collect();
            let _ = write!(words, ": {}", parts.join(", "));
        }
    }
    if !mark.note.is_empty() {
        let _ = write!(words, "; {}", mark.note);
    }
    words
}

/// What a map says in words: its highest sites.
fn describe(map: &JointMap) -> String {
    let mut scored: Vec<&JointMark> = map
        .marks
        .iter()
        .filter(|m| map.shows.of(m).is_some())
        .collect();
    let key = |m: &JointMark| map.shows.of(m).unwrap_or(0.0);
    scored.sort_by(|a, b| key(b).total_cmp(&key(a)));
    let top: Vec<String> = scored.iter().take(5).map(|m| words(m)).collect();
    format!(
        "{} on drawn hands and feet, {} sites scored, {} not. Highest: {}.",
        map.quantity,
        scored.len(),
        map.marks.len() - scored.len(),
        top.join("; ")
    )
}

/// Sites without a place on the drawing.
fn elsewhere(map: &JointMap) -> String {
    let without: Vec<&JointMark> = map
        .marks
        .iter()
        .filter(|m| place(&m.site).is_none())
        .collect();
    if without.is_empty() {
        return String::new();
    }
    let listed = without.iter().take(MOST_LISTED);
    let words: Vec<String> = listed.map(|m| words(m)).collect();
    let more = without.len() - words.len();
    let more = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!("Not on the drawing: {}{more}.", words.join("; "))
}

/// Room for the line that says which half of a disc is what.
fn extra(shows: MapShows) -> f64 {
    if shows == MapShows::Both { 20.0 } else { 0.0 }
}

fn legend(svg: &mut Svg, quantity: &str, marks: &Marks, top: f64, width: f64) {
    let middle = width / 2.0;
    let bold = Type {
        hold: Hold::Middle,
        bold: true,
        ..Type::default()
    };
    if let Some(line) = wrapped(quantity, 13.0 * 1.12, width - 40.0).first() {
        svg.write(middle, top + 12.0, bold, line);
    }
    if marks.shows == MapShows::Both {
        let halves = [
            (-12.0, Hold::End, "left half: repair", REPAIR),
            (12.0, Hold::Start, "right half: progression", PROGRESSION),
        ];
        for (shift, hold, words, colour) in halves {
            let size = 12.0;
            let bold = true;
            svg.write(
                middle + shift,
                top + 30.0,
                Type {
                    size,
                    colour,
                    hold,
                    bold,
                },
                words,
            );
        }
    }
    let y = top + 36.0 + extra(marks.shows);
    let step = 62.0;
    let at = |i: i32| [middle + step * (f64::from(i) - 2.5), y];
    for i in 0..=4 {
        let p = f64::from(i) / 4.0 * marks.full;
        marks.sample(svg, p, at(i));
        svg.write(
            at(i)[0],
            y + 28.0,
            soft(Hold::Middle),
            &scale_text(p, marks.full),
        );
    }
    marks.unscored(svg, at(5));
    svg.write(at(5)[0], y + 28.0, soft(Hold::Middle), "not scored");
}

/// A step of the scale in percent.
fn scale_text(p: f64, full: f64) -> String {
    let decimals = (1.0 - (full * 100.0 / 4.0 * 1.0001).log10().floor()).clamp(0.0, 3.0) as usize;
    let text = number::fixed(p * 100.0, decimals);
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    format!("{text} %")
}
