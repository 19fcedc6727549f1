//! Speed on a bone-like volume: `cargo bench -p howship-ops`, beside `side_by_side.py`.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use howship_image::{Geometry, Mask, Volume};
use howship_ops::*;
use std::hint::black_box;
use std::time::Duration;

/// A shell around a lattice of rods, as `side_by_side.py` makes it, in any size.
fn bone(n: usize) -> Mask {
    let geometry = Geometry::aligned([n, n, n], [0.0607; 3]).unwrap();
    let middle = (n as f64 - 1.0) / 2.0;
    Mask::from_fn(geometry, |v| {
        let d = v.map(|i| i as f64 - middle);
        let radius = (d[0] * d[0] + d[1] * d[1]).sqrt() / (0.45 * n as f64);
        let rods = v.map(|i| i % 14 < 4);
        let rods = rods.iter().filter(|&&r| r).count() >= 2;
        u8::from(radius < 1.0 && (radius > 0.9 || rods))
    })
}

fn operations(c: &mut Criterion) {
    let n = std::env::var("HOWSHIP_BENCH_SIZE")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(310);
    let mask = bone(n);
    let grey: Volume<f32> = mask.map(|v| f32::from(v) * 900.0);
    let mut group = c.benchmark_group("operations");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_secs(3));
    let mut time = |name: &str, run: &dyn Fn()| {
        group.bench_function(BenchmarkId::new(name, n), |b| b.iter(run));
    };
    time("gaussian", &|| {
        black_box(gaussian(&grey, [0.0607; 3]).unwrap());
    });
    time("median", &|| {
        black_box(median(&grey, [1; 3]).unwrap());
    });
    time("gradient_magnitude", &|| {
        black_box(gradient_magnitude(&grey));
    });
    time("laplace_hamming", &|| {
        black_box(laplace_hamming(&grey, &LaplaceHammingOptions::default()).unwrap());
    });
    time("distance_transform", &|| {
        black_box(distance_transform(&mask));
    });
    time("distance_to", &|| {
        black_box(distance_to(&mask));
    });
    time("label", &|| {
        black_box(label(&mask, Connectivity::TwentySix));
    });
    time("fill_holes", &|| {
        black_box(fill_holes(&mask));
    });
    time("dilate_8_voxels", &|| {
        black_box(dilate(&mask, 8.0 * 0.0607).unwrap());
    });
    time("close_8_voxels", &|| {
        black_box(close(&mask, 8.0 * 0.0607).unwrap());
    });
    time("local_thickness", &|| {
        black_box(local_thickness(&mask));
    });
    time("marching_cubes", &|| {
        black_box(marching_cubes(&grey, 450.0).unwrap());
    });
    let labels = label(&mask, Connectivity::TwentySix).labels;
    time("region_properties", &|| {
        black_box(region_properties(&labels));
    });
    group.finish();
}

criterion_group!(benches, operations);
criterion_main!(benches);
