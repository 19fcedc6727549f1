//! Films that teach where the joints of hands and feet are: random limbs, exposures and what else lies on films.

use super::blur::{gaussian, gaussian_coarse};
use super::camera::FilmGeometry;
use super::draw::{self, Draw};
use super::draw_foot;
use super::limb::{Limb, LimbForm};
use super::ray::Stepping;
use super::scene::{Item, Scene, mean_of_blocks};
use super::spectrum::{Beam, Path};
use super::texture::Texture;
use crate::Error;
use howship_change::anatomy::Part;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// A square film of one hand or foot, thumb or great toe to the right, fingers or toes up (more or less), and its
/// landmarks.
#[derive(Debug, Clone, PartialEq)]
pub struct TeachingFilm {
    /// Pixels a side.
    pub side_px: usize,
    /// Grey levels 0 to 255, row after row.
    pub grey: Vec<u8>,
    /// Columns and rows of the landmarks, in the order of [`LANDMARKS`](super::LANDMARKS) or
    /// [`FOOT_LANDMARKS`](super::FOOT_LANDMARKS).
    pub landmarks_px: Vec<[f64; 2]>,
}

/// How a teaching film is drawn. Shares are of all films.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TeachingOptions {
    /// Pixels a side.
    pub side_px: usize,
    /// Rays per pixel and axis.
    pub rays: usize,
    /// Hand or foot.
    pub part: Part,
    /// Share of hands with rheumatoid deformity.
    pub deformed: f64,
    /// Share of films on which another hand or foot reaches into the picture.
    pub neighbour: f64,
    /// Share of films with exposure bands.
    pub bands: f64,
}

impl Default for TeachingOptions {
    fn default() -> Self {
        Self {
            side_px: 480,
            rays: 1,
            part: Part::Hand,
            deformed: 0.25,
            neighbour: 0.15,
            bands: 0.25,
        }
    }
}

/// The film of a seed.
///
/// # Errors
/// None for any seed within the ranges that are drawn from; the form is checked all the same.
pub fn teaching_film(seed: u64, options: &TeachingOptions) -> Result<TeachingFilm, Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut d = Draw(&mut rng);
    let limb = draw_limb(&mut d, options)?;
    let n = options.side_px;
    let geometry = frame(&mut d, &limb, n, options.part);
    let mut paths = paths_of(&limb, &geometry, options.rays, seed);
    if d.chance(options.neighbour) {
        let other = draw_limb(&mut d, options)?;
        let aside = neighbour_geometry(&mut d, &geometry);
        let mirrored = d.chance(0.7);
        let more = paths_of(&other, &aside, options.rays, seed ^ 1);
        merge(&mut paths, &more, n * options.rays, mirrored);
    }
    let landmarks_px: Vec<[f64; 2]> = limb
        .landmarks
        .iter()
        .map(|&p| geometry.project(p))
        .collect();
    // Bones of children, of the old and of those who take steroids are faint beside the soft tissue.
    let (mineral, flesh) = (d.between(0.35, 1.0) as f32, d.between(0.9, 1.5) as f32);
    for path in &mut paths {
        path.fat += path.bone * (1.0 - mineral);
        path.bone *= mineral;
        path.soft *= flesh;
    }
    let beam = Beam::new([50, 55, 60][d.index(3)])?;
    let transmitted: Vec<f32> = paths.iter().map(|p| beam.transmitted(p) as f32).collect();
    let mut signal = mean_of_blocks(&transmitted, [n * options.rays; 2], options.rays);
    expose(&mut d, &mut signal, n);
    if d.chance(options.bands) {
        bands(&mut d, &mut signal, n);
    }
    process(&mut d, &mut signal, n);
    furniture(&mut d, &mut signal, n, &landmarks_px, options.part);

    Ok(TeachingFilm {
        side_px: n,
        grey: quantised(&mut d, &signal),
        landmarks_px,
    })
}

