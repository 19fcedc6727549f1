//! Closure of per-bone registration over triangles of visits of real serial joints.
//!
//! `cargo run --release -p howship-register --example serial_joints -- FOLDER [even|odd|all] [--csv OUT]`
//!
//! FOLDER holds a folder per joint and in it, per visit, `NAME.pgm` (8-bit film), `NAME_upper.pgm` and
//! `NAME_lower.pgm` (masks of the two bones, above 127 inside), as `benches/film_side_by_side.py` lays them out.
//! Joints are those with four visits, sorted by name; settings are chosen on the even-numbered ones, results are of
//! the odd-numbered ones. Closure: the way from visit a to c directly against the way over b, for the upper bone in
//! the frame of the lower one, at the centre of the joint space along its axis. An error common to all fits (tilt)
//! does not show in it.
//!
//! `--moves FACTOR` instead prints, for every folder with two visits, what the upper bone moved against the lower one
//! along the axis (film pixels), on films enlarged by FACTOR: for phantoms whose joint space was set.

#![allow(clippy::print_stdout, reason = "an experiment prints its numbers")]

use howship_register::planar::{
    PlanarBone, PlanarImage, PlanarOptions, PlanarRegistration, Plane, PlaneSpline, Similarity,
    register_planar,
};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Visit {
    film: Plane,
    upper: Vec<bool>,
    lower: Vec<bool>,
    joint: [f64; 2],
    axis: [f64; 2],
}

struct Pair {
    joint: usize,
    visits: [usize; 2],
    fits: Option<[PlanarRegistration; 2]>,
    at: [f64; 2],
    axis: [f64; 2],
}

impl Pair {
    fn se(&self) -> f64 {
        self.fits.as_ref().map_or(f64::INFINITY, |fits| {
            let [u, l] = fits
                .each_ref()
                .map(|r| r.displacement_se(self.at, self.axis));
            u.hypot(l)
        })
    }

    fn maps(&self) -> Option<[Similarity; 2]> {
        self.fits
            .as_ref()
            .map(|f| f.each_ref().map(|r| r.transform))
    }

    fn gates_pass(&self) -> bool {
        self.fits
            .as_ref()
            .is_some_and(|f| f.iter().all(|r| r.gate.passed()))
    }
}

fn pgm(path: &Path) -> Result<([usize; 2], Vec<u8>), Failure> {
    let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let bad = || format!("{}: no 8-bit binary PGM", path.display());
    let mut at = 0;
    let mut field = || -> Option<String> {
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        let start = at;
        while !bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        Some(String::from_utf8_lossy(&bytes[start..at]).into_owned())
    };
    let head: Vec<String> = (0..4).map_while(|_| field()).collect();
    if head.len() != 4 || head[0] != "P5" || head[3] != "255" {
        return Err(bad().into());
    }
    let size = [head[1].parse()?, head[2].parse()?];
    let pixels = bytes.get(at + 1..).ok_or_else(bad)?;
    if pixels.len() != size[0] * size[1] {
        return Err(bad().into());
    }
    Ok((size, pixels.to_vec()))
}

fn rows(mask: &[bool], width: usize) -> Vec<[f64; 2]> {
    let inside = mask.iter().enumerate().filter(|(_, m)| **m);
    inside
        .map(|(i, _)| [(i % width) as f64, (i / width) as f64])
        .collect()
}

fn centroid(points: impl Iterator<Item = [f64; 2]>) -> [f64; 2] {
    let (mut n, mut s) = (0.0, [0.0; 2]);
    for p in points {
        n += 1.0;
        s = [s[0] + p[0], s[1] + p[1]];
    }
    s.map(|v| v / f64::max(n, 1.0))
}

