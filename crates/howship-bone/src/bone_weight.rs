//! What bone weighs where it came or went about a lesion.

use crate::tuning::DensityTuning;

/// A mean.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mean {
    sum: f64,
    pub(crate) count: f64,
}

impl Mean {
    pub(crate) fn add(&mut self, value: f64, weight: f64) {
        self.sum += weight * value;
        self.count += weight;
    }

    pub(crate) fn value(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }

    /// Sum of what is above this.
    fn above(&self, value: f64) -> f64 {
        self.sum - self.count * value
    }
}

/// Points where bone went, or came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moved {
    pub(crate) count: f64,
    /// Of these, in a void left behind a closed cortex: it counts half, as bone that weighs nothing.
    pub(crate) void: f64,
}

impl Moved {
    /// Points that hold bone.
    fn solid(&self) -> f64 {
        self.count - self.void
    }

    /// Points that count.
    fn counted(&self) -> f64 {
        self.count - 0.5 * self.void
    }
}

/// Bone just behind a wall, from the wall inwards.
pub(crate) type Face = [Mean; FACES];
const FACES: usize = 2;
/// Least and most that a face has risen to: few points of noise must neither blow new bone up nor hide it.
const RISEN: [f64; 2] = [0.2, 1.2];

/// What stands at one depth under the envelope.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layer {
    /// Where bone went; it, at the visit that has it, and how much of it the blur of that visit's wall leaves.
    pub(crate) went: Moved,
    pub(crate) old: Mean,
    pub(crate) old_left: f64,
    /// Where bone came; it just behind its own wall, and where there is no such wall any more.
    pub(crate) came: Moved,
    pub(crate) new_face: Face,
    pub(crate) new_whole: Mean,
    /// Bone that stays: just behind the wall of the first visit, and further in, at that visit.
    pub(crate) kept_face: Face,
    pub(crate) kept_further: Mean,
    /// Bone beside the lesion, at both visits.
    pub(crate) beside: Mean,
}

impl Layer {
    /// Adds a point that lies so far behind the wall of the first visit and stays.
    pub(crate) fn keep(&mut self, behind: f64, value: f64, tuning: &DensityTuning) {
        if let Some(face) = self.kept_face.get_mut((behind / tuning.face_mm) as usize) {
            face.add(value, 1.0);
        } else if behind >= tuning.further_from_mm && behind < tuning.further_to_mm {
            self.kept_further.add(value, 1.0);
        }
    }

    /// Points at which new bone is told.
    fn new_seen(&self) -> f64 {
        self.new_whole.count + self.new_face.iter().map(|f| f.count).sum::<f64>()
    }

    /// Adds a point of new bone that lies so far behind its wall.
    pub(crate) fn renew(&mut self, behind: f64, value: f64, tuning: &DensityTuning) {
        if let Some(face) = self.new_face.get_mut((behind / tuning.face_mm) as usize) {
            face.add(value, 1.0);
        }
    }
}

/// What bone weighs where it came or went.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weight {
    /// Above what fills the cavities.
    pub(crate) bone: f64,
    /// Share that was weighed in its own place, 0 to 1.
    pub(crate) own: f64,
    /// Void left behind a closed cortex, of what counts, 0 to 2.
    pub(crate) void: f64,
}

/// Bone about a lesion layer by layer, from the envelope inwards; the last holds all that is deeper.
pub(crate) struct Layers(Vec<Layer>);

impl Layers {
    pub(crate) fn new(tuning: &DensityTuning) -> Self {
        Self(vec![Layer::default(); tuning.layers.max(1)])
    }

    /// The layer at a depth of so many mm.
    pub(crate) fn at(&mut self, depth: f64, tuning: &DensityTuning) -> &mut Layer {
        let last = self.0.len() - 1;
        &mut self.0[((depth / tuning.layer_mm) as usize).min(last)]
    }

    /// Mean over where bone came or went; over the whole neighbourhood where none did.
    ///
    /// # Method
    /// Bone that went is weighed by bone as deep beside the lesion, of which it was part. Where a wall has run out into
    /// marrow, what lies between the walls is sparser than what went, and by it the change would come out too large. Only
    /// where it is clearly denser than what lies beside it was it a margin of its own, and is weighed as that.
    ///
    /// New bone need not weigh what the old does: bone beside times what the new is denser just behind its wall than the
    /// old is just behind its own ([`Self::new_over_old`]).
    pub(crate) fn weight(&self, filling: f64, tuning: &DensityTuning) -> Option<Weight> {
        let near: Vec<Option<f64>> = (0..self.0.len())
            .map(|i| self.beside(i, tuning).map(|b| b - filling))
            .collect();
        let layers = || self.0.iter().zip(near.iter().map(|n| n.unwrap_or(0.0)));
        let counted: f64 = self
            .0
            .iter()
            .map(|l| l.went.counted() + l.came.counted())
            .sum();
        if counted <= 0.0 {
            return self.everywhere(filling);
        }
        if near.iter().all(Option::is_none) {
            return self.alone(filling);
        }
        let beside: f64 = layers().map(|(l, near)| near * l.went.solid()).sum();
        let (old, old_own) = self.old_bone(&near, filling, tuning);
        let ratio = if beside > 0.0 { old / beside } else { 1.0 };
        let margin = tuning.margin(ratio);
        let went = beside + margin * (old - beside);
        let (ratio, new_own) = self.new_over_old(&near, filling, tuning);
        // At depths where none of the new bone's face lies it is taken for what lies beside.
        let few = tuning.enough / self.0.len() as f64;
        let told = |l: &Layer| l.new_seen() / (l.new_seen() + few);
        let denser = |l: &Layer| 1.0 + (ratio - 1.0) * told(l);
        let came: f64 = layers()
            .map(|(l, near)| near * l.came.solid() * denser(l))
            .sum();
        let came_told: f64 = self.0.iter().map(|l| told(l) * l.came.counted()).sum();
        Some(Weight {
            bone: (went + came) / counted,
            own: (margin * old_own + new_own * came_told) / counted,
            void: self
                .0
                .iter()
                .map(|l| l.went.void + l.came.void)
                .sum::<f64>()
                / counted,
        })
    }

