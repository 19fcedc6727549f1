//! Agreement with SciPy, scikit-image, edt and cc3d: `tests/reference/make.py` made the values.

use crate::{Lcg, grid};
use howship_image::{Labels, Mask, Volume};
use howship_ops::*;
use serde_json::Value;

const SIZE: [usize; 3] = [23, 19, 17];

fn reference() -> Value {
    serde_json::from_str(include_str!("../reference/reference.json")).unwrap()
}

fn spacing_of(part: &Value) -> [f64; 3] {
    std::array::from_fn(|a| part["spacing"][a].as_f64().unwrap())
}

fn volume(seed: u64, spacing: [f64; 3]) -> Volume<f32> {
    let mut lcg = Lcg(seed);
    Volume::from_fn(grid(SIZE, spacing), |_| lcg.next() as f32)
}

fn below(seed: u64, share: f64, spacing: [f64; 3]) -> Mask {
    volume(seed, spacing).map(|v| u8::from(f64::from(v) < share))
}

fn blobs(spacing: [f64; 3]) -> Mask {
    Mask::from_fn(grid(SIZE, spacing), |v| {
        let square = |c: [i64; 3]| (0..3).map(|a| (v[a] as i64 - c[a]).pow(2)).sum::<i64>();
        let solid = square([6, 7, 6]) <= 25 || square([10, 9, 7]) <= 20 || square([2, 16, 14]) <= 9;
        let shell = square([16, 11, 10]) <= 30 && square([16, 11, 10]) > 6;
        u8::from(solid || shell)
    })
}

fn assert_grey(what: &str, found: &Volume<f32>, expected: &Value, tolerance: f64) {
    let largest = found
        .data()
        .iter()
        .fold(0.0f64, |m, &v| m.max(f64::from(v).abs()));
    let sample = expected["sample"].as_array().unwrap();
    assert_eq!(sample.len(), found.data().len().div_ceil(61));
    for (i, value) in sample.iter().enumerate() {
        let (f, e) = (f64::from(found.data()[61 * i]), value.as_f64().unwrap());
        assert!(
            (f - e).abs() <= tolerance * largest,
            "{what}, voxel {}: {f} not {e}",
            61 * i
        );
    }
    let sum: f64 = found.data().iter().map(|&v| f64::from(v)).sum();
    let error = (sum - expected["sum"].as_f64().unwrap()).abs();
    assert!(
        error <= tolerance * largest * found.data().len() as f64,
        "{what}: sum off by {error}"
    );
}

fn assert_whole<T: Copy + Into<u32>>(what: &str, found: &Volume<T>, expected: &Value) {
    let mut hash = 0xcbf29ce484222325u64;
    let mut nonzero = 0;
    for &value in found.data() {
        let value: u32 = value.into();
        nonzero += u64::from(value != 0);
        for byte in value.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100000001b3);
        }
    }
    assert_eq!(nonzero, expected["nonzero"].as_u64().unwrap(), "{what}");
    assert_eq!(
        format!("{hash:016x}"),
        expected["hash"].as_str().unwrap(),
        "{what}"
    );
}

/// Both spacings, with the values for each.
fn for_each_spacing(check: impl Fn([f64; 3], &Value)) {
    let all = reference();
    for name in ["isotropic", "anisotropic"] {
        check(spacing_of(&all[name]), &all[name]);
    }
}

#[test]
fn filters() {
    for_each_spacing(|spacing, part| {
        let image = volume(1, spacing);
        let smooth = gaussian(&image, [0.1, 0.15, 0.12]).unwrap();
        assert_grey("gaussian", &smooth, &part["gaussian"], 1e-6);
        assert_grey(
            "median",
            &median(&image, [1, 2, 1]).unwrap(),
            &part["median"],
            1e-9,
        );
        assert_grey("gradient", &gradient(&image)[2], &part["gradient_z"], 1e-6);
        let steep = gradient_magnitude(&image);
        assert_grey(
            "gradient_magnitude",
            &steep,
            &part["gradient_magnitude"],
            1e-6,
        );
        let sharp = laplace_hamming(&image, &LaplaceHammingOptions::default()).unwrap();
        assert_grey("laplace_hamming", &sharp, &part["laplace_hamming"], 2e-6);
    });
}

#[test]
fn distances_morphology_and_thickness() {
    for_each_spacing(|spacing, part| {
        let (mask, blob) = (below(2, 0.8, spacing), blobs(spacing));
        let inside = distance_transform(&mask);
        assert_grey(
            "distance_transform",
            &inside,
            &part["distance_transform"],
            3e-7,
        );
        assert_grey(
            "distance_to",
            &distance_to(&blob),
            &part["distance_to"],
            3e-7,
        );
        let radius = part["radius"].as_f64().unwrap();
        assert_whole("dilate", &dilate(&blob, radius).unwrap(), &part["dilate"]);
        assert_whole("erode", &erode(&blob, radius).unwrap(), &part["erode"]);
        assert_whole("open", &open(&blob, radius).unwrap(), &part["open"]);
        assert_whole("close", &close(&blob, radius).unwrap(), &part["close"]);
        assert_grey(
            "thickness",
            &local_thickness(&blob),
            &part["thickness"],
            3e-7,
        );
    });
}

