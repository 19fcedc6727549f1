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
}

/// Points where bone went, or came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moved {
    pub(crate) count: f64,
    /// Of these, in a void left behind a closed cortex: it counts half, as bone that weighs nothing.
    pub(crate) void: f64,
    /// Bone there, at the visit that has it, and how much of it the blur of that visit's wall leaves.
    pub(crate) own: Mean,
    pub(crate) left: f64,
}

impl Moved {
    /// What a mean over these points has of the bone around.
    fn solid(&self) -> f64 {
        let seen = self.count - 0.5 * self.void;
        if seen > 0.0 {
            (self.count - self.void) / seen
        } else {
            1.0
        }
    }

    /// Bone above what fills the cavities by itself, as far as more than `enough` of it is seen, else as it is beside;
    /// and the share that was weighed by itself.
    fn bone(&self, beside: Option<f64>, filling: f64, enough: f64) -> Option<(f64, f64)> {
        let excess = self.own.sum - self.own.count * filling;
        let Some(beside) = beside else {
            return (self.left > 0.0).then(|| (excess / self.left, 1.0));
        };
        let all = self.left + enough;
        Some(((excess + enough * beside) / all, self.left / all))
    }
}

/// What stands at one depth under the envelope.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layer {
    /// Bone that went and bone that came.
    pub(crate) moved: [Moved; 2],
    /// Bone beside the lesion, at both visits.
    pub(crate) beside: Mean,
}

/// What bone weighs where it came or went.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weight {
    /// Above what fills the cavities.
    pub(crate) bone: f64,
    /// Share that was weighed in its own place, 0 to 1.
    pub(crate) own: f64,
    /// Share that lies in a void left behind a closed cortex, 0 to 1.
    pub(crate) void: f64,
}

/// Sums over points that weigh so and so much.
#[derive(Debug, Clone, Copy, Default)]
struct Total {
    bone: f64,
    own: f64,
    count: f64,
}

impl Total {
    fn add(&mut self, (bone, own): (f64, f64), count: f64) {
        self.bone += count * bone;
        self.own += count * own;
        self.count += count;
    }
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
    /// New bone is weighed by itself, as far as enough of it is seen: it need not weigh what the old beside it does.
    /// Bone that went is weighed by bone as deep beside the lesion, of which it was part. Where a wall has run out into
    /// marrow, what lies between the walls is sparser than what went, and by it the change would come out too large. Only
    /// where it is clearly denser than what lies beside it was it a margin of its own, and is weighed as that.
    pub(crate) fn weight(&self, filling: f64, tuning: &DensityTuning) -> Option<Weight> {
        let (mut went, mut came) = (Total::default(), Total::default());
        let (mut beside, mut void) = (0.0, 0.0);
        for (i, layer) in self.0.iter().enumerate() {
            let near = self.beside(i, tuning).map(|b| b - filling);
            let [old, new] = layer.moved;
            void += old.void + new.void;
            let around = near.map(|n| n * old.solid());
            if let Some(own) = old.bone(around, filling, tuning.enough) {
                beside += old.count * around.unwrap_or(own.0);
                went.add(own, old.count);
            }
            if let Some(own) = new.bone(near, filling, tuning.enough) {
                came.add(own, new.count);
            }
        }
        let count = went.count + came.count;
        if count <= 0.0 {
            return self.everywhere(filling);
        }
        let ratio = if beside > 0.0 {
            went.bone / beside
        } else {
            1.0
        };
        let part =
            (ratio - tuning.margin_from) / (tuning.margin_full - tuning.margin_from).max(1e-6);
        let part = part.clamp(0.0, 1.0);
        Some(Weight {
            bone: (beside + part * (went.bone - beside) + came.bone) / count,
            own: (part * went.own + came.own) / count,
            void: void / count,
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

    /// Bone of 210 beside, and as much of another that went (0) or came (1), at one depth.
    fn weight(visit: usize, own: f64, points: usize) -> Weight {
        let tuning = Tuning::default().density;
        let mut layers = Layers::new(&tuning);
        let layer = layers.at(0.25, &tuning);
        for _ in 0..1000 {
            layer.beside.add(210.0, 1.0);
        }
        for _ in 0..points {
            let moved = &mut layer.moved[visit];
            moved.count += 1.0;
            moved.own.add(own, 1.0);
            moved.left += 1.0;
        }
        layers.weight(FILLING, &tuning).unwrap()
    }

    /// Closed form: 20 points count as much as what lies beside.
    #[test]
    fn new_bone_is_weighed_by_itself_as_far_as_it_is_seen() {
        let few = weight(1, 410.0, 20);
        assert!(
            (few.bone - 300.0).abs() < 1e-9 && (few.own - 0.5).abs() < 1e-9,
            "{few:?}"
        );
        let sparse = weight(1, 110.0, 1980);
        assert!((sparse.bone - 101.0).abs() < 1e-9, "{sparse:?}");
    }

    #[test]
    fn bone_that_went_is_weighed_beside_it_unless_it_was_a_dense_margin() {
        // Between walls of which one has run out into marrow.
        let sparse = weight(0, 60.0, 1980);
        assert!(
            (sparse.bone - 200.0).abs() < 1e-9 && sparse.own == 0.0,
            "{sparse:?}"
        );
        let margin = weight(0, 610.0, 1980);
        assert!((margin.bone - 596.0).abs() < 1e-9, "{margin:?}");
        assert!((margin.own - 0.99).abs() < 1e-9, "{margin:?}");
    }

    /// Closed form: a half of the points is void; that half counts half.
    #[test]
    fn a_void_that_opened_counts_half() {
        let tuning = Tuning::default().density;
        let mut layers = Layers::new(&tuning);
        let layer = layers.at(0.25, &tuning);
        layer.beside.add(210.0, 1000.0);
        layer.moved[0].count = 400.0;
        layer.moved[0].void = 200.0;
        let opened = layers.weight(FILLING, &tuning).unwrap();
        // 200 points of 200 over 300 points.
        assert!(
            (opened.bone - 200.0 * 200.0 / 300.0).abs() < 1e-9,
            "{opened:?}"
        );
    }

    #[test]
    fn where_nothing_moved_it_is_the_whole_neighbourhoods() {
        let still = weight(0, 60.0, 0);
        assert!((still.bone - 200.0).abs() < 1e-9, "{still:?}");
        let tuning = Tuning::default().density;
        assert!(Layers::new(&tuning).weight(FILLING, &tuning).is_none());
    }
}
