use howship_report::{Error, Mesh, Part, RenderOptions, View, render};
use std::f64::consts::{PI, TAU};

const FRONT: View = View {
    name: "front",
    direction: [0.0, 1.0, 0.0],
    up: [0.0, 0.0, 1.0],
};
const BACK: View = View {
    name: "back",
    direction: [0.0, -1.0, 0.0],
    up: [0.0, 0.0, 1.0],
};

fn small() -> RenderOptions {
    RenderOptions {
        pixels: 260,
        ..RenderOptions::default()
    }
}

fn sphere(centre: [f64; 3], radius: f64) -> Mesh {
    let (rings, around) = (90, 180);
    let mut vertices = Vec::new();
    for i in 0..=rings {
        for j in 0..around {
            let (polar, angle) = (
                PI * f64::from(i) / f64::from(rings),
                TAU * f64::from(j) / f64::from(around),
            );
            let unit = [
                polar.sin() * angle.cos(),
                polar.sin() * angle.sin(),
                polar.cos(),
            ];
            vertices.push(std::array::from_fn(|k| {
                (centre[k] + radius * unit[k]) as f32
            }));
        }
    }
    let mut triangles = Vec::new();
    for i in 0..rings as u32 {
        for j in 0..around as u32 {
            let at = |i: u32, j: u32| i * around as u32 + j % around as u32;
            triangles.push([at(i, j), at(i, j + 1), at(i + 1, j + 1)]);
            triangles.push([at(i, j), at(i + 1, j + 1), at(i + 1, j)]);
        }
    }
    Mesh {
        vertices,
        triangles,
    }
}

fn part<'a>(name: &'a str, mesh: &'a Mesh, colour: [f32; 3]) -> Part<'a> {
    Part {
        name,
        mesh,
        colour,
        marker: false,
    }
}

fn colour_at(image: &howship_report::Rendering, point: [f64; 3]) -> [u8; 4] {
    let [x, y] = image.project(point).map(|v| v as usize);
    let start = (y * image.width + x) * 4;
    std::array::from_fn(|k| image.rgba[start + k])
}

#[test]
fn the_silhouette_of_a_sphere_has_its_area() {
    let mesh = sphere([3.0, -50.0, 7.0], 6.0);
    let image = render(&[part("ball", &mesh, [0.5; 3])], FRONT, &small()).unwrap();
    let covered: f64 = image.rgba.chunks(4).map(|p| f64::from(p[3]) / 255.0).sum();
    let mm2 = covered * image.mm_per_pixel * image.mm_per_pixel;
    assert!((mm2 / (PI * 36.0) - 1.0).abs() < 0.01, "{mm2}");
}

#[test]
fn what_is_nearer_hides_what_is_behind() {
    let (near, far) = (sphere([0.0, -5.0, 0.0], 2.0), sphere([0.0, 5.0, 0.0], 3.0));
    let parts = [
        part("red", &near, [0.8, 0.0, 0.0]),
        part("blue", &far, [0.0, 0.0, 0.8]),
    ];
    let front = render(&parts, FRONT, &small()).unwrap();
    let [r, _, b, a] = colour_at(&front, [0.0; 3]);
    assert!(r > 100 && b < 60 && a == 255, "red in front: {r} {b}");
    let [r, _, b, _] = colour_at(&front, [0.0, 0.0, 2.6]);
    assert!(b > 60 && r < 60, "blue around it: {r} {b}");
    let back = render(&parts, BACK, &small()).unwrap();
    let [r, _, b, _] = colour_at(&back, [0.0; 3]);
    assert!(b > 100 && r < 60, "blue in front from behind: {r} {b}");
}

#[test]
fn the_share_of_a_marker_in_sight_is_measured() {
    let (near, far) = (sphere([0.0, -5.0, 0.0], 2.0), sphere([0.0, 5.0, 0.0], 3.0));
    let marker = Part {
        marker: true,
        ..part("blue", &far, [0.0, 0.0, 0.8])
    };
    let parts = [part("red", &near, [0.8, 0.0, 0.0]), marker];
    let front = render(&parts, FRONT, &small()).unwrap();
    // 1 - (2/3)² of the larger disc stays in sight.
    assert!(
        (front.visible[1] - 5.0 / 9.0).abs() < 0.01,
        "{}",
        front.visible[1]
    );
    let back = render(&parts, BACK, &small()).unwrap();
    assert_eq!(back.visible, [1.0, 1.0]);
}

/// In this view the patient's left (+x) is on the picture's right, up is up.
#[test]
fn places_are_where_they_are_drawn() {
    let mesh = sphere([10.0, 0.0, 20.0], 1.0);
    let ground = sphere([0.0, 0.0, 0.0], 1.0);
    let parts = [
        part("ball", &mesh, [0.5; 3]),
        part("origin", &ground, [0.5; 3]),
    ];
    let image = render(&parts, FRONT, &small()).unwrap();
    let (ball, origin) = (image.project([10.0, 0.0, 20.0]), image.project([0.0; 3]));
    assert!(ball[0] > origin[0] && ball[1] < origin[1]);
    assert_eq!(colour_at(&image, [10.0, 0.0, 20.0])[3], 255);
    assert_eq!(colour_at(&image, [0.0, 0.0, 20.0])[3], 0);
}

#[test]
fn a_marker_inside_shines_through_and_is_not_counted_as_seen() {
    let (ball, inside) = (sphere([0.0; 3], 5.0), sphere([0.0; 3], 1.0));
    let alone = render(&[part("ball", &ball, [0.8; 3])], FRONT, &small()).unwrap();
    let marker = Part {
        marker: true,
        ..part("mark", &inside, [0.8, 0.0, 0.0])
    };
    let both = [part("ball", &ball, [0.8; 3]), marker];
    let image = render(&both, FRONT, &small()).unwrap();
    assert_eq!(image.visible[1], 0.0);
    let (before, after) = (colour_at(&alone, [0.0; 3]), colour_at(&image, [0.0; 3]));
    assert!(
        after[1] < before[1] && after[0] >= before[0] - 2,
        "{before:?} {after:?}"
    );
}

#[test]
fn odd_meshes_are_refused_or_drawn() {
    let broken = Mesh {
        vertices: vec![[0.0; 3]],
        triangles: vec![[0, 0, 7]],
    };
    let error = render(&[part("bone", &broken, [1.0; 3])], FRONT, &small());
    assert!(matches!(error, Err(Error::Mesh { vertex: 7, .. })));
    let flat = Mesh {
        vertices: vec![[f32::NAN; 3], [0.0; 3], [1e30, 0.0, 0.0]],
        triangles: vec![[0, 1, 2], [1, 1, 1]],
    };
    let image = render(&[part("bone", &flat, [1.0; 3])], FRONT, &small());
    assert!(image.unwrap().width < 4096);
    assert!(render(&[], FRONT, &small()).is_ok());
}
