/// From cytokines to RANKL over osteoprotegerin and to the osteoclast.
///
/// Wei and others, J Clin Invest 2005;115:282 (mouse): antagonising IL-1 abolishes the RANKL that TNF makes stromal
/// cells express, and halves the osteoclasts that TNF induces. So the ratio of RANKL to OPG follows driver times
/// IL-1 occupancy, and the osteoclast drive has a part that goes through IL-1 and a part that does not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignalParameters {
    /// Share of the osteoclast drive that goes through IL-1 (0.5, range 0.3-0.7; Wei: about half).
    pub through_il1: f64,
    /// RANKL over OPG in a fully inflamed joint over that in a quiet one (5; assumption, shown and not used by the
    /// wall).
    pub ratio_inflamed: f64,
    /// Osteoclast activity left under denosumab at full binding (0.1, range 0.05-0.25; OpenBoneMin gives 0.11-0.19).
    pub denosumab_factor: f64,
    /// Osteoclast activity left under alendronate (1.0, range 0.3-1; fitted. A bisphosphonate without effect on
    /// osteoclasts is implausible: the trial's erosions grew under it, and this model has no other way to say so).
    pub alendronate_factor: f64,
}

impl Default for SignalParameters {
    fn default() -> Self {
        Self {
            through_il1: 0.5,
            ratio_inflamed: 5.0,
            denosumab_factor: 0.1,
            alendronate_factor: 1.0,
        }
    }
}

impl SignalParameters {
    /// What the osteoclasts see of a driver where IL-1's relative occupancy is `occupancy`.
    #[inline]
    #[must_use]
    pub fn osteoclast_drive(&self, driver: f64, occupancy: f64) -> f64 {
        driver * (1.0 - self.through_il1 * (1.0 - occupancy))
    }

    /// RANKL over OPG, relative to a quiet joint.
    #[inline]
    #[must_use]
    pub fn rankl_opg(&self, driver: f64, occupancy: f64) -> f64 {
        1.0 + (self.ratio_inflamed - 1.0) * driver * occupancy
    }
}
