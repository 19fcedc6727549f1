//! From frames to a grid: same plane, same size, even steps along the normal, nothing missing.

use super::attributes::Object;
use super::frames::Frame;
use super::pixels::check;
use crate::OpenOptions;
use crate::error::{Fault, Parsed, Problem};
use crate::grid::{agree, plausible};
use howship_image::{Geometry, VectorMm};

/// Steps may differ from the median by this share: headers round positions.
const STEP_TOLERANCE: f64 = 0.02;
/// Or by this many millimetres: positions rounded to 0.001 mm at both ends.
const ROUNDING_MM: f64 = 1.5e-3;
/// Direction cosines may differ by this much.
const COSINE_TOLERANCE: f64 = 1e-3;

/// One frame with its place along the normal.
pub(super) struct Placed {
    pub(super) object: usize,
    pub(super) frame: usize,
    position: VectorMm,
    along: f64,
}

/// Frames in the order of z, and the grid.
pub(super) fn arrange(
    objects: &[Object],
    options: &OpenOptions,
    warnings: &mut Vec<String>,
) -> Parsed<(Geometry, Vec<Placed>, String)> {
    let count: usize = objects.iter().map(|o| o.frames.len()).sum();
    if count < 2 {
        return Err(Fault::two_dimensional("one DICOM image"));
    }
    same_planes(objects)?;
    let (Some(object), Some(frame)) = (
        objects.first(),
        objects.first().and_then(|o| o.frames.first()),
    ) else {
        return Err(Fault::two_dimensional("no DICOM image"));
    };
    let cosines = frame
        .orientation
        .ok_or_else(|| missing(object, "ImageOrientationPatient"))?;
    let (x, y) = axes(cosines)?;
    let normal = x.cross(&y);
    let mut placed = place(objects, &normal)?;
    placed.sort_by(|a, b| a.along.total_cmp(&b.along));
    let label = |p: &Placed| describe(objects, p);
    let step = even_steps(&placed, &label)?;
    warnings.extend(other_step(frame, step));
    straight(&placed, &normal, &x, &y, step, objects)?;
    let (in_plane, spacing_known) = in_plane(objects, options, warnings)?;
    let pixel = check(object)?;
    let first = placed.first().map_or(VectorMm::zeros(), |p| p.position);
    plausible([in_plane[1], in_plane[0], step], options.spacing_mm)?;
    let geometry = Geometry::new(
        [pixel.columns, pixel.rows, placed.len()],
        [in_plane[1], in_plane[0], step],
        first.into(),
        std::array::from_fn(|r| [x[r], y[r], normal[r]]),
    )
    .map_err(|e| Fault::geometry(&e))?;
    Ok((geometry, placed, spacing_known))
}

/// Said where the header states another distance of the slices than their positions.
fn other_step(frame: &Frame, step: f64) -> Option<String> {
    let stated = frame.between_slices.filter(|mm| *mm > 0.0)?;
    let same = (stated - step).abs() <= (STEP_TOLERANCE * step).max(ROUNDING_MM);
    (!same).then(|| {
        format!(
            "SpacingBetweenSlices says {stated} mm, the slices' positions {step:.4} mm, which was used"
        )
    })
}

fn missing(object: &Object, attribute: &str) -> Fault {
    Fault::new(
        Problem::SpacingUnknown,
        format!(
            "`{}` has no {attribute}, so that its place is not known",
            object.name()
        ),
        "export the series with image positions, or give the volume in another format",
    )
}

pub(super) fn describe(objects: &[Object], placed: &Placed) -> String {
    match objects.get(placed.object) {
        Some(object) if object.frames.len() > 1 => {
            format!("`{}` frame {}", object.name(), placed.frame + 1)
        }
        Some(object) => format!("`{}`", object.name()),
        None => String::new(),
    }
}

