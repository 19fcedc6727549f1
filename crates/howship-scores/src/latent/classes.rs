//! One sweep's draws of classes.
//!
//! A patient's rate and the classes of his few telling joints hang together: with no joint healed the rate is drawn
//! near 0, and near 0 no joint heals. Those joints are therefore drawn one by one with the patient's rates integrated
//! out. Joints that are many alike, nearly all of them quiet, are drawn together given the rates.

use super::collapse::Bundle;
use super::kernel::{CLASSES, Class};
use super::model::Model;
use super::patient_counts::{Can, Counts, FEW, KINDS, ONE, SHARES, few};
use super::population::Population;
use super::random::{pick, split_mostly};
use super::sampler::{Chain, Room, State};
use rand_chacha::ChaCha8Rng;

/// What is counted over the joints of one patient.
#[derive(Default)]
struct OfPatient {
    repaired: u32,
    progressed: u32,
}

impl OfPatient {
    fn add(&mut self, n: &[u32; CLASSES]) {
        self.repaired += n[Class::Healing as usize];
        self.progressed += n[Class::IntactProgressing as usize] + n[Class::Progressing as usize];
    }

    fn keep(&self, means: &mut [f64; 4]) {
        for (i, n) in [self.repaired, self.progressed].into_iter().enumerate() {
            means[i] += f64::from(u8::from(n > 0));
            means[i + 2] += f64::from(n);
        }
    }
}

/// A patient's bundles, and what is drawn of them.
struct Patient<'a> {
    bundles: &'a [Bundle],
    /// Rates, and the shapes of their distributions with the patient's own joints left out.
    rates: &'a [f64; KINDS],
    shapes: &'a [(f64, f64); KINDS],
    /// Classes of the joints that are drawn by themselves.
    joints: &'a mut [u8],
    /// P(repair) and P(progression) by bundle, where they are kept.
    probabilities: Option<&'a mut [(f64, f64)]>,
    counts: Counts,
    sums: OfPatient,
}

impl Patient<'_> {
    fn put(&mut self, bundle: usize, weights: &[f64; CLASSES], share: f64) {
        if let Some(p) = &mut self.probabilities {
            let worse = [Class::IntactProgressing, Class::Progressing];
            p[bundle].0 += share * weights[Class::Healing as usize];
            p[bundle].1 += share * worse.map(|c| weights[c as usize]).iter().sum::<f64>();
        }
    }
}

impl Model<'_> {
    /// Classes of all joints given what readers, films and populations are like.
    pub(crate) fn draw_classes(
        &self,
        state: &mut State,
        room: &mut Room,
        rng: &mut ChaCha8Rng,
        mut keep: Option<&mut Chain>,
    ) {
        room.class_counts.fill([0; CLASSES]);
        let shapes: Vec<[(f64, f64); KINDS]> = (state.populations.iter())
            .map(|p| p.each_ref().map(Population::shapes))
            .collect();
        let (mut totals, mut first, mut joint) = ((0.0, 0.0), 0, 0);
        for bundles in self.data.bundles.chunk_by(|a, b| a.patient == b.patient) {
            let number = bundles[0].patient as usize;
            let (range, few) = (first..first + bundles.len(), joint..joint + few(bundles));
            (first, joint) = (range.end, few.end);
            let mut patient = Patient {
                bundles,
                rates: &state.patients[number],
                shapes: &shapes[self.data.patients[number].1 as usize],
                joints: &mut state.joints[few],
                probabilities: keep.as_mut().map(|out| &mut out.bundles[range]),
                counts: Counts::default(),
                sums: OfPatient::default(),
            };
            self.draw_many(&mut patient, room, rng);
            self.draw_few(&mut patient, room, rng);
            let (counts, sums) = (patient.counts, patient.sums);
            state.counts[number] = counts;
            totals.0 += f64::from(sums.repaired);
            totals.1 += f64::from(sums.progressed);
            if let Some(out) = &mut keep {
                sums.keep(&mut out.patients[number]);
            }
        }
        if let Some(out) = keep {
            out.totals.push(totals);
        }
    }

    /// Joints that are many alike, given the rates; the few are counted as they are.
    fn draw_many(&self, patient: &mut Patient<'_>, room: &mut Room, rng: &mut ChaCha8Rng) {
        let mut joint = 0;
        for (i, bundle) in patient.bundles.iter().enumerate() {
            let pattern = bundle.pattern as usize;
            if bundle.count <= FEW {
                let next = joint + bundle.count as usize;
                for &class in &patient.joints[joint..next] {
                    (patient.counts).add(&self.units[pattern][usize::from(class)]);
                }
                joint = next;
                continue;
            }
            let (can, likelihood) = (self.can[pattern], &room.classes[pattern]);
            let Some(weights) = class_weights(patient.rates, likelihood, can) else {
                continue;
            };
            let n = split_mostly(rng, bundle.count, &weights);
            patient.counts.add(&Counts::from(&n, can));
            patient.sums.add(&n);
            for (all, n) in room.class_counts[pattern].iter_mut().zip(n) {
                *all += n;
            }
            patient.put(i, &weights, 1.0);
        }
    }

    /// The others one by one, the rates integrated out.
    fn draw_few(&self, patient: &mut Patient<'_>, room: &mut Room, rng: &mut ChaCha8Rng) {
        let mut joint = 0;
        for (i, bundle) in patient.bundles.iter().enumerate() {
            if bundle.count > FEW {
                continue;
            }
            let pattern = bundle.pattern as usize;
            let units = &self.units[pattern];
            for _ in 0..bundle.count {
                let mut class = usize::from(patient.joints[joint]);
                patient.counts.take(&units[class]);
                let rates = patient.counts.expected(patient.shapes);
                let likelihood = &room.classes[pattern];
                if let Some(weights) = class_weights(&rates, likelihood, self.can[pattern]) {
                    class = pick(rng, &weights);
                    patient.put(i, &weights, SHARES[bundle.count as usize]);
                }
                patient.joints[joint] = class as u8;
                patient.counts.add(&units[class]);
                patient.sums.add(&ONE[class]);
                room.class_counts[pattern][class] += 1;
                joint += 1;
            }
        }
    }
}

/// Probability of each class given a patient's rates and the likelihood of what was read; none where nothing could
/// have been read so.
fn class_weights(
    [damaged, repair, worse_intact, worse_damaged]: &[f64; KINDS],
    likelihood: &[f64; CLASSES],
    can: Can,
) -> Option<[f64; CLASSES]> {
    let repair = repair * f64::from(can.repair);
    let worse = f64::from(can.progress);
    let (worse_intact, worse_damaged) = (worse_intact * worse, worse_damaged * worse);
    let (intact, kept) = (1.0 - damaged, damaged * (1.0 - repair));
    let prior = [
        intact * (1.0 - worse_intact),
        intact * worse_intact,
        damaged * repair,
        kept * (1.0 - worse_damaged),
        kept * worse_damaged,
    ];
    let weights: [f64; CLASSES] = std::array::from_fn(|class| prior[class] * likelihood[class]);
    let sum: f64 = weights.iter().sum();
    (sum > 0.0).then(|| {
        let scale = 1.0 / sum;
        weights.map(|w| w * scale)
    })
}