#[test]
fn regions() {
    for_each_spacing(|spacing, part| {
        let labels = label(&below(3, 0.2, spacing), Connectivity::TwentySix).labels;
        let found = region_properties(&labels);
        let intensities = region_intensities(&labels, &volume(1, spacing)).unwrap();
        let expected = part["regions"].as_array().unwrap();
        assert_eq!(found.len(), expected.len());
        for ((region, intensity), row) in found.iter().zip(&intensities).zip(expected) {
            let close = |f: f64, e: &Value, tolerance: f64| {
                let e = e.as_f64().unwrap();
                assert!(
                    (f - e).abs() < tolerance,
                    "label {}: {f} not {e}",
                    region.label
                );
            };
            assert_eq!(u64::from(region.label), row["label"].as_u64().unwrap());
            assert_eq!(region.voxels as u64, row["voxels"].as_u64().unwrap());
            for a in 0..3 {
                close(region.centroid_mm[a], &row["centroid_mm"][a], 1e-9);
                // Square roots of variances that are 0 but for rounding.
                close(region.axis_lengths_mm[a], &row["lengths_mm"][a], 1e-6);
                assert_eq!(
                    region.region.start[a] as u64,
                    row["first"][a].as_u64().unwrap()
                );
                let end = region.region.start[a] + region.region.size[a];
                assert_eq!(end as u64, row["end"][a].as_u64().unwrap());
            }
            close(region.axis_lengths_mm[0], &row["major_mm"], 1e-6);
            close(intensity.mean, &row["mean"], 1e-7);
            close(intensity.standard_deviation, &row["sd"], 1e-7);
        }
    });
}

#[test]
fn surface() {
    for_each_spacing(|spacing, part| {
        let centre: Vec<f64> = (0..3)
            .map(|a| (SIZE[a] as f64 - 1.0) / 2.0 * spacing[a])
            .collect();
        let field = Volume::from_fn(grid(SIZE, spacing), |v| {
            let d: Vec<f64> = (0..3)
                .map(|a| v[a] as f64 * spacing[a] - centre[a])
                .collect();
            (1.0 - (d[0] * d[0] + 0.9 * d[1] * d[1] + 1.1 * d[2] * d[2]).sqrt()) as f32
        });
        let expected = &part["surface"];
        let level = expected["level"].as_f64().unwrap() as f32;
        let mesh = marching_cubes(&field, level).unwrap();
        // Both meshes have the same vertices; only the cuts of faces with 4 to 6 corners differ.
        let near = |f: f64, e: &Value| (f / e.as_f64().unwrap() - 1.0).abs() < 2e-3;
        assert!(
            near(mesh.area_mm2(), &expected["area"]),
            "{} {expected}",
            mesh.area_mm2()
        );
        assert!(
            near(mesh.volume_mm3(), &expected["volume"]),
            "{} {expected}",
            mesh.volume_mm3()
        );
    });
}

#[test]
fn thresholds_labels_and_floods() {
    let expected = &reference()["any"];
    let spacing = [1.0; 3];
    let (image, blob) = (volume(1, spacing), blobs(spacing));
    let sparse = below(2, 0.35, spacing);
    let squares: Vec<f32> = image.data().iter().map(|v| v * v).collect();
    let found = f64::from(otsu(&squares, 256).unwrap());
    assert!((found - expected["otsu"].as_f64().unwrap()).abs() < 1e-6);
    let kinds = [
        (Connectivity::Six, "label_6"),
        (Connectivity::Eighteen, "label_18"),
        (Connectivity::TwentySix, "label_26"),
    ];
    for (connectivity, name) in kinds {
        let found = label(&sparse, connectivity);
        assert_eq!(
            found.count as u64,
            expected[name]["count"].as_u64().unwrap()
        );
        assert_whole(name, &found.labels, &expected[name]);
    }
    let strong = hysteresis_threshold(&image, 0.6, 0.995, Connectivity::Six);
    assert_whole("hysteresis", &strong, &expected["hysteresis"]);
    let adaptive = |weights, offset| {
        let options = AdaptiveOptions {
            block: [5; 3],
            weights,
            offset,
            lower: 0.4,
            upper: 0.6,
        };
        adaptive_threshold(&image, &options).unwrap()
    };
    assert_whole(
        "mean",
        &adaptive(LocalWeights::Mean, 0.02),
        &expected["adaptive_mean"],
    );
    let gauss = adaptive(LocalWeights::Gaussian, 0.0);
    assert_whole("gaussian", &gauss, &expected["adaptive_gaussian"]);
    assert_whole("fill_holes", &fill_holes(&blob), &expected["fill_holes"]);
    floods(expected, &image, &sparse);
}

fn floods(expected: &Value, image: &Volume<f32>, sparse: &Mask) {
    let spacing = [1.0; 3];
    let seeds = below(4, 0.01, spacing);
    let grown = reconstruct(&seeds, sparse, Connectivity::Six).unwrap();
    assert_whole("reconstruct", &grown, &expected["reconstruct"]);
    let mut marker = image.clone();
    marker
        .data_mut()
        .iter_mut()
        .zip(seeds.data())
        .for_each(|(v, &s)| *v *= f32::from(s));
    for (connectivity, name) in [
        (Connectivity::Six, "reconstruct_gray_6"),
        (Connectivity::TwentySix, "reconstruct_gray_26"),
    ] {
        let grown = reconstruct_gray(&marker, image, connectivity).unwrap();
        assert_grey(name, &grown, &expected[name], 1e-9);
    }
    let markers: Labels = label(&seeds, Connectivity::TwentySix).labels;
    let flooded = watershed(image, &markers, &below(2, 0.8, spacing)).unwrap();
    assert_whole("watershed", &flooded, &expected["watershed"]);
}
