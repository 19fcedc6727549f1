//! What a joint map is made from.

use howship_change::Side;

/// Which probability a map shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MapShows {
    /// P(repair): one green disc per site.
    #[default]
    Repair,
    /// P(progression): one orange disc per site.
    Progression,
    /// Both, as two halves of a disc: repair left, progression right.
    Both,
}

/// A scored site and its probabilities.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JointMark {
    /// Side; none where the table has no sides.
    pub side: Option<Side>,
    /// Site in the scheme's code, as in `MCP2`, `NAV`, `CAP-NAV-LUN`, `FIP1`.
    pub site: String,
    /// P(repair), or its mean over patients; none where the site was not scored.
    pub repair: Option<f64>,
    /// P(progression), or its mean; none where the site was not scored.
    pub progression: Option<f64>,
    /// Words for the tooltip, as in `3 of 4 readings negative`; may be empty.
    pub note: String,
}

/// A map of probabilities on drawn hands and feet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JointMap {
    /// What the figure shows, for its name.
    pub title: String,
    /// What the marks mean, as in `P(repair of erosion), mean over 178 patients`.
    pub quantity: String,
    /// Which probability is drawn.
    pub shows: MapShows,
    /// One mark per site and side.
    pub marks: Vec<JointMark>,
    /// Probability of the largest and darkest mark; none takes the next round number above the largest.
    pub full: Option<f64>,
}