    /// Sum over bone that went, by itself as far as more than `enough` of it is seen, else as it is beside; and over the
    /// shares that were weighed by themselves.
    fn old_bone(&self, near: &[Option<f64>], filling: f64, tuning: &DensityTuning) -> (f64, f64) {
        let (mut sum, mut own) = (0.0, 0.0);
        for (layer, near) in self.0.iter().zip(near) {
            let counted = layer.went.counted();
            if counted <= 0.0 {
                continue;
            }
            let beside = near.unwrap_or(0.0) * layer.went.solid() / counted;
            let all = layer.old_left + tuning.enough;
            sum += counted * (layer.old.above(filling) + tuning.enough * beside) / all;
            own += counted * layer.old_left / all;
        }
        (sum, own)
    }

    /// How much denser new bone is than bone beside the lesion, drawn to 1 where little of it is seen; and how far it was
    /// not drawn, 0 to 1.
    ///
    /// # Method
    /// Behind a wall that is cut through trabeculae and blurred the mean rises over 0.2 mm to what bone is further in; a
    /// shell is thinner than that. So the new bone's first 0.1 mm are compared with those of the old bone at the visit
    /// before. Further in the new bone's shell holds what the old wall had wrongly taken in as well. Where the old bone's
    /// face is a denser margin, its rise is counted from what it is further in.
    fn new_over_old(
        &self,
        near: &[Option<f64>],
        filling: f64,
        tuning: &DensityTuning,
    ) -> (f64, f64) {
        let layers = || self.0.iter().zip(near.iter().map(|n| n.unwrap_or(0.0)));
        let relative = |of: &dyn Fn(&Layer) -> Mean| {
            let expected: f64 = layers().map(|(l, near)| near * of(l).count).sum();
            let sum: f64 = self.0.iter().map(|l| of(l).above(filling)).sum();
            (expected > 0.0).then(|| sum / expected)
        };
        let further = relative(&|l| l.kept_further).unwrap_or(1.0);
        let plateau = 1.0 + tuning.margin(further) * (further - 1.0);
        let (mut sum, mut expected, mut seen) = (0.0, 0.0, 0.0);
        let mut add = |of: &dyn Fn(&Layer) -> Mean, risen: f64| {
            for (layer, near) in layers() {
                let new = of(layer);
                sum += new.above(filling);
                expected += risen * near * new.count;
                seen += new.count;
            }
        };
        for k in 0..FACES {
            let risen = relative(&|l| l.kept_face[k]).map_or(1.0, |r| r / plateau);
            add(&|l| l.new_face[k], risen.clamp(RISEN[0], RISEN[1]));
        }
        add(&|l| l.new_whole, 1.0);
        let own = seen / (seen + tuning.enough);
        if expected > 0.0 {
            (1.0 + own * (sum / expected - 1.0), own)
        } else {
            (1.0, 0.0)
        }
    }

    /// What came or went by itself, where nothing is seen beside it.
    fn alone(&self, filling: f64) -> Option<Weight> {
        let (mut sum, mut count) = (0.0, 0.0);
        for layer in &self.0 {
            sum += layer.old.above(filling) + layer.new_whole.above(filling);
            count += layer.old_left + layer.new_whole.count;
            for face in layer.new_face {
                sum += face.above(filling);
                count += face.count;
            }
        }
        (count > 0.0).then(|| Weight {
            bone: sum / count,
            own: 1.0,
            void: 0.0,
        })
    }

    /// Bone beside the lesion at all depths.
    fn everywhere(&self, filling: f64) -> Option<Weight> {
        let mut all = Mean::default();
        for Layer { beside, .. } in &self.0 {
            all.sum += beside.sum;
            all.count += beside.count;
        }
        all.value().map(|v| Weight {
            bone: v - filling,
            own: 0.0,
            void: 0.0,
        })
    }

