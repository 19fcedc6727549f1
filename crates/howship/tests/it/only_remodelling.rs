//! `--only remodelling`: the same numbers as the whole, and no word on erosions but that none was looked for.

use crate::fixture::{COMPARE, compared, contents, howship, names, own_series, save, scan};
use howship_change::{Bone, VerdictFile};
use howship_image::{DensityUnit, Film, FilmScale};
use std::path::Path;

fn verdicts(out: &Path) -> VerdictFile {
    let text = std::fs::read_to_string(out.join("verdicts.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What both ways tell of a bone.
fn told(bone: &Bone) -> Bone {
    let mut bone = bone.clone();
    for visit in &mut bone.visits {
        visit.measurements.retain(|key, _| key == "volume");
        assert_eq!(visit.measurements.len(), 1, "{}", visit.visit);
    }
    bone
}

#[test]
fn remodelling_alone_is_that_of_the_whole_to_the_bit() {
    let folder = own_series();
    let arguments = [&COMPARE[..], &["--only", "remodelling", "-o", "out"]].concat();
    let run = howship(folder.path(), &arguments);
    run.succeeded();
    let (out, whole) = (folder.path().join("out"), compared().out());
    let expected = [
        "bones.nii.gz",
        "registration.json",
        "remodelling.nii.gz",
        "report.html",
        "resampled-M6.nii.gz",
        "transforms",
        "verdicts.json",
    ];
    assert_eq!(names(&out), expected);
    let of_whole = contents(&whole);
    for (name, bytes) in contents(&out) {
        let differs = ["report.html", "verdicts.json"].map(Path::new);
        if !differs.contains(&name.as_path()) {
            let other = of_whole.iter().find(|(n, _)| *n == name);
            assert!(other.unwrap().1 == bytes, "{}", name.display());
        }
    }
    let (file, all) = (verdicts(&out), verdicts(&whole));
    let bones = |file: &VerdictFile| file.bones.iter().map(told).collect::<Vec<_>>();
    assert_eq!(bones(&file), bones(&all));
    assert!(file.bones.iter().all(|b| b.remodelling.len() == 1));
    // The whole has lesions; here their absence is said to mean nothing.
    assert!(!all.lesions.is_empty() && all.looked_for_erosions());
    assert!(file.lesions.is_empty() && file.totals.is_empty() && !file.looked_for_erosions());
    let json = std::fs::read_to_string(out.join("verdicts.json")).unwrap();
    assert!(json.contains("\"not_looked_for\"") && json.contains("\"joint_spaces\""));
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    for text in [&page, &run.stdout] {
        assert!(text.contains("not looked for"), "{text}");
        assert!(text.contains("R.MC2"), "{text}");
        for word in ["No erosion", "searched", "reported as erosions"] {
            assert!(!text.contains(word), "`{word}` in {text}");
        }
    }
    assert!(run.stdout.contains("formed mm³"), "{}", run.stdout);
}

#[test]
fn what_asks_for_erosions_beside_it_is_refused() {
    let folder = own_series();
    let with = [
        "compare",
        "M0.nii.gz",
        "M6.nii.gz",
        "-o",
        "out",
        "--only",
        "remodelling",
    ];
    for other in [
        &["--lesions", "seeds.csv"][..],
        &["--all"],
        &["--delta", "0.2"],
        &["--prior", "spike-slab"],
        &["--precision", "own.csv"],
        &["--truth", "truth.json"],
    ] {
        let run = howship(folder.path(), &[&with[..], other].concat());
        run.failed(2, &["cannot be used with", other[0]]);
    }
    assert_eq!(names(folder.path()), ["M0.nii.gz", "M6.nii.gz"]);
}

#[test]
fn films_and_volumes_without_a_density_have_no_remodelling() {
    let folder = own_series();
    let grey = (0..60 * 40).map(|v| (v % 977) as f32).collect();
    let film = Film::new(60, 40, grey, FilmScale::Unknown).unwrap();
    for (name, dense) in [("M0", 900.0), ("M6", 901.0)] {
        let ball = |[x, y, z]: [usize; 3]| {
            let near = [x, y, z]
                .map(|i| (i as f32 - 20.0).powi(2))
                .iter()
                .sum::<f32>()
                < 150.0;
            if near {
                dense
            } else {
                40.0 + (x + y + z) as f32
            }
        };
        let volume = scan([40; 3], DensityUnit::Arbitrary, ball);
        save(folder.path(), &format!("{name}.nrrd"), &volume);
        let path = folder.path().join(format!("{name}.png"));
        howship_formats::write_film(&path, &film, false).unwrap();
    }
    let only = |kind: &str| {
        let [first, later] = ["M0", "M6"].map(|name| format!("{name}.{kind}"));
        let words = [
            "compare",
            &first,
            &later,
            "-o",
            "out",
            "--only",
            "remodelling",
        ];
        howship(folder.path(), &words)
    };
    only("nrrd").failed(
        65,
        &["M0.nrrd", "formed and resorbed bone", "--calibration"],
    );
    only("png").failed(2, &["`--only` is for volumes"]);
    // Nor is a part of a film taken, whatever is asked.
    let damaged = ["compare", "M0.png", "M6.png", "-o", "out", "--skip-damaged"];
    let said = howship(folder.path(), &damaged);
    said.failed(
        2,
        &["`--skip-damaged` is for volumes", "leave the film out"],
    );
}
