use crate::{ball, grid, random_mask, random_volume};
use howship_image::{Geometry, Mask, Volume};
use howship_ops::{Error, Mesh, fill_holes, gaussian, marching_cubes, marching_cubes_mask};
use std::collections::BTreeMap;
use std::f64::consts::PI;

/// Radius minus distance from the middle: the ball is where this is above 0.
fn ball_field(geometry: &Geometry, radius: f64) -> Volume<f32> {
    let centre = geometry.centre();
    Volume::from_fn(geometry.clone(), |v| {
        (radius - (geometry.world(v.map(|i| i as f64)) - centre).norm()) as f32
    })
}

/// Every edge must be used once in each direction.
fn assert_closed(mesh: &Mesh) {
    let mut edges = BTreeMap::new();
    for t in &mesh.triangles {
        for i in 0..3 {
            *edges.entry((t[i], t[(i + 1) % 3])).or_insert(0) += 1;
        }
    }
    for (&(a, b), &n) in &edges {
        assert_eq!((n, edges.get(&(b, a))), (1, Some(&1)), "edge {a}-{b}");
    }
}

/// V - E + F.
fn euler(mesh: &Mesh) -> i64 {
    mesh.vertices.len() as i64 - mesh.triangles.len() as i64 / 2
}

#[test]
fn a_ball_has_the_area_and_volume_of_a_ball() {
    for (size, spacing) in [([50, 50, 50], [0.1; 3]), ([100, 50, 26], [0.05, 0.1, 0.2])] {
        let (s, c) = 0.3f64.sin_cos();
        let turned = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
        let mirrored = [[c, s, 0.0], [s, -c, 0.0], [0.0, 0.0, 1.0]];
        for direction in [turned, mirrored] {
            let geometry = Geometry::new(size, spacing, [50.0, -20.0, 7.0], direction).unwrap();
            let radius = 2.1;
            let mesh = marching_cubes(&ball_field(&geometry, radius), 0.0).unwrap();
            assert_closed(&mesh);
            assert_eq!(euler(&mesh), 2);
            // Chords of a convex body: both are biased low.
            let area = mesh.area_mm2() / (4.0 * PI * radius * radius);
            let volume = mesh.volume_mm3() / (4.0 / 3.0 * PI * radius.powi(3));
            assert!(area < 1.0 && area > 0.997, "{area}");
            assert!(volume < 1.0 && volume > 0.995, "{volume}");
            let centre = geometry.centre();
            for (vertex, normal) in mesh.vertices.iter().zip(mesh.vertex_normals()) {
                let out: f64 = (0..3)
                    .map(|a| (f64::from(vertex[a]) - centre[a]) * f64::from(normal[a]))
                    .sum();
                assert!(out > 0.97 * radius);
            }
        }
    }
}

#[test]
fn noise_gives_a_closed_surface_too() {
    for seed in 0..4 {
        let mask = random_mask([9, 8, 40], [1.0; 3], seed, 0.2 + 0.2 * seed as f64);
        let mesh = marching_cubes_mask(&mask, None).unwrap();
        assert_closed(&mesh);
        assert!(mesh.volume_mm3() > 0.0);
    }
    let volume = random_volume([12, 11, 35], [0.3, 0.2, 0.5], 9);
    let padded = Volume::from_fn(grid([14, 13, 37], [0.3, 0.2, 0.5]), |v| {
        volume.get(v.map(|i| i as i64 - 1)).unwrap_or(0.0)
    });
    assert_closed(&marching_cubes(&padded, 0.5).unwrap());
}

#[test]
fn a_single_voxel_is_an_octahedron() {
    for spacing in [[1.0; 3], [0.5, 1.0, 2.0]] {
        let mesh = marching_cubes_mask(&Mask::filled(grid([1; 3], spacing), 1), None).unwrap();
        assert_eq!((mesh.vertices.len(), mesh.triangles.len()), (6, 8));
        let product: f64 = spacing.iter().product();
        assert!((mesh.volume_mm3() - product / 6.0).abs() < 1e-6);
    }
}

#[test]
fn masks_have_too_much_area_until_they_are_smoothed() {
    let radius = 2.0;
    let exact = 4.0 * PI * radius * radius;
    for (size, spacing, excess) in [
        ([50, 50, 50], [0.1; 3], 0.089),
        ([100, 50, 26], [0.05, 0.1, 0.2], 0.179),
    ] {
        let mask = ball(size, spacing, radius);
        let mut mesh = marching_cubes_mask(&mask, None).unwrap();
        let stepped = mesh.area_mm2() / exact;
        assert!((stepped - 1.0 - excess).abs() < 0.005, "{stepped}");
        let volume = mesh.volume_mm3() / (4.0 / 3.0 * PI * radius.powi(3));
        assert!((volume - 1.0).abs() < 0.002, "{volume}");
        let soft = gaussian(&mask.map(f32::from), spacing.map(|s| 1.2 * s)).unwrap();
        let smooth = marching_cubes(&soft, 0.5).unwrap().area_mm2() / exact;
        assert!((smooth - 1.0).abs() < 0.01, "{smooth}");
        let before = mesh.volume_mm3();
        mesh.smooth(10, 0.5, 0.53).unwrap();
        let taubin = mesh.area_mm2() / exact;
        assert!(taubin < stepped && (taubin - 1.0).abs() < 0.05, "{taubin}");
        assert!((mesh.volume_mm3() / before - 1.0).abs() < 0.01);
    }
}