/// Centre of the joint space and the axis, from the masks: the fifth of each bone that is nearest the other.
fn joint_of(upper: &[bool], lower: &[bool], width: usize) -> ([f64; 2], [f64; 2]) {
    let (u, l) = (rows(upper, width), rows(lower, width));
    let quantile = |points: &[[f64; 2]], share: f64| {
        let mut y: Vec<f64> = points.iter().map(|p| p[1]).collect();
        y.sort_by(f64::total_cmp);
        y.get(((y.len().max(1) - 1) as f64 * share) as usize)
            .copied()
            .unwrap_or(0.0)
    };
    let (yu, yl) = (quantile(&u, 0.8), quantile(&l, 0.2));
    let pu = centroid(u.iter().copied().filter(|p| p[1] > yu));
    let pl = centroid(l.iter().copied().filter(|p| p[1] < yl));
    let top = centroid(u.into_iter());
    (
        [(pu[0] + pl[0]) / 2.0, (pu[1] + pl[1]) / 2.0],
        [top[0] - pl[0], top[1] - pl[1]],
    )
}

fn visit(film: &Path) -> Result<Visit, Failure> {
    let (size, pixels) = pgm(film)?;
    let beside = |what: &str| -> Result<Vec<bool>, Failure> {
        let stem = film.with_extension("");
        let path = PathBuf::from(format!("{}_{what}.pgm", stem.display()));
        Ok(pgm(&path)?.1.iter().map(|&v| v > 127).collect())
    };
    let (upper, lower) = (beside("upper")?, beside("lower")?);
    let (joint, axis) = joint_of(&upper, &lower, size[0]);
    Ok(Visit {
        film: Plane::new(size, pixels.iter().map(|&v| f32::from(v)).collect())?,
        upper,
        lower,
        joint,
        axis,
    })
}

fn films(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".pgm") && !name.ends_with("_upper.pgm") && !name.ends_with("_lower.pgm")
        {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

fn joint(index: usize, visits: &[Visit], options: &PlanarOptions) -> Result<Vec<Pair>, Failure> {
    let ready: Vec<_> = visits
        .iter()
        .map(|v| -> Result<_, Failure> {
            let image = PlanarImage::new(&v.film, options)?;
            let bone = |a: &[bool], b: &[bool]| {
                PlanarBone::new(&image, a, Some(b), v.joint, v.axis, options)
            };
            // A bone that shows too little is a pair that is not kept, not an end of the run.
            let (upper, lower) = (bone(&v.upper, &v.lower).ok(), bone(&v.lower, &v.upper).ok());
            Ok((image, upper, lower))
        })
        .collect::<Result<_, _>>()?;
    let mut pairs = Vec::new();
    for a in 0..ready.len() {
        for b in a + 1..ready.len() {
            let ((fa, ua, la), (fb, ub, lb)) = (&ready[a], &ready[b]);
            let fit = |x: &Option<PlanarBone>, y: &Option<PlanarBone>| -> Result<_, Failure> {
                let (Some(x), Some(y)) = (x, y) else {
                    return Ok(None);
                };
                Ok(Some(register_planar((fa, x), (fb, y), options)?))
            };
            pairs.push(Pair {
                joint: index,
                visits: [a, b],
                fits: fit(ua, ub)?.zip(fit(la, lb)?).map(|(u, l)| [u, l]),
                at: visits[a].joint,
                axis: unit(visits[a].axis),
            });
        }
    }
    Ok(pairs)
}

fn unit(v: [f64; 2]) -> [f64; 2] {
    v.map(|c| c / v[0].hypot(v[1]))
}

/// Closure and its predicted standard error over every triangle whose three pairs pass.
fn closures(pairs: &[Pair], pass: &dyn Fn(&Pair) -> bool) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    let find = |j: usize, a: usize, b: usize| {
        pairs
            .iter()
            .find(|p| p.joint == j && p.visits == [a, b] && pass(p))
    };
    let last = pairs.iter().map(|p| p.joint).max().map_or(0, |j| j + 1);
    for j in 0..last {
        for [a, b, c] in [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]] {
            let (Some(ab), Some(bc), Some(ac)) = (find(j, a, b), find(j, b, c), find(j, a, c))
            else {
                continue;
            };
            let (Some([ua, la]), Some([ub, lb]), Some([uc, lc])) =
                (ab.maps(), bc.maps(), ac.maps())
            else {
                continue;
            };
            let direct = lc.inverse().after(&uc);
            let over = la.inverse().after(&lb.inverse()).after(&ub).after(&ua);
            let (p, q) = (direct.apply(ab.at), over.apply(ab.at));
            let gap = (p[0] - q[0]) * ab.axis[0] + (p[1] - q[1]) * ab.axis[1];
            let se = [ab, bc, ac]
                .iter()
                .map(|p| p.se().powi(2))
                .sum::<f64>()
                .sqrt();
            out.push((gap, se));
        }
    }
    out
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (i, t) = (at as usize, at.fract());
    sorted[i] + t * (sorted[(i + 1).min(sorted.len() - 1)] - sorted[i])
}

