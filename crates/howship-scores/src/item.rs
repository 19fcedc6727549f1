use howship_change::Side;
use serde::{Deserialize, Serialize};

/// One scored thing: a site with its side and a feature, with the range that the scheme allows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Side, where the scheme has sides.
    pub side: Option<Side>,
    /// Site in the scheme's code, as in `MCP2`, `RAD`, `FIP1` (interphalangeal joint of the great toe).
    pub site: String,
    /// Feature, as in `erosion`, `jsn`, `osteitis`.
    pub feature: String,
    /// Smallest score; `-inf` in scheme `custom`.
    pub min: f64,
    /// Largest score; `inf` in scheme `custom`.
    pub max: f64,
    /// Grades lie at `min + i·step`; 0 where any number is allowed.
    pub step: f64,
    /// What a score counts in the sum.
    pub weight: f64,
}

impl Item {
    /// Short form, as in `L.MCP2 erosion`.
    #[must_use]
    pub fn title(&self) -> String {
        match self.side {
            Some(side) => format!("{side:?}.{} {}", self.site, self.feature),
            None => format!("{} {}", self.site, self.feature),
        }
    }
}