fn draw_limb(d: &mut Draw<'_>, options: &TeachingOptions) -> Result<Limb, Error> {
    match options.part {
        Part::Hand => {
            let mut form = draw::form(d);
            let mut pose = draw::pose(d);
            if d.chance(options.deformed) {
                draw::deform(d, &mut form, &mut pose);
            }
            form.limb(&pose)
        }
        Part::Foot => {
            let mut form = draw_foot::form(d);
            let mut pose = draw_foot::pose(d);
            if d.chance(options.deformed) {
                draw_foot::deform(d, &mut form, &mut pose);
            }
            form.limb(&pose)
        }
    }
}

/// A square frame about the hand with some forearm, or the foot with some of the hindfoot.
fn frame(d: &mut Draw<'_>, limb: &Limb, n: usize, part: Part) -> FilmGeometry {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for p in &limb.landmarks {
        for (a, v) in [p.x, p.z].into_iter().enumerate() {
            low[a] = low[a].min(v);
            high[a] = high[a].max(v);
        }
    }
    let share = match part {
        Part::Hand => 0.28,
        Part::Foot => 0.5,
    };
    let arm = share * (high[1] - low[1]) * d.between(0.4, 1.7);
    let (low, high) = (
        [low[0] - 14.0, low[1] - arm],
        [high[0] + 14.0, high[1] + 12.0],
    );
    let extent = (high[0] - low[0]).max(high[1] - low[1]) / d.between(0.8, 1.02);
    let pixel_mm = extent / n as f64;
    let middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
    let jitter = [d.between(-0.04, 0.04), d.between(-0.04, 0.04)].map(|j| j * n as f64);
    let half = 0.5 * (n as f64 - 1.0);
    FilmGeometry {
        size_px: [n; 2],
        pixel_mm,
        origin_px: [
            half - middle[0] / pixel_mm + jitter[0],
            half + middle[1] / pixel_mm + jitter[1],
        ],
        source_mm: 1000.0,
        centring_mm: match part {
            Part::Hand => [d.between(-60.0, 60.0), d.between(-60.0, 60.0)],
            // The tube looks back at the tarsus by up to 17 degrees.
            Part::Foot => [d.between(-80.0, 80.0), d.between(-60.0, 300.0)],
        },
    }
}

fn neighbour_geometry(d: &mut Draw<'_>, geometry: &FilmGeometry) -> FilmGeometry {
    let n = geometry.size_px[0] as f64;
    let (across, along) = (
        d.sign() * d.between(0.62, 0.95) * n,
        d.normal(0.0, 0.12) * n,
    );
    FilmGeometry {
        origin_px: [
            geometry.origin_px[0] + across,
            geometry.origin_px[1] + along,
        ],
        ..*geometry
    }
}

fn paths_of(limb: &Limb, geometry: &FilmGeometry, rays: usize, seed: u64) -> Vec<Path> {
    let items = limb
        .bones
        .iter()
        .enumerate()
        .map(|(i, placed)| Item {
            bone: &placed.bone,
            placement: placed.placement,
            cavities: Vec::new(),
            texture: limb.texture,
            offset: 3.7 * i as f32,
        })
        .collect();
    let texture = Texture::new(seed);
    let scene = Scene {
        items,
        skin: limb.skin.clone(),
        texture: &texture,
        skin_blur_mm: 1.0,
    };
    // Steps of 0.4 mm miss bits of bone that a pixel of half a millimetre does not show.
    scene.paths(&geometry.split(rays), Stepping { shortest_mm: 0.4 })
}

/// The other hand's paths where this one is not.
fn merge(paths: &mut [Path], more: &[Path], width: usize, mirrored: bool) {
    for (line, other) in paths.chunks_mut(width).zip(more.chunks(width)) {
        for (x, path) in line.iter_mut().enumerate() {
            let from = other[if mirrored { width - 1 - x } else { x }];
            if path.soft <= 0.0 && path.bone <= 0.0 {
                *path = from;
            }
        }
    }
}

