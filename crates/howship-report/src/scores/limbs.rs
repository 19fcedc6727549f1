use super::joint_mark::JointMap;
use super::sites::place;
use super::skeleton;
use crate::paper::palette::SOFT;
use crate::paper::{Hold, Svg, Type, soft};
use howship_change::{Part, Side};
use std::fmt::Write as _;

/// Picture units per millimetre.
const SCALE: f64 = 2.2;
/// Half the width of a hand's place, and the heights of both rows.
const HALF: f64 = 195.0;
const HAND_HEIGHT: f64 = 596.0;
const FOOT_HEIGHT: f64 = 412.0;
/// From the top of its place to the origin of hand and foot.
const HAND_ORIGIN: f64 = 410.0;
const FOOT_ORIGIN: f64 = 306.0;

/// Which limbs are drawn, and where.
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Sides from the left of the picture; `None` where the marks have none.
    sides: Vec<Option<Side>>,
    feet: bool,
    hands: bool,
}

impl Layout {
    /// Limbs that have a mark, both sides of them unless all marks are of one.
    pub(super) fn of(map: &JointMap) -> Self {
        let on: Vec<(Part, Option<Side>)> = map
            .marks
            .iter()
            .filter_map(|m| Some((place(&m.site)?.0, m.side)))
            .collect();
        let mut sides: Vec<Option<Side>> = on.iter().map(|m| m.1).collect();
        // The patient's right is at the left of the picture.
        sides.sort_unstable_by_key(|side| side.map(|s| s == Side::L));
        sides.dedup();
        if sides.iter().any(Option::is_some) {
            // Marks without a side beside others with one have no place of their own.
            sides.retain(Option::is_some);
        }
        if sides.is_empty() {
            sides = vec![Some(Side::R), Some(Side::L)];
        }
        let feet = on.iter().any(|m| m.0 == Part::Foot);
        let hands = on.iter().any(|m| m.0 == Part::Hand) || !feet;
        let rows = if hands { HAND_HEIGHT } else { 30.0 };
        Self {
            width: (2.0 * HALF * sides.len() as f64).max(560.0),
            height: rows + if feet { FOOT_HEIGHT } else { 0.0 },
            sides,
            feet,
            hands,
        }
    }

    /// Origin of a limb in the picture, and the direction of x.
    fn origin(&self, limb: Part, index: usize) -> ([f64; 2], f64) {
        let middle = self.width / 2.0;
        let sign = if self.sides.get(index) == Some(&Some(Side::L)) {
            -1.0
        } else {
            1.0
        };
        let (shift, y) = match limb {
            Part::Hand => (HALF + 12.0, HAND_ORIGIN),
            Part::Foot => (
                124.0,
                FOOT_ORIGIN + if self.hands { HAND_HEIGHT } else { 30.0 },
            ),
        };
        let x = if self.sides.len() == 1 {
            middle - sign * 12.0
        } else {
            middle - sign * shift
        };
        ([x, y], sign)
    }

    /// A place on a limb (mm) in the picture; none where that side is not drawn.
    pub(super) fn picture(&self, limb: Part, side: Option<Side>, at: [f64; 2]) -> Option<[f64; 2]> {
        let index = self.sides.iter().position(|s| *s == side)?;
        let (origin, sign) = self.origin(limb, index);
        Some([origin[0] + sign * SCALE * at[0], origin[1] + SCALE * at[1]])
    }
}

const SKIN: &str = "#f8efe8";
const SKIN_EDGE: &str = "#e2d0c3";
const BONE: &str = "#ebe4d3";
const BONE_EDGE: &str = "#a2977f";
const MARROW: &str = "#f7f3e9";

/// Skin and bones of every limb of the layout.
pub(super) fn draw_limbs(svg: &mut Svg, layout: &Layout) {
    for index in 0..layout.sides.len() {
        if layout.hands {
            draw_limb(svg, &skeleton::hand(), layout.origin(Part::Hand, index));
        }
        if layout.feet {
            draw_limb(svg, &skeleton::foot(), layout.origin(Part::Foot, index));
        }
        label(svg, layout, index);
    }
}

fn draw_limb(svg: &mut Svg, limb: &skeleton::Limb, at: ([f64; 2], f64)) {
    let ([x, y], sign) = at;
    let scale = SCALE / 10.0;
    let _ = write!(
        svg.text,
        "<g transform=\"translate({x:.1} {y:.1}) scale({:.3} {scale:.3})\" stroke-linejoin=\"round\" stroke-linecap=\"round\">",
        sign * scale
    );
    // The edge first and wider, the skin over it: overlapping parts melt into one outline.
    for (colour, more) in [(SKIN_EDGE, 9.0), (SKIN, 0.0)] {
        let _ = write!(
            svg.text,
            "<path d=\"{}\" fill=\"{colour}\" stroke=\"{colour}\" stroke-width=\"{more}\"/>",
            limb.body
        );
        for (d, width) in &limb.digits {
            let _ = write!(
                svg.text,
                "<path d=\"{d}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{:.0}\"/>",
                width * 10.0 + more
            );
        }
    }
    let _ = write!(
        svg.text,
        "<path d=\"{}\" fill=\"{BONE}\" stroke=\"{BONE_EDGE}\" stroke-width=\"5\"/><path d=\"{}\" fill=\"{MARROW}\"/><path d=\"{}\" fill=\"{BONE}\" fill-opacity=\".6\" stroke=\"{BONE_EDGE}\" stroke-width=\"4\"/></g>",
        limb.bones, limb.marrow, limb.rings
    );
}

fn label(svg: &mut Svg, layout: &Layout, index: usize) {
    let Some(Some(side)) = layout.sides.get(index) else {
        return;
    };
    let x = match (layout.sides.len(), side) {
        (1, _) | (_, Side::R) => 26.0,
        _ => layout.width - 26.0,
    };
    let kind = Type {
        size: 26.0,
        colour: SOFT,
        hold: Hold::Middle,
        bold: true,
    };
    svg.write(x, 40.0, kind, side.letter());
    svg.write(x, 57.0, soft(Hold::Middle), side.word());
}
