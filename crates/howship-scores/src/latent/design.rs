//! What a design can and cannot say.

use super::collapse::Collapsed;
use super::options::{Artefact, LatentOptions};
use super::report::Standing;

/// What the design offers.
pub(crate) struct Design {
    /// Most readings of one joint.
    pub(crate) most: usize,
    /// Most readers of one joint.
    readers: usize,
    /// Joints by number of readings: 1, 2, 3 or more.
    joints: [u64; 3],
}

impl Design {
    pub(crate) fn of(data: &Collapsed) -> Self {
        let mut design = Self {
            most: 0,
            readers: 0,
            joints: [0; 3],
        };
        for bundle in &data.bundles {
            let readings = &data.patterns[bundle.pattern as usize].readings;
            let mut readers: Vec<u16> = readings.iter().map(|r| r.0).collect();
            readers.dedup();
            design.most = design.most.max(readings.len());
            design.readers = design.readers.max(readers.len());
            design.joints[readings.len().clamp(1, 3) - 1] += u64::from(bundle.count);
        }
        design
    }

    pub(crate) fn standing(
        &self,
        options: &LatentOptions,
        two_visits: bool,
    ) -> (Standing, Vec<String>) {
        let mut said = Vec::new();
        let [one, two, more] = self.joints;
        said.push(format!(
            "joints by readings of their change: {one} with one, {two} with two, {more} with three or more"
        ));
        let mut standing = Standing::Identified;
        if self.most < 3 && two_visits && options.assumed_sensitivity.is_none() {
            standing = Standing::PriorBounded;
            said.push(
                "two readings of two visits do not identify sensitivity, false-change rates and shares of change at \
                 once: the priors decide between noise and repair; a third reading or visit, or an assumed \
                 sensitivity, would"
                    .into(),
            );
        }
        if self.readers < 2 {
            said.push(
                "all readings of a joint are by one reader: errors that this reader repeats count as true changes".into(),
            );
            standing = standing.max(Standing::UpperBound);
        }
        match options.artefact {
            Artefact::None => {
                said.push(
                    "readings of one film are taken as independent: what a film shows wrongly to all its readers \
                     counts as true change, so that P(repair) is an upper bound"
                        .into(),
                );
                standing = standing.max(Standing::UpperBound);
            }
            Artefact::Shared if two_visits => {
                said.push(
                    "with two visits an artefact of one film cannot be told from a change: P(repair) rests on what is \
                     believed of artefacts, its range from many to none is given, and it is to be read as an upper \
                     bound; a third visit would identify the rate"
                        .into(),
                );
                standing = standing.max(Standing::UpperBound);
            }
            Artefact::Shared => said.push(
                "the rate of shared artefacts is found from changes that reverse on the next film; those of the first \
                 and the last film are taken to be as frequent"
                    .into(),
            ),
            Artefact::Fixed(rate) => {
                said.push(format!("the rate of shared artefacts is taken as {rate} per film"));
            }
        }
        (standing, said)
    }
}

impl Standing {
    fn max(self, other: Self) -> Self {
        match (self, other) {
            (Self::PriorBounded, _) | (_, Self::PriorBounded) => Self::PriorBounded,
            (Self::UpperBound, _) | (_, Self::UpperBound) => Self::UpperBound,
            _ => Self::Identified,
        }
    }
}