/// Blur, quantum noise, scatter, and the logarithm.
fn expose(d: &mut Draw<'_>, signal: &mut Vec<f32>, n: usize) {
    let size = [n; 2];
    *signal = gaussian(signal, size, d.between(0.0, 0.9));
    let scatter = d.between(0.0, 0.35) as f32;
    let broad = gaussian_coarse(signal, size, 0.08 * n as f64);
    let noise = d.between(0.0005, 0.012) as f32;
    for (s, b) in signal.iter_mut().zip(broad) {
        let v = (*s + scatter * b).max(1e-3);
        let deviate: f32 = StandardNormal.sample(&mut *d.0);
        *s = -(v + noise * deviate * v.sqrt()).max(1e-3).ln();
    }
}

/// Exposures beside each other or overlapping on one plate: stripes of another level with an edge.
fn bands(d: &mut Draw<'_>, signal: &mut [f32], n: usize) {
    for _ in 0..1 + d.index(3) {
        let angle = if d.chance(0.5) {
            0.0
        } else {
            std::f64::consts::FRAC_PI_2
        } + d.normal(0.0, 0.08);
        let (sin, cos) = angle.sin_cos();
        let from = d.between(-0.2, 1.0) * n as f64;
        let to = if d.chance(0.5) {
            f64::INFINITY
        } else {
            from + d.between(0.03, 0.3) * n as f64
        };
        let level = d.between(-0.5, 0.6) as f32;
        let soft = d.between(0.7, 4.0);
        let gain = d.between(0.7, 1.1) as f32;
        for y in 0..n {
            for x in 0..n {
                let u = x as f64 * cos + y as f64 * sin;
                let inside = ((u - from) / soft)
                    .clamp(0.0, 1.0)
                    .min(((to - u) / soft).clamp(0.0, 1.0)) as f32;
                let value = &mut signal[y * n + x];
                *value += inside * (level + (gain - 1.0) * *value);
            }
        }
    }
}

/// Unsharp mask, tone, uneven field.
fn process(d: &mut Draw<'_>, signal: &mut [f32], n: usize) {
    let slope = [d.normal(0.0, 0.06) as f32, d.normal(0.0, 0.06) as f32];
    for y in 0..n {
        for x in 0..n {
            let at = |i: usize| i as f32 / n as f32 - 0.5;
            signal[y * n + x] += slope[0] * at(x) + slope[1] * at(y);
        }
    }
    if d.chance(0.65) {
        let sigma = d.between(0.004, 0.05) * n as f64;
        let amount = d.between(0.2, 1.3) as f32;
        let soft = gaussian_coarse(signal, [n; 2], sigma);
        for (s, b) in signal.iter_mut().zip(soft) {
            *s += amount * (*s - b);
        }
    }
    let (low, high) = percentiles(signal, 0.01, 0.997);
    let scale = 1.0 / (high - low).max(1e-6);
    let sigmoid = d.chance(0.5);
    let (middle, steep) = (d.between(0.3, 0.6) as f32, d.between(2.0, 6.5) as f32);
    let gamma = d.between(0.5, 1.5) as f32;
    for value in signal.iter_mut() {
        let v = (*value - low) * scale;
        *value = if sigmoid {
            1.0 / (1.0 + (-(v - middle) * steep).exp())
        } else {
            v.max(0.0).powf(gamma)
        };
    }
}