fn print(name: &str, pairs: &[Pair], pass: &dyn Fn(&Pair) -> bool) {
    let kept = pairs.iter().filter(|p| pass(p)).count();
    let closed = closures(pairs, pass);
    if closed.len() < 5 {
        println!("{name:28} kept {kept}/{}: too few triangles", pairs.len());
        return;
    }
    let mut size: Vec<f64> = closed.iter().map(|c| c.0.abs()).collect();
    size.sort_by(f64::total_cmp);
    let rms = (size.iter().map(|v| v * v).sum::<f64>() / size.len() as f64).sqrt();
    let held = closed.iter().filter(|(c, se)| c.abs() < 1.96 * se).count();
    println!(
        "{name:28} kept {kept:4}/{} {:3.0} %  |closure| median {:.3} P90 {:.2} P95 {:.3} px; per pair: robust SD {:.3} rms {:.3} px; 95 % intervals hold {:.3} of {}",
        pairs.len(),
        100.0 * kept as f64 / pairs.len() as f64,
        quantile(&size, 0.5),
        quantile(&size, 0.9),
        quantile(&size, 0.95),
        1.4826 * quantile(&size, 0.5) / 3f64.sqrt(),
        rms / 3f64.sqrt(),
        held as f64 / closed.len() as f64,
        closed.len()
    );
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name the folder of joints")?;
    let (mut parity, mut csv, mut most) = ("odd".to_owned(), None, usize::MAX);
    let mut options = PlanarOptions::default();
    let mut enlarged = None;
    while let Some(a) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{a} needs a value"));
        match a.as_str() {
            "even" | "odd" | "all" => parity = a,
            "--csv" => csv = Some(value()?),
            "--joints" => most = value()?.parse()?,
            "--moves" => enlarged = Some(value()?.parse()?),
            "--set" => options = set(&options, &value()?)?,
            _ => return Err(format!("unknown argument {a}").into()),
        }
    }
    if let Some(factor) = enlarged {
        return moves(Path::new(&folder), factor, &options);
    }
    let mut joints: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.is_dir() && films(p).is_ok_and(|f| f.len() >= 4))
        .collect();
    joints.sort();
    let first = usize::from(parity == "odd");
    let step = if parity == "all" { 1 } else { 2 };
    let chosen: Vec<&PathBuf> = joints.iter().skip(first).step_by(step).take(most).collect();
    let loaded: Vec<Vec<Visit>> = chosen
        .iter()
        .map(|f| films(f)?.iter().take(4).map(|p| visit(p)).collect())
        .collect::<Result<_, _>>()?;
    let start = Instant::now();
    let pairs: Vec<Pair> = loaded
        .par_iter()
        .enumerate()
        .map(|(i, v)| joint(i, v, &options))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{} joints ({parity}), {} pairs of two bones, {seconds:.3} s ({:.2} ms a pair), {} threads",
        chosen.len(),
        pairs.len(),
        1e3 * seconds / pairs.len().max(1) as f64,
        rayon::current_num_threads()
    );
    let steps: Vec<usize> = pairs
        .iter()
        .flat_map(|p| p.fits.iter().flatten())
        .map(|r| r.quality.iterations)
        .collect();
    println!(
        "steps at the finest level: mean {:.1}, most {}",
        steps.iter().sum::<usize>() as f64 / steps.len().max(1) as f64,
        steps.iter().max().unwrap_or(&0)
    );
    let limit = options.gate.max_joint_se_px;
    print("all", &pairs, &|p| p.se().is_finite());
    print(&format!("SE < {limit} px (fixed)"), &pairs, &|p| {
        p.se() < limit
    });
    print("SE < limit and both gates", &pairs, &|p| {
        p.se() < limit && p.gates_pass()
    });
    let mut se: Vec<f64> = pairs.iter().map(Pair::se).collect();
    se.sort_by(f64::total_cmp);
    for share in [0.9, 0.82, 0.8, 0.56] {
        let most = quantile(&se, share);
        print(
            &format!("best {:.0} % (SE <= {most:.3})", 100.0 * share),
            &pairs,
            &|p| p.se() <= most,
        );
    }
    if let Some(path) = csv {
        write(Path::new(&path), &chosen, &pairs)?;
    }
    Ok(())
}

