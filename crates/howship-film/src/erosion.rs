//! Erosions in profile: places where the bone's edge lies inside of the intact outline, followed over visits.

mod bone;
mod density;
mod detect;
mod doubt;
mod elsewhere;
mod errors;
mod follow;
mod healing;
mod judging;
mod scan;

pub(crate) use bone::Bone;
pub use detect::GivenErosion;
pub(crate) use detect::sites;
pub use errors::{BoneErrors, ErrorOptions};
pub(crate) use follow::{Context, extent, follow};
pub(crate) use judging::judge;

use crate::exposure::ExposureOptions;
use crate::lost::LostOptions;
use serde::{Deserialize, Serialize};

/// How erosions are found, carried and measured. Pixels of the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErosionOptions {
    /// How lost bone is measured on one film.
    pub lost: LostOptions,
    /// How it is measured for a change between two films.
    pub change: LostOptions,
    /// What changes of area and cortical lines are off by.
    pub errors: ErrorOptions,
    /// How grey levels of two films are matched.
    pub exposure: ExposureOptions,
    /// Outline on both sides of a site over which the erosion's place is fitted (px).
    pub search_px: usize,
    /// Share of the cortical line whose loss makes a place of the outline open.
    pub open_share: f64,
    /// How many times brighter than beside the erosion an intact line is taken for at most, where a film shows it so:
    /// beyond is sclerosis, or something that lies over it.
    pub most_intact_line: f64,
    /// Least mouth whose continuity is measured (px).
    pub least_mouth_px: usize,
    /// Share of the cortical line lost, against the outline around, from which a place belongs to an erosion that is
    /// known.
    pub line_share: f64,
    /// How near to the point that the reader gave something must open (px).
    pub pointed_px: usize,
    /// Share of the cortical line lost from which an erosion is looked for on the first film.
    pub found_line_share: f64,
    /// And lost between two films, for a new one.
    pub new_line_share: f64,
    /// Least mouth of an erosion found by itself (px): 0.5 mm at the usual field.
    pub found_mouth_px: usize,
    /// Least area of an erosion found by itself (px²): 0.15 mm² at the usual field.
    pub least_area_px2: f64,
    /// How many times its own standard error that area must be, on the first film.
    pub least_z: f64,
    /// And between two films, for a new one.
    pub new_z: f64,
    /// And how many times its standard error the share of the cortical line lost over the mouth must be: where the line
    /// comes and goes all along a bone (overlap, mutilation), its absence tells nothing.
    pub line_z: f64,
    /// Outline nearer to the other bone than this is joint surface: no erosion is looked for there (px).
    pub clear_px: f64,
    /// Half of the outline searched about a given erosion whose extent is not given (px).
    pub given_half_px: f64,
    /// What the area of one film is multiplied by: its region ends where the loss falls to half, and a bowl loses a
    /// sixth beyond (`examples/film_errors.rs`, fitted seeds: median 0.80 and 0.74 of the truth).
    pub foot: f64,
    /// What a change of area on a metacarpal's or metatarsal's head is multiplied by: the region ends early where the
    /// recess takes over (`examples/film_errors.rs`, seeds 300000 to 300499: slope of the truth against it).
    pub hollow_gain: f64,
    /// How many of its standard errors an area must be on one of two films for an erosion to be seen there at all.
    pub seen_z: f64,
    /// Error of an area on one film that grows with it (besides, what the outline beside it does not foretell).
    pub single_share: f64,
    /// The same on a metacarpal's or metatarsal's head.
    pub hollow_share: f64,
    /// What is added to an area on one film at a metatarsal's head (mm²): open and healed erosions come out too small by so
    /// much, because the edges of head and flare cross where erosions lie and are brighter than what is beside
    /// (`examples/film_errors`, `tilted --feet`, seeds 100000 to 100119: median).
    pub feet_head_missed_mm2: f64,
    /// Error of an area on one film at a foot's joints besides (mm²; the same seeds).
    pub feet_area_mm2: f64,
    /// The same of a change of area there (mm²).
    pub feet_change_mm2: f64,
    /// The same of the share of the cortical line, and of its change.
    pub feet_line: f64,
    /// How many of their standard errors the change over one region and the difference of the two areas may be apart.
    pub most_apart_z: f64,
    /// Least share of a change of area that the grey levels of the two films must show over the same region
    /// (`examples/film_errors`, `tilted --find`, seeds 720000 to 720059: 0.6 to 1.7 of 44 changes above 32 px², 0.3 of two).
    pub least_borne_out: f64,
    /// What intact outline lets an area be off by, before the bone itself has told (px² for a region of 400 px²; it
    /// grows with the region's size): prior of the spread over the bone's other stretches, against which what is found by
    /// itself must stand out.
    pub area_prior_px2: f64,
    /// The same of a change of area between two films.
    pub change_prior_px2: f64,
    /// The same of the share of the cortical line, and of its change.
    pub line_prior: f64,
    /// Of its change.
    pub line_change_prior: f64,
    /// How many stretches those priors are worth.
    pub prior_df: f64,
    /// Standard error of a depth (px).
    pub depth_se_px: f64,
    /// Standard error of a mouth's length (px).
    pub mouth_se_px: f64,
    /// Continuity of the former mouth that `healing` demands: at a mouth that is half open 0.1 too much is measured on
    /// a phalanx and half of that on a head (`examples/film_errors.rs`, seeds from 510000: of 96 erosions that became
    /// smaller with less than 0.7 of their line back 2 were called healing at 0.85 for both, none at these two, and of
    /// the 60 with more than 0.85 back 58 still are).
    pub healed_continuity: f64,
    /// The same on a metacarpal's or metatarsal's head.
    pub hollow_healed_continuity: f64,
    /// Smallest change of area that would matter (mm²).
    pub delta_mm2: f64,
    /// SD of the weak prior of a true change of area (mm²).
    pub prior_sd_mm2: f64,
}