/// Sizes, orientations and spacings must be those of the first frame.
fn same_planes(objects: &[Object]) -> Parsed<()> {
    let mut first: Option<(&Object, &Frame)> = None;
    for object in objects {
        let pixel = check(object).map_err(|f| f.within(&format!("`{}`", object.name())))?;
        for frame in &object.frames {
            let Some((one, reference)) = first else {
                first = Some((object, frame));
                continue;
            };
            let same_size = one
                .pixel
                .as_ref()
                .is_some_and(|p| (p.rows, p.columns) == (pixel.rows, pixel.columns));
            let what = if !same_size {
                "size"
            } else if !close(reference.orientation, frame.orientation, COSINE_TOLERANCE) {
                "orientation"
            } else if !close(reference.spacing, frame.spacing, 1e-5) {
                "pixel spacing"
            } else {
                continue;
            };
            return Err(Fault::new(
                Problem::MixedSlices,
                format!("`{}` and `{}` differ in {what}", one.name(), object.name()),
                "leave only the slices of one volume in the folder (no scouts, no other planes)",
            ));
        }
    }
    Ok(())
}

fn close<const N: usize>(a: Option<[f64; N]>, b: Option<[f64; N]>, tolerance: f64) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance),
        (None, None) => true,
        _ => false,
    }
}

fn axes(cosines: [f64; 6]) -> Parsed<(VectorMm, VectorMm)> {
    let x = VectorMm::new(cosines[0], cosines[1], cosines[2]);
    let y = VectorMm::new(cosines[3], cosines[4], cosines[5]);
    let sound = (x.norm() - 1.0).abs() < COSINE_TOLERANCE
        && (y.norm() - 1.0).abs() < COSINE_TOLERANCE
        && x.dot(&y).abs() < COSINE_TOLERANCE;
    if !sound {
        return Err(Fault::new(
            Problem::Geometry,
            format!("ImageOrientationPatient {cosines:?} is not two orthogonal unit vectors"),
            "export the series again",
        ));
    }
    let x = x.normalize();
    Ok((x, (y - x * x.dot(&y)).normalize()))
}

fn place(objects: &[Object], normal: &VectorMm) -> Parsed<Vec<Placed>> {
    let mut out = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        one_position(object)?;
        for (index, frame) in object.frames.iter().enumerate() {
            let position = frame
                .position
                .ok_or_else(|| missing(object, "ImagePositionPatient"))?;
            let position = VectorMm::from(position);
            out.push(Placed {
                object: number,
                frame: index,
                position,
                along: position.dot(normal),
            });
        }
    }
    Ok(out)
}

/// Refuses frames that are told apart by nothing: their order would be a guess.
fn one_position(object: &Object) -> Parsed<()> {
    let alike = |w: &[Frame]| w[0].position == w[1].position;
    if object.frames.len() < 2 || !object.frames.windows(2).all(alike) {
        return Ok(());
    }
    Err(Fault::new(
        Problem::DuplicateSlices,
        format!(
            "all {} frames of `{}` state the same place",
            object.frames.len(),
            object.name()
        ),
        "export the volume as single slices, or as enhanced multi-frame with a position for each frame; of a time series export one time point",
    ))
}

/// The mean step in mm; duplicates and gaps are named.
fn even_steps(placed: &[Placed], label: &impl Fn(&Placed) -> String) -> Parsed<f64> {
    let steps: Vec<f64> = placed.windows(2).map(|w| w[1].along - w[0].along).collect();
    let mut sorted = steps.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    for (pair, step) in placed.windows(2).zip(&steps) {
        if *step <= 1e-4 || *step < 0.05 * median {
            return Err(Fault::new(
                Problem::DuplicateSlices,
                format!(
                    "{} and {} lie at the same place ({:.3} mm along the normal)",
                    label(&pair[0]),
                    label(&pair[1]),
                    pair[0].along
                ),
                "leave one copy, one time point and one echo of each slice in the folder",
            ));
        }
    }
    let tolerance = (STEP_TOLERANCE * median).max(ROUNDING_MM);
    for (pair, step) in placed.windows(2).zip(&steps) {
        if (step - median).abs() <= tolerance {
            continue;
        }
        let lost = (step / median).round();
        let reason = if lost >= 2.0 && (step - lost * median).abs() <= lost * tolerance {
            format!(
                "{} slice(s) missing between {} and {} ({step:.4} mm apart, the others {median:.4} mm)",
                lost - 1.0,
                label(&pair[0]),
                label(&pair[1])
            )
        } else {
            format!(
                "slices unevenly spaced: {} and {} are {step:.4} mm apart, most are {median:.4} mm",
                label(&pair[0]),
                label(&pair[1])
            )
        };
        return Err(Fault::new(
            Problem::MissingSlices,
            reason,
            "export the whole series with even spacing",
        ));
    }
    match (placed.first(), placed.last()) {
        (Some(first), Some(last)) => Ok((last.along - first.along) / steps.len() as f64),
        _ => Ok(median),
    }
}

