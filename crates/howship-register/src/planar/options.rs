use crate::Error;
use serde::{Deserialize, Serialize};

/// How one bone is registered between two films. Pixels are those of the joint's crop, tuned at 0.087 mm a pixel
/// (256 pixels for 22 mm) on the even-numbered four-visit joints of a public set of serial MCP joints; what it
/// reaches on the odd-numbered ones is printed by `examples/serial_joints.rs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanarOptions {
    /// Smoothing of both films at the finest level (standard deviation, px). The coarser ones follow from their
    /// pixels: 1.6 px at half of the resolution, 2.5 px at a quarter.
    pub smoothing_px: f64,
    /// Neighbourhood of the local mean and spread that are taken out (standard deviation, px). Within 20 px the other
    /// bone's motion shifts this one's edges: on the micrometer phantom (0.500 mm) the change came out 0.026 mm too
    /// small, within 36 px 0.007. Normalising by the bone's own pixels has no such bias and doubles the outliers of
    /// real pairs, whose masks differ.
    pub local_px: f64,
    /// Neighbourhood of the second look (standard deviation, px). What it finds elsewhere is an error that no residual
    /// of the first shows: the soft tissue and the other bone that either takes in.
    pub second_local_px: f64,
    /// Limit of the second look's loss, as `loss_limit`.
    pub second_loss_limit: f64,
    /// Share of the two looks' difference that enters the error as one standard deviation: chosen on the even-numbered
    /// joints, of whose pairs that pass it takes the 95th percentile of the closure from 0.37 to 0.35 px (without it
    /// and with the limit that keeps as many).
    pub second_share: f64,
    /// The local spread is not taken to be below this share of the film's robust range: flat places would be noise
    /// blown up.
    pub least_spread: f64,
    /// How far the mask is grown (px, city block): the bone's edge must be inside.
    pub grow_px: usize,
    /// How far the other bone's mask is grown before it is cut out (px, city block).
    pub exclude_px: usize,
    /// Rotations tried at the start (degrees): from minus to plus this.
    pub search_deg: f64,
    /// Step of those rotations (degrees).
    pub search_step_deg: f64,
    /// Farthest shift tried at the start (px), about where the bones' ends next to the joint put it.
    pub search_px: f64,
    /// Starts refined at the coarsest level.
    pub starts: usize,
    /// Each level uses one of its pixels in this many along x and along y, coarse to fine: neighbours are nearly the
    /// same once smoothed.
    pub strides: [usize; 3],
    /// Limit of Geman-McClure's loss in robust standard deviations of the residuals.
    pub loss_limit: f64,
    /// A pixel at this distance from the joint along the axis counts half (px).
    pub near_px: f64,
    /// Standard deviation of the prior on the logarithm of the scale. A hand laid down again differs in its distance
    /// from the detector by millimetres in a metre; 5-95 % of scales observed are 0.995-1.004.
    pub scale_sd: f64,
    /// Film pixels (area) that count as one independent observation when that prior is weighed against the data.
    pub correlated_px: f64,
    /// The finest level ends when no parameter moves a point 50 px from the centre by more than this (px).
    pub tolerance_px: f64,
    /// The other levels end at this (px): they only start the next one.
    pub coarse_tolerance_px: f64,
    /// Most steps at the coarsest level.
    pub coarse_iterations: usize,
    /// Most steps at each other level.
    pub iterations: usize,
    /// Side of the blocks over which residuals are taken to be correlated (px).
    pub block_px: usize,
    /// When the result is refused.
    pub gate: PlanarGate,
}

/// When a registration of one bone is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanarGate {
    /// Largest standard error of the bone's place at the joint, along the joint's axis (px): chosen on the
    /// even-numbered joints so that 82 % of their pairs of both bones pass this gate as a whole.
    pub max_joint_se_px: f64,
    /// Least share of the bone that the other film shows.
    pub min_overlap: f64,
    /// Least correlation of the normalised films over the bone.
    pub min_correlation: f64,
    /// Largest distance between the joint carried forward and carried backward (px).
    pub max_forward_backward_px: f64,
    /// Largest departure of the scale from 1: beyond it the films have different magnification or another bone was
    /// met.
    pub max_scale_change: f64,
}

