//! Width of the joint space per visit, and its change from the motion of one registered bone against the other.

use crate::outline::Outline;
use howship_register::planar::PlanarRegistration;
use serde::{Deserialize, Serialize};

/// Where the joint space is measured. Pixels of the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JointSpaceOptions {
    /// Half of the stretch across the joint over which it is averaged, as a share of the head's width: the middle
    /// two thirds, where the edges run across the axis.
    pub half_share: f64,
    /// Step across the joint (px).
    pub step_px: f64,
    /// Widths below this are no joint space (px): fused or overlapping.
    pub least_px: f64,
    /// Share of the stretch that may have no joint space.
    pub most_missing: f64,
    /// Smallest change that would matter (mm): about what a year of early RA takes from a joint that erodes
    /// (SWEFOT 2017: 0.03 mm on average over joints, most of which do not change).
    pub delta_mm: f64,
    /// SD of the weak prior of a true change (mm): several times any yearly change on record.
    pub prior_sd_mm: f64,
    /// Standard error of a width at one visit (px): both edges as unsharp edges shift them, from the phantom.
    pub edge_se_px: f64,
    /// Error of a change at a foot's joints besides (mm): toes are bent up against their metatarsals, so that a tilt moves
    /// the two bones' shadows apart (`examples/film_errors`, `tilted --feet`, seeds 100000 to 100059).
    pub feet_mm: f64,
}

impl Default for JointSpaceOptions {
    fn default() -> Self {
        Self {
            half_share: 0.3,
            step_px: 2.0,
            least_px: 3.0,
            most_missing: 0.2,
            delta_mm: 0.1,
            prior_sd_mm: 1.0,
            edge_se_px: 1.2,
            feet_mm: 0.16,
        }
    }
}

/// The joint space in the frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Profile {
    /// Columns of the frame.
    pub across: Vec<f64>,
    /// Rows of the proximal and of the distal edge.
    pub edges: Vec<[f64; 2]>,
}

impl Profile {
    /// Mean width (px).
    pub(crate) fn mean(&self) -> f64 {
        let total: f64 = self.edges.iter().map(|e| e[0] - e[1]).sum();
        total / self.edges.len().max(1) as f64
    }
}

/// Between two outlines of one frame; `Err` says why there is none.
pub(crate) fn profile(
    proximal: &Outline,
    distal: &Outline,
    options: &JointSpaceOptions,
) -> Result<Profile, String> {
    let near = |o: &Outline| {
        let x = o
            .points
            .iter()
            .filter(|p| (p[1] - crate::frame::MIDDLE).abs() < 40.0)
            .map(|p| p[0]);
        x.fold([f64::INFINITY, f64::NEG_INFINITY], |r, x| {
            [r[0].min(x), r[1].max(x)]
        })
    };
    let (a, b) = (near(proximal), near(distal));
    let (left, right) = (a[0].max(b[0]), a[1].min(b[1]));
    let width = right - left;
    if !(width > 20.0 && width.is_finite()) {
        return Err("the two bones do not face each other in the joint's field".to_owned());
    }
    let middle = 0.5 * (left + right);
    let half = options.half_share * width;
    let steps = (half / options.step_px).floor() as i64;
    let mut found = Profile {
        across: Vec::new(),
        edges: Vec::new(),
    };
    for k in -steps..=steps {
        let x = middle + k as f64 * options.step_px;
        if let (Some(p), Some(d)) = (proximal.height_at(x), distal.height_at(x))
            && p - d >= options.least_px
        {
            found.across.push(x);
            found.edges.push([p, d]);
        }
    }
    let all = (2 * steps + 1) as f64;
    let missing = 1.0 - found.across.len() as f64 / all;
    if missing > options.most_missing {
        return Err(format!(
            "no joint space is seen over {:.0} % of the joint: fused, or one bone lies over the other",
            100.0 * missing
        ));
    }
    Ok(found)
}

/// Widening of the joint space along the axis from one film to another, and its standard error from the two
/// registrations (frame px of the earlier film).
///
/// The distal edge's points are carried to the later film with the distal bone and back with the proximal one: what
/// they moved is the joint space's change, in the earlier film's magnification. No edge is found anew.
pub(crate) fn widening(
    profile: &Profile,
    proximal: &PlanarRegistration,
    distal: &PlanarRegistration,
) -> (f64, f64) {
    let back = proximal.transform.inverse();
    let n = profile.across.len().max(1) as f64;
    let up = [0.0, -1.0];
    let points = || {
        profile
            .across
            .iter()
            .zip(&profile.edges)
            .map(|(&x, e)| [x, e[1]])
    };
    let mean = points()
        .map(|q| q[1] - back.apply(distal.transform.apply(q))[1])
        .sum::<f64>()
        / n;
    let terms = || points().map(|q| (q, up, 1.0 / n));
    (mean, distal.sum_se(terms()).hypot(proximal.sum_se(terms())))
}