#[test]
fn a_restriction_keeps_its_part_alone() {
    let mask = ball([30; 3], [0.1; 3], 1.2);
    let half = Mask::from_fn(mask.geometry().clone(), |[_, _, z]| u8::from(z >= 15));
    let whole = marching_cubes_mask(&mask, None).unwrap();
    let part = marching_cubes_mask(&mask, Some(&half)).unwrap();
    assert!(part.vertices.len() < whole.vertices.len());
    // One layer of cells straddles the edge of the restriction.
    let share = part.area_mm2() / whole.area_mm2();
    assert!(share > 0.44 && share < 0.5, "{share}");
    assert!(part.vertices.iter().all(|v| v[2] >= 1.5));
    let other = Mask::filled(grid([30; 3], [0.2; 3]), 1);
    assert!(matches!(
        marching_cubes_mask(&mask, Some(&other)),
        Err(Error::Grid(_))
    ));
}

#[test]
fn files_hold_every_triangle() {
    let mesh = marching_cubes_mask(&Mask::filled(grid([2, 1, 1], [0.5; 3]), 1), None).unwrap();
    let mut stl = Vec::new();
    mesh.write_stl(&mut stl).unwrap();
    assert_eq!(stl.len(), 84 + 50 * mesh.triangles.len());
    assert_eq!(stl[80..84], (mesh.triangles.len() as u32).to_le_bytes());
    let mut area = 0.0;
    for record in stl[84..].chunks(50) {
        let value = |i: usize| f32::from_le_bytes(record[4 * i..4 * i + 4].try_into().unwrap());
        let vector = |i: usize| nalgebra::Vector3::new(value(i), value(i + 1), value(i + 2));
        let cross = (vector(6) - vector(3)).cross(&(vector(9) - vector(3)));
        assert!(cross.normalize().dot(&vector(0)) > 0.999);
        area += f64::from(cross.norm()) / 2.0;
    }
    assert!((area - mesh.area_mm2()).abs() < 1e-5);
    let mut ply = Vec::new();
    mesh.write_ply(&mut ply).unwrap();
    let end = ply.windows(11).position(|w| w == b"end_header\n").unwrap() + 11;
    assert_eq!(
        ply.len() - end,
        24 * mesh.vertices.len() + 13 * mesh.triangles.len()
    );
}

#[test]
fn a_coarser_mesh_has_nearly_the_same_shape() {
    let geometry = grid([60; 3], [0.1; 3]);
    let mesh = marching_cubes(&ball_field(&geometry, 2.5), 0.0).unwrap();
    let coarse = mesh.decimate(0.3).unwrap();
    assert!(coarse.triangles.len() * 5 < mesh.triangles.len());
    assert!((coarse.volume_mm3() / mesh.volume_mm3() - 1.0).abs() < 0.02);
    for cell in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(mesh.decimate(cell).is_err());
    }
}

#[test]
fn nonsense_gives_no_surface_and_no_panic() {
    let volume = random_volume([5, 4, 3], [1.0; 3], 1);
    assert!(marching_cubes(&volume, f32::NAN).is_err());
    for level in [-1.0, 2.0, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(marching_cubes(&volume, level).unwrap(), Mesh::default());
    }
    let odd = volume.map(|v| {
        if v < 0.3 {
            f32::NAN
        } else if v > 0.7 {
            f32::INFINITY
        } else {
            v
        }
    });
    let mesh = marching_cubes(&odd, 0.5).unwrap();
    assert!(mesh.vertices.iter().flatten().all(|v| v.is_finite()));
    for size in [[1, 1, 1], [1, 5, 5], [5, 1, 1]] {
        assert!(
            marching_cubes(&random_volume(size, [1.0; 3], 2), 0.5)
                .unwrap()
                .triangles
                .is_empty()
        );
    }
    let mut broken = Mesh {
        vertices: vec![[0.0; 3]],
        triangles: vec![[0, 7, 9]],
    };
    assert_eq!((broken.area_mm2(), broken.volume_mm3()), (0.0, 0.0));
    assert_eq!(broken.vertex_normals(), [[0.0; 3]]);
    broken.smooth(1, 0.5, 0.53).unwrap();
    broken.decimate(1.0).unwrap();
    broken.write_ply(Vec::new()).unwrap();
    broken.drop_unused_vertices();
    assert!(broken.vertices.is_empty() && broken.triangles.is_empty());
    assert!(broken.smooth(1, 0.5, 0.4).is_err() && broken.smooth(1, f64::NAN, 0.5).is_err());
    // A cavity has a surface of its own.
    let shell = Mask::from_fn(grid([7; 3], [1.0; 3]), |v| u8::from(v != [3, 3, 3]));
    let [hollow, full] =
        [&shell, &fill_holes(&shell)].map(|m| marching_cubes_mask(m, None).unwrap());
    assert!((full.volume_mm3() - hollow.volume_mm3() - 1.0 / 6.0).abs() < 1e-4);
}