/// Markers, labels, a hand's rings, collimation.
fn furniture(d: &mut Draw<'_>, signal: &mut [f32], n: usize, landmarks: &[[f64; 2]], part: Part) {
    let (low, high) = percentiles(signal, 0.0, 1.0);
    let size = n as f64;
    for _ in 0..d.index(4) {
        let half = [d.between(0.01, 0.1) * size, d.between(0.01, 0.08) * size];
        let mut at = [d.between(0.0, size), d.between(0.0, size)];
        if d.chance(0.7) {
            let side = d.index(4);
            at[side % 2] = if side < 2 {
                half[side % 2]
            } else {
                size - half[side % 2]
            };
        }
        let value = match d.index(3) {
            0 => low,
            1 => high,
            _ => low + (high - low) * d.between(0.0, 1.0) as f32,
        };
        let turn = d.normal(0.0, 0.12);
        if d.chance(0.4) {
            strokes(d, signal, n, at, half[1], value);
        } else {
            rectangle(signal, n, at, half, turn, value);
        }
    }
    if part == Part::Hand && d.chance(0.15) {
        // A ring on a proximal phalanx.
        let i = 6 + d.index(4);
        let (a, b) = (landmarks[i], landmarks[i + 5]);
        let share = d.between(0.3, 0.7);
        let at = [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
        let along = [b[0] - a[0], b[1] - a[1]];
        let half = [
            d.between(0.18, 0.26) * along[0].hypot(along[1]),
            d.between(0.04, 0.1) * along[0].hypot(along[1]),
        ];
        rectangle(
            signal,
            n,
            at,
            half,
            along[1].atan2(along[0]) + std::f64::consts::FRAC_PI_2,
            high,
        );
    }
    if d.chance(0.4) {
        let value = if d.chance(0.5) { low } else { high };
        // Collimation rarely cuts a joint off.
        let room = |a: usize, far: bool| {
            let edge = |p: &[f64; 2]| if far { size - p[a] } else { p[a] };
            landmarks.iter().map(edge).fold(size, f64::min) - 0.01 * size
        };
        let rooms = [room(0, false), room(0, true), room(1, false), room(1, true)];
        let margins = rooms.map(|room| {
            if d.chance(0.5) {
                (d.between(0.0, 0.12) * size).min(room)
            } else {
                -1.0
            }
        });
        let lean = d.normal(0.0, 0.03);
        for y in 0..n {
            for x in 0..n {
                let (u, v) = (x as f64 + lean * y as f64, y as f64 - lean * x as f64);
                if u < margins[0]
                    || size - u < margins[1]
                    || v < margins[2]
                    || size - v < margins[3]
                {
                    signal[y * n + x] = value;
                }
            }
        }
    }
}

fn rectangle(signal: &mut [f32], n: usize, at: [f64; 2], half: [f64; 2], turn: f64, value: f32) {
    let (sin, cos) = turn.sin_cos();
    for y in 0..n {
        for x in 0..n {
            let (dx, dy) = (x as f64 - at[0], y as f64 - at[1]);
            let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
            if u.abs() < half[0] && v.abs() < half[1] {
                signal[y * n + x] = value;
            }
        }
    }
}

/// Strokes like those of letters.
fn strokes(d: &mut Draw<'_>, signal: &mut [f32], n: usize, at: [f64; 2], height: f64, value: f32) {
    let width = (0.12 * height).max(0.8);
    for letter in 0..2 + d.index(6) {
        let x = at[0] + letter as f64 * 1.3 * height;
        rectangle(signal, n, [x, at[1]], [width, height], 0.0, value);
        let bar = at[1] + height * (d.index(3) as f64 - 1.0) * 0.9;
        rectangle(
            signal,
            n,
            [x + 0.4 * height, bar],
            [0.4 * height, width],
            0.0,
            value,
        );
    }
}

fn quantised(d: &mut Draw<'_>, signal: &[f32]) -> Vec<u8> {
    // Some films are printed with black and white cut off.
    let cut = if d.chance(0.3) {
        d.between(0.0, 0.02)
    } else {
        0.0
    };
    let (low, high) = percentiles(signal, cut, 1.0 - cut);
    let scale = 255.0 / (high - low).max(1e-6);
    signal
        .iter()
        .map(|v| ((v - low) * scale).round().clamp(0.0, 255.0) as u8)
        .collect()
}

fn percentiles(values: &[f32], low: f64, high: f64) -> (f32, f32) {
    let mut sorted = values.to_vec();
    let last = sorted.len().saturating_sub(1);
    let mut at = |share: f64| {
        let k = (share * last as f64).round() as usize;
        *sorted.select_nth_unstable_by(k, f32::total_cmp).1
    };
    (at(low), at(high))
}
