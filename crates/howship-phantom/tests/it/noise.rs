use howship_phantom::{JointSpec, render_visit};

/// The noise in an image has the SD and the autocorrelation measured on the real HR-pQCT scan.
#[test]
fn noise_is_that_of_the_real_scan() {
    let mut spec = JointSpec::small(0.0607);
    spec.field_mm = [5.0, 5.0, 3.0];
    spec.erosions.clear();
    let noisy = render_visit(&spec, 0).unwrap().scan.volume;
    spec.scanner.noise.sd = 0.0;
    let clean = render_visit(&spec, 0).unwrap().scan.volume;
    let noise: Vec<f64> = noisy
        .data()
        .iter()
        .zip(clean.data())
        .map(|(a, b)| f64::from(a - b))
        .collect();
    let n = noise.len() as f64;
    let mean = noise.iter().sum::<f64>() / n;
    let variance = noise.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    assert!(mean.abs() < 1.0, "mean {mean}");
    assert!(
        (variance.sqrt() / 83.0 - 1.0).abs() < 0.02,
        "SD {}",
        variance.sqrt()
    );
    let [nx, ny, nz] = noisy.size();
    let correlation = |step: [usize; 3]| {
        let (mut sum, mut count) = (0.0, 0.0);
        for z in 0..nz - step[2] {
            for y in 0..ny - step[1] {
                for x in 0..nx - step[0] {
                    let a = noise[x + nx * (y + ny * z)];
                    let b = noise[x + step[0] + nx * (y + step[1] + ny * (z + step[2]))];
                    sum += a * b;
                    count += 1.0;
                }
            }
        }
        sum / count / variance
    };
    // Mean of x and y in the plane; z across it: measured in 4.9 million soft-tissue voxels.
    for (lag, in_plane, across) in [
        (1, 0.72, 0.70),
        (2, 0.25, 0.28),
        (3, -0.03, 0.07),
        (4, -0.10, 0.01),
    ] {
        let plane = 0.5 * (correlation([lag, 0, 0]) + correlation([0, lag, 0]));
        let z = correlation([0, 0, lag]);
        assert!(
            (plane - in_plane).abs() < 0.04,
            "in the plane at {lag}: {plane:.3}"
        );
        assert!((z - across).abs() < 0.04, "across it at {lag}: {z:.3}");
    }
}

#[test]
fn visits_have_noise_of_their_own() {
    let mut spec = JointSpec::small(0.25);
    spec.field_mm = [8.0, 8.0, 6.0];
    spec.visits[1] = spec.visits[0].clone();
    spec.visits[1].name = "M6".into();
    spec.erosions.clear();
    let a = render_visit(&spec, 0).unwrap();
    let b = render_visit(&spec, 1).unwrap();
    let sd = spec.scanner.noise.sd;
    let soft: Vec<f64> = (0..a.bones.data().len())
        .filter(|&i| a.bones.data()[i] != 0)
        .map(|i| f64::from(a.scan.volume.data()[i] - b.scan.volume.data()[i]))
        .collect();
    let rms = (soft.iter().map(|v| v * v).sum::<f64>() / soft.len() as f64).sqrt();
    assert!(
        (rms / (sd * 2f64.sqrt()) - 1.0).abs() < 0.1,
        "{rms} for {sd}"
    );
}