/// Origins must follow the normal: a tilted gantry shears the stack.
fn straight(
    placed: &[Placed],
    normal: &VectorMm,
    x: &VectorMm,
    y: &VectorMm,
    step: f64,
    objects: &[Object],
) -> Parsed<()> {
    let (Some(first), Some(last)) = (placed.first(), placed.last()) else {
        return Ok(());
    };
    let spacing = objects
        .first()
        .and_then(|o| o.frames.first())
        .and_then(|f| f.spacing)
        .map_or(step, |[a, b]| a.min(b));
    let lateral = |p: &Placed, from: &Placed| {
        let d = p.position - from.position;
        let d = d - normal * d.dot(normal);
        (d.dot(x), d.dot(y))
    };
    let (dx, dy) = lateral(last, first);
    let total = dx.hypot(dy);
    let length = last.along - first.along;
    if total > 0.25 * spacing && total > 1e-3 * length {
        let tilt = (total / length).atan().to_degrees();
        return Err(Fault::new(
            Problem::Tilted,
            format!(
                "the stack is sheared by {tilt:.2} degrees (gantry tilt): its last slice lies {total:.3} mm beside the normal"
            ),
            "resample the series to orthogonal axes (most DICOM viewers and converters can)",
        ));
    }
    for p in placed {
        let (dx, dy) = lateral(p, first);
        if dx.hypot(dy) > 0.5 * spacing.max(ROUNDING_MM) {
            return Err(Fault::new(
                Problem::MixedSlices,
                format!(
                    "{} lies {:.3} mm beside the other slices",
                    describe(objects, p),
                    dx.hypot(dy)
                ),
                "leave only the slices of one volume in the folder",
            ));
        }
    }
    Ok(())
}

/// Between rows and between columns.
fn in_plane(
    objects: &[Object],
    options: &OpenOptions,
    warnings: &mut Vec<String>,
) -> Parsed<([f64; 2], String)> {
    let stated = objects
        .first()
        .and_then(|o| o.frames.first())
        .and_then(|f| f.spacing);
    match (stated, options.spacing_mm) {
        (Some(spacing), given) => {
            if given.is_some_and(|[x, y, _]| !agree([x, y, 1.0], [spacing[1], spacing[0], 1.0])) {
                warnings.push(
                    "the spacing that was stated is not used: the file has its own".to_owned(),
                );
            }
            let imager = objects
                .first()
                .and_then(|o| o.frames.first())
                .and_then(|f| f.imager_spacing);
            if let Some(imager) = imager
                && !agree([imager[0], imager[1], 1.0], [spacing[0], spacing[1], 1.0])
            {
                warnings.push(format!(
                    "ImagerPixelSpacing {imager:?} differs from PixelSpacing {spacing:?}, which was used"
                ));
            }
            if spacing.iter().any(|s| *s <= 0.0) {
                return Err(Fault::new(
                    Problem::Geometry,
                    format!("PixelSpacing (0028,0030) = {spacing:?} mm"),
                    "correct it in the file, or export the series again",
                ));
            }
            Ok((spacing, "DICOM PixelSpacing and slice positions".to_owned()))
        }
        (None, Some([x, y, _])) => Ok((
            [y, x],
            "stated by the caller in the plane; DICOM slice positions along the normal".to_owned(),
        )),
        (None, None) => Err(Fault::new(
            Problem::SpacingUnknown,
            "the images have no PixelSpacing",
            "state the spacing in mm (`--spacing x,y,z`)",
        )),
    }
}
