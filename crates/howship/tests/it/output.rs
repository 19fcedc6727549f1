//! What OUT holds, and that it does not depend on threads or folders.

use crate::fixture::{
    COMPARE, compared, contents, copy_folder, howship, measured, names, own_series, save,
};
use howship_formats::{OpenOptions, open, open_labels, write_labels};
use howship_image::{DensityUnit, Volume};
use howship_phantom::{JointSpec, render_visit};
use serde_json::Value;
use std::path::Path;

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn compare_writes_everything_and_measures_the_phantom() {
    let (folder, run) = (compared(), &compared().run);
    assert!(
        run.stdout.contains("Report: out/report.html"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("verdict"), "{}", run.stdout);
    let out = folder.path().join("out");
    let expected = [
        "bones.nii.gz",
        "figures",
        "labels-M0.nii.gz",
        "labels-M6.nii.gz",
        "labels.nii.gz",
        "lesions.csv",
        "lesions.seg.nrrd",
        "registration.json",
        "remodelling.nii.gz",
        "report.html",
        "resampled-M6.nii.gz",
        "transforms",
        "verdicts.json",
    ];
    assert_eq!(names(&out), expected);
    assert!(!names(&out.join("figures")).is_empty());
    assert_eq!(names(folder.path()), ["M0.nii.gz", "M6.nii.gz", "out"]);

    let file = json(&out.join("verdicts.json"));
    assert_eq!(file["schema"], "howship-verdicts/3");
    assert_eq!(file["visits"][1]["name"], "M6");
    assert_eq!(file["visits"][1]["days"], 182.625);
    assert_eq!(file["provenance"]["inputs"][0]["name"], "M0.nii.gz");
    assert_eq!(
        file["provenance"]["inputs"][0]["blake3"]
            .as_str()
            .unwrap()
            .len(),
        64
    );
    assert_eq!(file["provenance"]["settings"]["subject"], "P7");
    assert_eq!(file["bones"].as_array().unwrap().len(), 2);
    let lesions = file["lesions"].as_array().unwrap();
    assert!(!lesions.is_empty(), "no erosion found in the phantom");
    for lesion in lesions {
        assert!(["R.PP2", "R.MC2"].contains(&lesion["bone"].as_str().unwrap()));
        assert_eq!(lesion["centroid_mm"].as_array().unwrap().len(), 3);
        let verdict = lesion["verdict"].as_str().unwrap();
        assert!(["healing", "stable", "progressing", "uncertain"].contains(&verdict));
        assert!(
            lesion["visits"][0]["measurements"]["volume"]["se"]
                .as_f64()
                .unwrap()
                > 0.0
        );
        let p = &lesion["probability"];
        let sum: f64 = ["healing", "stable", "progressing"]
            .iter()
            .map(|k| p[k].as_f64().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 1e-6);
    }
    let registration = json(&out.join("registration.json"));
    assert_eq!(registration["schema"], "howship-registration/1");
    assert_eq!(
        registration["bones"][0]["registrations"][0]["matrix"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("R.MC2") && !page.contains("src=\"http"));
    let table = std::fs::read_to_string(out.join("lesions.csv")).unwrap();
    other_programs_files(&out, &registration);
    assert!(table.starts_with("\u{feff}subject,lesion,bone,") && table.contains("P7,1,"));
}

/// Labels of each visit, the segmentation, transforms and resampled visits say the same as the result.
fn other_programs_files(out: &Path, registration: &Value) {
    let labels = |name: &str| open_labels(&out.join(name)).unwrap().0;
    let (all, m0, m6) = (
        labels("labels.nii.gz"),
        labels("labels-M0.nii.gz"),
        labels("labels-M6.nii.gz"),
    );
    let union = m0.data().iter().zip(m6.data());
    let union: Vec<bool> = union.map(|(a, b)| *a != 0 || *b != 0).collect();
    let whole: Vec<bool> = all.data().iter().map(|l| *l != 0).collect();
    assert_eq!(union, whole, "the visits together are the union");
    assert!(m0.data() != m6.data(), "one of them heals");
    // What the labels hold is what was measured, to the voxels at the wall.
    let file = json(&out.join("verdicts.json"));
    for lesion in file["lesions"].as_array().unwrap() {
        let id = lesion["id"].as_u64().unwrap() as u32;
        let voxels = m0.data().iter().filter(|l| **l == id).count() as f64;
        let volume = voxels * m0.geometry().voxel_mm3();
        let measured = lesion["visits"][0]["volume_alone"]["value"]
            .as_f64()
            .unwrap();
        assert!(
            (volume - measured).abs() < 0.2 * measured,
            "{volume} for {measured}"
        );
    }
    let bytes = std::fs::read(out.join("lesions.seg.nrrd")).unwrap();
    let header = String::from_utf8_lossy(&bytes[..bytes.len().min(8000)]).into_owned();
    for word in [
        "Segment0_Name:=lesion 1 in ",
        "Segment0_LabelValue:=1",
        "Segmentation_ContainedRepresentationNames:=Binary labelmap|",
        "space: left-posterior-superior",
        "Name:=R.MC2",
        "~SCT^52988006^Lesion~",
        "~SCT^272673000^Bone~",
    ] {
        assert!(header.contains(word), "{word} in {header}");
    }
    let segments = labels("lesions.seg.nrrd");
    assert!(
        all.data()
            .iter()
            .zip(segments.data())
            .all(|(l, s)| *l == 0 || l == s)
    );
    let largest = segments.data().iter().max().unwrap();
    assert_eq!(
        *largest as usize,
        file["lesions"].as_array().unwrap().len() + 2
    );
    // The transform is that of registration.json, row by row.
    let name = registration["bones"][0]["name"].as_str().unwrap();
    let text = std::fs::read_to_string(out.join(format!("transforms/M6_{name}.tfm"))).unwrap();
    let numbers = text
        .lines()
        .find_map(|l| l.strip_prefix("Parameters: "))
        .unwrap();
    let numbers: Vec<f64> = numbers.split(' ').map(|v| v.parse().unwrap()).collect();
    let matrix = &registration["bones"][0]["registrations"][0]["matrix"];
    // The JSON reader of this test errs in the last bit.
    let near = |number: f64, value: &Value| (number - value.as_f64().unwrap()).abs() < 1e-12;
    for r in 0..3 {
        assert!((0..3).all(|c| near(numbers[3 * r + c], &matrix[r][c])));
        assert!(near(numbers[9 + r], &matrix[r][3]));
    }
    // Brought back, bone lies on bone.
    let read = |path: &Path| open(path, &OpenOptions::default()).unwrap().scan.volume;
    let folder = out.parent().unwrap();
    let first = read(&folder.join("M0.nii.gz"));
    let (there, back) = (
        read(&folder.join("M6.nii.gz")),
        read(&out.join("resampled-M6.nii.gz")),
    );
    assert!(first.geometry().same_grid(back.geometry()));
    let bones = labels("bones.nii.gz");
    let apart = |other: &Volume<f32>| {
        let pairs = first.data().iter().zip(other.data()).zip(bones.data());
        let inside: Vec<f64> = pairs
            .filter(|(_, bone)| **bone != 0)
            .map(|((a, b), _)| f64::from(a - b).powi(2))
            .collect();
        (inside.iter().sum::<f64>() / inside.len() as f64).sqrt()
    };
    let (before, after) = (apart(&there), apart(&back));
    // What is left is the noise of both visits and the edges of voxels as coarse as a plate of cortex.
    assert!(
        after < 0.75 * before,
        "{before} without, {after} with the motion"
    );
    let codes = open(&out.join("remodelling.nii.gz"), &raw())
        .unwrap()
        .source
        .header;
    let said = codes
        .iter()
        .any(|(_, v)| v.contains("1 formed, 2 resorbed, 3 unchanged bone"));
    assert!(said, "{codes:?}");
}

/// How a file whose values are no densities is opened.
fn raw() -> OpenOptions {
    OpenOptions {
        unit: Some(DensityUnit::Arbitrary),
        ..OpenOptions::default()
    }
}

#[test]
fn the_same_bytes_for_1_2_and_8_threads_and_any_folder() {
    let folder = own_series();
    let mut results = vec![contents(&compared().out())];
    for threads in ["1", "8"] {
        let out = format!("out{threads}");
        let arguments = [&COMPARE[..], &["-o", &out, "--threads", threads]].concat();
        howship(folder.path(), &arguments).succeeded();
        results.push(contents(&folder.path().join(out)));
    }
    for other in &results[1..] {
        assert_eq!(results[0].len(), other.len());
        for (a, b) in results[0].iter().zip(other) {
            assert_eq!(a.0, b.0);
            assert!(
                a.1 == b.1,
                "{} differs between thread counts",
                a.0.display()
            );
        }
    }
    // Nothing of where it was made.
    let place = folder.path().to_str().unwrap().as_bytes();
    for (name, bytes) in &results[1] {
        let held = bytes.windows(place.len()).any(|w| w == place);
        assert!(!held, "{} holds the folder's path", name.display());
    }
}

#[test]
fn json_on_stdout_is_the_result_and_nothing_else() {
    let folder = measured();
    let printed: Value = serde_json::from_str(&folder.run.stdout).unwrap();
    assert_eq!(printed, json(&folder.path().join("out/verdicts.json")));
    assert!(!folder.path().join("out/remodelling.nii.gz").exists());
    assert!(!folder.path().join("out/registration.json").exists());
}

#[test]
fn force_replaces_an_earlier_result() {
    let folder = own_series();
    let arguments = ["measure", "M0.nii.gz", "-o", "out", "--force", "--quiet"];
    // An earlier result of the same names: replaced, and nothing is left of it.
    copy_folder(&measured().out(), &folder.path().join("out"));
    std::fs::write(folder.path().join("out/report.html"), b"an earlier one").unwrap();
    let run = howship(folder.path(), &arguments);
    run.succeeded();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let first = contents(&measured().out());
    assert_eq!(contents(&folder.path().join("out")), first);
    assert_eq!(names(folder.path()), ["M0.nii.gz", "M6.nii.gz", "out"]);
    // What is no result of this run is not lost, and it is said where it went.
    std::fs::write(folder.path().join("out/stray"), b"mine").unwrap();
    let run = howship(folder.path(), &arguments);
    run.succeeded();
    assert!(run.stderr.contains("out.replaced"), "{}", run.stderr);
    assert_eq!(contents(&folder.path().join("out")), first);
    let kept = std::fs::read(folder.path().join("out.replaced/stray")).unwrap();
    assert_eq!(kept, b"mine");
}

/// A copy under a later visit's name was called stable.
#[test]
fn one_image_twice_is_no_series() {
    let folder = own_series();
    let (first, copy) = ("M0.nii.gz", "M12.nii.gz");
    std::fs::copy(folder.path().join(first), folder.path().join(copy)).unwrap();
    for images in [&[first, copy][..], &[first, "M6.nii.gz", copy]] {
        let run = howship(
            folder.path(),
            &[&["compare"], images, &["-o", "out", "--subject", "P7"]].concat(),
        );
        run.failed(65, &["`M0.nii.gz`", "`M12.nii.gz`", "same image", "hint: "]);
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn volumes_in_the_wrong_order_are_refused_with_both_names() {
    let folder = own_series();
    for (rest, word) in [
        (&["M6.nii.gz", "M0.nii.gz"][..], "the files' names"),
        (
            &["M6.nii.gz", "M0.nii.gz", "--visits", "M0,M6"],
            "their names say M6 and M0",
        ),
        (
            &["M0.nii.gz", "M6.nii.gz", "--visits", "M6,M0"],
            "`--visits`",
        ),
    ] {
        let run = howship(
            folder.path(),
            &[&["compare"], rest, &["-o", "out"]].concat(),
        );
        run.failed(65, &["`M6.nii.gz`", "`M0.nii.gz`", word, "baseline first"]);
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn lesions_given_as_seeds_are_measured() {
    let folder = own_series();
    copy_folder(&measured().out(), &folder.path().join("first"));
    let found = json(&folder.path().join("first/verdicts.json"));
    let arguments = [
        "measure",
        "M0.nii.gz",
        "-o",
        "out",
        "--lesions",
        "first/verdicts.json",
    ];
    howship(folder.path(), &arguments).succeeded();
    let given = json(&folder.path().join("out/verdicts.json"));
    let lesions = |v: &Value| v["lesions"].as_array().unwrap().clone();
    assert_eq!(lesions(&given).len(), lesions(&found).len());
    for (a, b) in lesions(&given).iter().zip(lesions(&found)) {
        assert_eq!(a["kind"], "given");
        let volume = |l: &Value| {
            l["visits"][0]["measurements"]["volume"]["value"]
                .as_f64()
                .unwrap()
        };
        assert!(
            (volume(a) - volume(&b)).abs() < 0.15 * volume(&b),
            "{a} against {b}"
        );
    }
}

#[test]
fn a_groups_own_repeats_stand_in_place_of_the_built_in_errors() {
    let folder = own_series();
    let images = ["M0.nii.gz", "M6.nii.gz"];
    let repeat = ["measure", "--repeat", images[0], images[1], "-o", "own"];
    howship(folder.path(), &repeat).succeeded();
    // The formula by hand: variances of two repeats pooled over lesions.
    let table = std::fs::read_to_string(folder.path().join("own/repeats.csv")).unwrap();
    let mut volumes: std::collections::BTreeMap<&str, Vec<f64>> = Default::default();
    for row in table.lines().filter(|l| l.contains(",volume,")) {
        let (thing, value) = row.split_once(",volume,").unwrap();
        volumes
            .entry(thing)
            .or_default()
            .push(value.parse().unwrap());
    }
    let pairs: Vec<f64> = volumes
        .values()
        .filter(|v| v.len() == 2)
        .map(|v| 0.5 * (v[1] - v[0]).powi(2))
        .collect();
    let sd = (pairs.iter().sum::<f64>() / pairs.len() as f64).sqrt();
    let precision = json(&folder.path().join("own/precision.json"));
    let rows = precision["quantities"].as_array().unwrap();
    let volume = rows.iter().find(|q| q["quantity"] == "volume").unwrap();
    let told = volume["rms_sd"]["value"].as_f64().unwrap();
    assert!(
        sd > 0.0 && (told / sd - 1.0).abs() < 1e-9,
        "{told} for {sd}"
    );
    let compare = [
        "compare",
        images[0],
        images[1],
        "-o",
        "out",
        "--precision",
        "own/repeats.csv",
    ];
    howship(folder.path(), &compare).succeeded();
    let file = json(&folder.path().join("out/verdicts.json"));
    let lesions = file["lesions"].as_array().unwrap();
    assert!(!lesions.is_empty());
    for lesion in lesions {
        let se = lesion["change"]["volume"]["se"].as_f64().unwrap();
        assert!(
            (se / (2f64.sqrt() * sd) - 1.0).abs() < 1e-9,
            "{se} for {sd}"
        );
    }
}

#[test]
fn a_mask_cropped_to_the_bone_is_brought_over_and_said_so() {
    let folder = own_series();
    let first = measured().out();
    let (bones, _) = open_labels(&first.join("bones.nii.gz")).unwrap();
    let one = bones.map(|l| u32::from(l == 2));
    let part = one.crop(one.bounding_region().unwrap()).unwrap();
    write_labels(&folder.path().join("mask.nii.gz"), &part).unwrap();
    let arguments = ["measure", "M0.nii.gz", "-o", "out", "--mask", "mask.nii.gz"];
    let run = howship(folder.path(), &arguments);
    run.succeeded();
    assert!(run.stderr.contains("another grid"), "{}", run.stderr);
    let given = json(&folder.path().join("out/verdicts.json"));
    assert_eq!(given["bones"].as_array().unwrap().len(), 1);
    let found = json(&first.join("verdicts.json"));
    let volume = |bone: &Value| {
        let value = &bone["visits"][0]["measurements"]["volume"]["value"];
        value.as_f64().unwrap()
    };
    let (given, found) = (volume(&given["bones"][0]), volume(&found["bones"][1]));
    assert!(
        (given - found).abs() < 0.05 * found,
        "{given} against {found}"
    );
}

/// A coarse scan in which one cavity is taken for the bone's own shape.
#[test]
fn all_lists_what_is_not_reported_and_counts_it_in_no_sum() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = JointSpec::small(0.22);
    spec.scanner.supersampling = 1;
    let rendered = render_visit(&spec, 0).unwrap();
    save(folder.path(), "M0.nii.gz", &rendered.scan);
    let run = |extra: &[&str], out: &str| {
        let run = howship(
            folder.path(),
            &[&["measure", "M0.nii.gz", "-o", out], extra].concat(),
        );
        run.succeeded();
        (run, json(&folder.path().join(out).join("verdicts.json")))
    };
    let (told, usual) = run(&[], "usual");
    let (listed, all) = run(&["--all"], "all");
    let of = |file: &Value, key: &str| file[key].as_array().cloned().unwrap_or_default();
    let (lesions, left) = (of(&usual, "lesions"), of(&usual, "not_reported"));
    assert!(!lesions.is_empty() && !left.is_empty(), "{}", told.stdout);
    assert!(lesions.iter().all(|l| l["kind"] == "erosion"));
    assert!(told.stdout.contains("--all"), "{}", told.stdout);

    // The same cavities, all of them with numbers now, none twice.
    let everything = of(&all, "lesions");
    assert_eq!(everything.len(), lesions.len() + left.len());
    assert!(of(&all, "not_reported").is_empty());
    let others: Vec<&Value> = everything
        .iter()
        .filter(|l| l["kind"] != "erosion")
        .collect();
    assert_eq!(others.len(), left.len());
    for other in &others {
        assert!(
            other["erosion_probability"]["probability"]
                .as_f64()
                .unwrap()
                < 0.5
        );
        assert!(
            other["visits"][0]["measurements"]["volume"]["value"]
                .as_f64()
                .unwrap()
                > 0.0
        );
    }
    // Sums are of erosions, with the option as without it.
    assert_eq!(all["totals"], usual["totals"]);
    let ids: Vec<String> = others.iter().map(|l| l["id"].to_string()).collect();
    let text = std::fs::read_to_string(folder.path().join("all/lesions.csv")).unwrap();
    for id in &ids {
        let mut rows = text.lines().filter(|l| l.split(',').nth(1) == Some(id));
        assert!(
            rows.next().is_some_and(|row| !row.contains(",erosion,")),
            "{id}"
        );
    }
    assert!(
        listed.stdout.contains("natural recess"),
        "{}",
        listed.stdout
    );
}
