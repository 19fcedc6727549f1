//! A joint on one film, made ready to be compared with others.

use crate::Error;
use crate::frame::{Frame, FrameOptions, JointPlace, MIDDLE};
use crate::joint_space::{Profile, profile};
use crate::options::FilmOptions;
use crate::outline::{Outline, outline};
use howship_change::JointBone;
use howship_image::Film;
use howship_register::planar::{PlanarBone, PlanarImage, Plane, PlaneSpline};

/// A joint on one film.
pub(crate) struct Ready {
    pub frame: Frame,
    pub image: Option<PlanarImage>,
    /// Of the proximal and the distal bone; `Err` says why there is none.
    pub outlines: [Result<Outline, String>; 2],
    pub masks: [Vec<bool>; 2],
    pub bones: [Option<PlanarBone>; 2],
    pub profile: Result<Profile, String>,
    /// The frame barely smoothed, for profiles across outlines.
    pub sharp: PlaneSpline,
    /// Why nothing may be measured on this film.
    pub refused: Option<String>,
}

/// Smoothing for profiles (px): below the frame's pixels' own blur.
const SHARP_PX: f64 = 0.7;

impl Ready {
    pub(crate) fn new(
        film: &Film,
        place: &JointPlace,
        options: &FilmOptions,
    ) -> Result<Self, Error> {
        let frame = Frame::new(film, place, &options.frame)?;
        let sharp = PlaneSpline::new(&frame.plane.smoothed(SHARP_PX));
        let mut ready = Self {
            sharp,
            image: None,
            outlines: [
                Err("not looked for".to_owned()),
                Err("not looked for".to_owned()),
            ],
            masks: [Vec::new(), Vec::new()],
            bones: [None, None],
            profile: Err("no outlines".to_owned()),
            refused: frame.refused.clone(),
            frame,
        };
        if ready.refused.is_some() {
            return Ok(ready);
        }
        for (k, bone) in JointBone::BOTH.into_iter().enumerate() {
            ready.outlines[k] = outline(&ready.frame.plane, bone, &options.outline);
        }
        let [Ok(proximal), Ok(distal)] = &ready.outlines else {
            let reasons: Vec<String> = ["proximal", "distal"]
                .iter()
                .zip(&ready.outlines)
                .filter_map(|(name, o)| o.as_ref().err().map(|e| format!("{name} bone: {e}")))
                .collect();
            ready.refused = Some(reasons.join("; "));
            return Ok(ready);
        };
        ready.masks = [proximal.mask(), distal.mask()];
        ready.profile = profile(proximal, distal, &options.joint_space);
        ready.refused = foreign(&ready.frame.plane, &ready.masks, &options.frame);
        if ready.refused.is_some() {
            return Ok(ready);
        }
        let image = PlanarImage::new(&ready.frame.plane, &options.registration)?;
        for k in 0..2 {
            ready.bones[k] = PlanarBone::new(
                &image,
                &ready.masks[k],
                Some(&ready.masks[1 - k]),
                [MIDDLE; 2],
                [0.0, -1.0],
                &options.registration,
            )
            .ok();
        }
        ready.image = Some(image);
        Ok(ready)
    }

    pub(crate) fn outline(&self, bone: JointBone) -> Option<&Outline> {
        self.outlines[index(bone)].as_ref().ok()
    }
}

pub(crate) fn index(bone: JointBone) -> usize {
    match bone {
        JointBone::Proximal => 0,
        JointBone::Distal => 1,
    }
}

/// Saturation, and metal: rings, wires, prostheses.
fn foreign(plane: &Plane, masks: &[Vec<bool>; 2], options: &FrameOptions) -> Option<String> {
    let in_bone = |i: usize| masks[0][i] || masks[1][i];
    let values = plane.data();
    let highest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let bone: Vec<f32> = (0..values.len())
        .filter(|&i| in_bone(i))
        .map(|i| values[i])
        .collect();
    let mut rest: Vec<f32> = (0..values.len())
        .filter(|&i| !in_bone(i))
        .map(|i| values[i])
        .collect();
    if bone.len() < 1000 || rest.len() < 1000 {
        return Some(
            "the two bones do not leave room for soft tissue in the joint's field".to_owned(),
        );
    }
    let top = highest - 1e-3 * (plane.robust_range() as f32);
    let saturated = bone.iter().filter(|v| **v >= top).count() as f64 / bone.len() as f64;
    if saturated > options.most_saturated {
        return Some(format!(
            "saturated: {:.0} % of the bones are at the film's highest value, at most {:.0} % may be",
            100.0 * saturated,
            100.0 * options.most_saturated
        ));
    }
    let median = |v: &mut Vec<f32>| {
        let k = v.len() / 2;
        *v.select_nth_unstable_by(k, f32::total_cmp).1
    };
    let mut sorted = bone.clone();
    let step = f64::from(median(&mut sorted) - median(&mut rest));
    let soft = f64::from(median(&mut rest));
    if !(step > 0.0) {
        return Some("the bones are not brighter than what is around them".to_owned());
    }
    // The brightest bone of a joint is its cortex in profile; its level bounds what bone can be.
    let k = sorted.len() * 98 / 100;
    let cortex = f64::from(*sorted.select_nth_unstable_by(k, f32::total_cmp).1);
    let limit = (soft + options.metal_step * step).max(soft + 1.35 * (cortex - soft));
    let metal: Vec<bool> = values.iter().map(|&v| f64::from(v) > limit).collect();
    let share = metal.iter().filter(|m| **m).count() as f64 / metal.len() as f64;
    // A bone mostly of metal sets its own levels: then it is the flat top that gives it away.
    let flat = (0..values.len())
        .filter(|&i| in_bone(i) && f64::from(values[i]) > 0.97 * (f64::from(highest) - soft) + soft)
        .count() as f64
        / bone.len() as f64;
    if flat > 0.2 {
        return Some(format!(
            "{:.0} % of the bones are as bright as the brightest pixel: a prosthesis or other metal",
            100.0 * flat
        ));
    }
    if share > options.most_metal {
        let inside = (0..metal.len()).filter(|&i| metal[i] && in_bone(i)).count() as f64;
        let what = if inside > 0.5 * share * metal.len() as f64 {
            "metal over the bones (jewellery, wire or prosthesis)"
        } else {
            "metal beside the bones (jewellery or marker)"
        };
        return Some(format!(
            "{what}: {:.1} % of the joint's field",
            100.0 * share
        ));
    }
    None
}