    /// Bone beside the lesion as deep as a layer, or nearly; `None` where none is seen at any depth.
    fn beside(&self, layer: usize, tuning: &DensityTuning) -> Option<f64> {
        let near = |enough: f64| {
            let seen = (0..self.0.len()).filter(|&i| self.0[i].beside.count > enough);
            seen.min_by_key(|&i| i.abs_diff(layer))
        };
        let at = near(tuning.enough).or_else(|| near(0.0))?;
        self.0[at].beside.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tuning::Tuning;

    const FILLING: f64 = 10.0;

    /// Bone of 210 beside, and at one depth what else is told.
    fn weight(told: impl Fn(&mut Layer)) -> Weight {
        let tuning = Tuning::default().density;
        let mut layers = Layers::new(&tuning);
        let layer = layers.at(0.25, &tuning);
        layer.beside.add(210.0, 1000.0);
        told(layer);
        layers.weight(FILLING, &tuning).unwrap()
    }

    fn went(layer: &mut Layer, own: f64, points: f64) {
        layer.went.count = points;
        layer.old.add(own, points);
        layer.old_left = points;
    }

    /// A lesion that is gone: closed form, 20 points count as much as what lies beside.
    #[test]
    fn new_bone_is_weighed_by_itself_as_far_as_it_is_seen() {
        let whole = |own: f64, points: f64| {
            weight(|layer| {
                layer.came.count = points;
                layer.new_whole.add(own, points);
            })
        };
        let few = whole(410.0, 20.0);
        // At its depth 2 points count as much as what lies beside.
        assert!(
            (few.bone - (200.0 + 100.0 * 20.0 / 22.0)).abs() < 1e-9
                && (few.own - 0.5 * 20.0 / 22.0).abs() < 1e-9,
            "{few:?}"
        );
        let sparse = whole(110.0, 1980.0);
        let closed = 200.0 - 99.0 * 1980.0 / 1982.0;
        assert!((sparse.bone - closed).abs() < 1e-9, "{sparse:?}");
    }

    /// Both walls rise alike, from 0.5 to 0.8 of what lies behind: what new bone is denser is seen however thin its shell.
    #[test]
    fn new_bone_is_compared_with_old_behind_either_wall() {
        let shell = |denser: f64, margin: f64| {
            weight(|layer| {
                layer.came.count = 3000.0;
                for (k, risen) in [0.5, 0.8].into_iter().enumerate() {
                    layer.new_face[k].add(FILLING + denser * risen * 200.0, 990.0);
                    layer.kept_face[k].add(FILLING + margin * risen * 200.0, 500.0);
                }
                layer.kept_further.add(FILLING + margin * 200.0, 500.0);
            })
        };
        for denser in [0.7, 1.0, 1.4] {
            let alike = shell(denser, 1.0);
            let closed = 200.0 * (1.0 + 0.99 * (denser - 1.0) * 1980.0 / 1982.0);
            assert!((alike.bone - closed).abs() < 1e-9, "{denser}: {alike:?}");
            assert!(
                (alike.own - 0.99 * 1980.0 / 1982.0).abs() < 1e-9,
                "{alike:?}"
            );
        }
        // A dense margin that has moved along with the wall: both faces are it.
        let moved = shell(2.0, 2.0);
        let closed = 200.0 * (1.0 + 0.99 * 1980.0 / 1982.0);
        assert!((moved.bone - closed).abs() < 1e-9, "{moved:?}");
    }

    #[test]
    fn bone_that_went_is_weighed_beside_it_unless_it_was_a_dense_margin() {
        // Between walls of which one has run out into marrow.
        let sparse = weight(|layer| went(layer, 60.0, 1980.0));
        assert!(
            (sparse.bone - 200.0).abs() < 1e-9 && sparse.own == 0.0,
            "{sparse:?}"
        );
        let margin = weight(|layer| went(layer, 610.0, 1980.0));
        assert!((margin.bone - 596.0).abs() < 1e-9, "{margin:?}");
        assert!((margin.own - 0.99).abs() < 1e-9, "{margin:?}");
    }

    /// Closed form: 200 points of bone and half of 200 of void, at one depth or at two.
    #[test]
    fn a_void_that_opened_counts_half() {
        let one = weight(|layer| {
            layer.went.count = 400.0;
            layer.went.void = 200.0;
        });
        let tuning = Tuning::default().density;
        let mut layers = Layers::new(&tuning);
        layers.at(0.25, &tuning).beside.add(210.0, 1000.0);
        layers.at(0.25, &tuning).went.count = 200.0;
        layers.at(0.35, &tuning).went = Moved {
            count: 200.0,
            void: 200.0,
        };
        let two = layers.weight(FILLING, &tuning).unwrap();
        for opened in [one, two] {
            // 200 points of 200 over 300 points.
            assert!(
                (opened.bone - 200.0 * 200.0 / 300.0).abs() < 1e-9,
                "{opened:?}"
            );
            assert!((opened.void - 200.0 / 300.0).abs() < 1e-9, "{opened:?}");
        }
    }

    #[test]
    fn where_nothing_moved_it_is_the_whole_neighbourhoods() {
        let still = weight(|_| {});
        assert!((still.bone - 200.0).abs() < 1e-9, "{still:?}");
        let tuning = Tuning::default().density;
        assert!(Layers::new(&tuning).weight(FILLING, &tuning).is_none());
    }
}