impl Default for PlanarOptions {
    fn default() -> Self {
        Self {
            smoothing_px: 1.2,
            local_px: 36.0,
            second_local_px: 24.0,
            second_loss_limit: 6.0,
            second_share: 0.7,
            least_spread: 0.0025,
            grow_px: 4,
            exclude_px: 2,
            search_deg: 12.0,
            search_step_deg: 6.0,
            search_px: 16.0,
            starts: 2,
            strides: [2, 2, 3],
            loss_limit: 4.0,
            near_px: 25.0,
            scale_sd: 0.0025,
            correlated_px: 40.0,
            tolerance_px: 0.02,
            coarse_tolerance_px: 0.3,
            coarse_iterations: 25,
            iterations: 40,
            block_px: 16,
            gate: PlanarGate::default(),
        }
    }
}

impl Default for PlanarGate {
    fn default() -> Self {
        Self {
            max_joint_se_px: 0.37,
            min_overlap: 0.6,
            min_correlation: 0.3,
            max_forward_backward_px: 3.0,
            max_scale_change: 0.05,
        }
    }
}

impl PlanarOptions {
    /// Refuses numbers that make no sense; written so that NaN fails.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let range = |name, value: f64, low: f64, high: f64, need| {
            if value >= low && value <= high {
                Ok(())
            } else {
                Err(Error::Option { name, value, need })
            }
        };
        // Below it there is nothing left beside the spline's own blur.
        range(
            "smoothing_px",
            self.smoothing_px,
            0.7,
            4.0,
            "0.7 to 4 pixels",
        )?;
        range("local_px", self.local_px, 6.0, 200.0, "6 to 200 pixels")?;
        range(
            "second_local_px",
            self.second_local_px,
            6.0,
            200.0,
            "6 to 200 pixels",
        )?;
        range(
            "second_loss_limit",
            self.second_loss_limit,
            0.5,
            20.0,
            "0.5 to 20",
        )?;
        range("second_share", self.second_share, 0.0, 5.0, "0 to 5")?;
        range("least_spread", self.least_spread, 1e-6, 1.0, "1e-6 to 1")?;
        range("search_deg", self.search_deg, 0.0, 90.0, "0 to 90 degrees")?;
        range(
            "search_step_deg",
            self.search_step_deg,
            0.5,
            90.0,
            "0.5 to 90 degrees",
        )?;
        range("search_px", self.search_px, 0.0, 400.0, "0 to 400 pixels")?;
        range("starts", self.starts as f64, 1.0, 32.0, "1 to 32")?;
        for stride in self.strides {
            range("strides", stride as f64, 1.0, 16.0, "1 to 16")?;
        }
        range("loss_limit", self.loss_limit, 0.5, 20.0, "0.5 to 20")?;
        range("near_px", self.near_px, 1.0, 1e6, "1 to 1e6 pixels")?;
        range("scale_sd", self.scale_sd, 1e-5, 1.0, "1e-5 to 1")?;
        range("correlated_px", self.correlated_px, 1.0, 1e4, "1 to 1e4")?;
        range(
            "tolerance_px",
            self.tolerance_px,
            1e-7,
            0.1,
            "1e-7 to 0.1 pixels",
        )?;
        range("iterations", self.iterations as f64, 1.0, 1e3, "1 to 1000")?;
        range(
            "coarse_iterations",
            self.coarse_iterations as f64,
            1.0,
            1e3,
            "1 to 1000",
        )?;
        range(
            "block_px",
            self.block_px as f64,
            2.0,
            128.0,
            "2 to 128 pixels",
        )
    }
}