impl ErosionOptions {
    /// Errors of an integral over a region whose parts are correlated grow somewhat faster than with its root.
    fn by_size(px2: f64, region: f64) -> f64 {
        px2 * (region / 400.0).max(0.1).powf(0.75)
    }

    pub(crate) fn healed(&self, hollow: bool) -> f64 {
        if hollow {
            self.hollow_healed_continuity
        } else {
            self.healed_continuity
        }
    }

    /// Error of an area on one film as a share of it.
    pub(crate) fn form_share(&self, hollow: bool) -> f64 {
        if hollow {
            self.hollow_share
        } else {
            self.single_share
        }
    }

    pub(crate) fn area_prior(&self, region_px2: f64) -> f64 {
        Self::by_size(self.area_prior_px2, region_px2)
    }

    pub(crate) fn change_prior(&self, region_px2: f64) -> f64 {
        Self::by_size(self.change_prior_px2, region_px2)
    }
}

impl Default for ErosionOptions {
    fn default() -> Self {
        Self {
            lost: LostOptions::default(),
            change: LostOptions::of_change(),
            errors: ErrorOptions::default(),
            exposure: ExposureOptions::default(),
            search_px: 34,
            open_share: 0.5,
            most_intact_line: 1.4,
            least_mouth_px: 6,
            line_share: 0.25,
            pointed_px: 12,
            found_line_share: 0.3,
            new_line_share: 0.3,
            found_mouth_px: 6,
            least_area_px2: 20.0,
            least_z: 2.5,
            new_z: 3.5,
            line_z: 2.0,
            clear_px: 10.0,
            given_half_px: 34.0,
            foot: 1.2,
            hollow_gain: 1.08,
            seen_z: 1.64,
            single_share: 0.12,
            hollow_share: 0.35,
            feet_head_missed_mm2: 0.3,
            feet_area_mm2: 0.45,
            feet_change_mm2: 0.2,
            feet_line: 0.08,
            most_apart_z: 2.5,
            least_borne_out: 0.1,
            area_prior_px2: 15.0,
            change_prior_px2: 3.0,
            line_prior: 0.1,
            line_change_prior: 0.06,
            prior_df: 4.0,
            depth_se_px: 3.0,
            mouth_se_px: 4.0,
            healed_continuity: 0.95,
            hollow_healed_continuity: 0.9,
            delta_mm2: 0.25,
            prior_sd_mm2: 5.0,
        }
    }
}