/// The same visit with pixels `factor` times smaller.
fn larger(visit: &Visit, factor: f64) -> Result<Visit, Failure> {
    let old = visit.film.size();
    let size = old.map(|n| (n as f64 * factor).round() as usize);
    let spline = PlaneSpline::new(&visit.film);
    let back = |i: usize, n: usize| (i as f64 / factor).clamp(1.0, n as f64 - 3.0);
    let places = || (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| (x, y)));
    let film = places()
        .map(|(x, y)| {
            spline
                .sample(back(x, old[0]), back(y, old[1]))
                .unwrap_or(0.0)
        })
        .collect();
    let mask = |m: &[bool]| -> Vec<bool> {
        let near = |i: usize, n: usize| ((i as f64 / factor).round() as usize).min(n - 1);
        places()
            .map(|(x, y)| m[near(x, old[0]) + old[0] * near(y, old[1])])
            .collect()
    };
    Ok(Visit {
        film: Plane::new(size, film)?,
        upper: mask(&visit.upper),
        lower: mask(&visit.lower),
        joint: visit.joint.map(|c| c * factor),
        axis: [0.0, -1.0],
    })
}

fn moves(folder: &Path, factor: f64, options: &PlanarOptions) -> Result<(), Failure> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.is_dir() && films(p).is_ok_and(|f| f.len() == 2))
        .collect();
    folders.sort();
    for f in folders {
        let visits: Vec<Visit> = films(&f)?
            .iter()
            .map(|p| larger(&visit(p)?, factor))
            .collect::<Result<_, _>>()?;
        let pairs = joint(0, &visits, options)?;
        let name = f
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some(([up, low], pair)) = pairs.first().and_then(|p| Some((p.maps()?, p))) else {
            println!("{name} not registered");
            continue;
        };
        let q = low.inverse().after(&up).apply(pair.at);
        let wider = (q[0] - pair.at[0]) * pair.axis[0] + (q[1] - pair.at[1]) * pair.axis[1];
        println!(
            "{name} widening {:.4} SE {:.4} film pixels, passed {}",
            wider / factor,
            pair.se() / factor,
            pair.se() < options.gate.max_joint_se_px && pair.gates_pass()
        );
    }
    Ok(())
}

/// `name=value` of one option, as its JSON.
fn set(options: &PlanarOptions, text: &str) -> Result<PlanarOptions, Failure> {
    let (name, value) = text.split_once('=').ok_or("--set takes name=value")?;
    let mut json = serde_json::to_value(options)?;
    *json.get_mut(name).ok_or(format!("no option {name}"))? = serde_json::from_str(value)?;
    Ok(serde_json::from_value(json)?)
}

fn write(path: &Path, joints: &[&PathBuf], pairs: &[Pair]) -> Result<(), Failure> {
    let mut text = String::from(
        "joint,a,b,bone,a11,b11,shift_x,shift_y,joint_se_px,correlation,forward_backward_px,passed\n",
    );
    for p in pairs {
        let name = joints[p.joint]
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let fits = p.fits.iter().flatten();
        for (bone, r) in ["upper", "lower"].into_iter().zip(fits) {
            let t = &r.transform;
            text += &format!(
                "{name},{},{},{bone},{},{},{},{},{},{},{},{}\n",
                p.visits[0],
                p.visits[1],
                t.a,
                t.b,
                t.shift[0],
                t.shift[1],
                r.quality.joint_se_px,
                r.quality.correlation,
                r.quality.forward_backward_px.unwrap_or(f64::NAN),
                r.gate.passed()
            );
        }
    }
    Ok(std::fs::write(path, text)?)
}
