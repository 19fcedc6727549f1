use serde::Serialize;

/// What of a change of sums was seen at the same sites: those that one reading scored at both visits, or that were
/// replaced or carried on.
///
/// Each visit's sum is completed from its own sites. Where these differ between visits, a change comes out although no
/// site may have changed, or hides one that did: what sums say and matched sites do not is no finding.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MatchedSites {
    /// Whether a reading that counts scored a site at one of the visits only, or has its largest grade alone.
    pub differ: bool,
    /// The change over the sites of both visits, brought up to all by the rules of the sums; none where these are too
    /// few. The change itself where sites do not differ.
    pub change: Option<f64>,
}

impl MatchedSites {
    /// What is said of a change where sums and matched sites say the same; else none.
    pub fn verdict(&self, change: f64, holds: impl Fn(f64) -> Option<bool>) -> Option<bool> {
        let verdict = holds(change)?;
        let agree = !self.differ || self.change.and_then(holds) == Some(verdict);
        agree.then_some(verdict)
    }

    /// What of a change of sums was seen: all of it where sites do not differ.
    pub(crate) fn seen(&self, change: f64) -> Option<f64> {
        if self.differ {
            self.change
        } else {
            Some(change)
        }
    }

    pub(crate) fn scaled(self, by: f64) -> Self {
        Self {
            change: self.change.map(|c| c * by),
            ..self
        }
    }

    /// The weighted sum of several readings' or readers' changes.
    pub(crate) fn weighted(parts: impl Iterator<Item = (f64, Self)>) -> Self {
        let none = Self {
            differ: false,
            change: Some(0.0),
        };
        parts.fold(none, |sum, (weight, part)| Self {
            differ: sum.differ || part.differ,
            change: sum.change.zip(part.change).map(|(s, c)| s + weight * c),
        })
    }

    /// The mean of several readings' or readers' changes.
    pub(crate) fn mean(parts: &[Self]) -> Self {
        let weight = 1.0 / parts.len() as f64;
        Self::weighted(parts.iter().map(|part| (weight, *part)))
    }
}
