use crate::synthetic::sample;
use howship_report::{Error, figures};
use std::io::Cursor;

fn decode(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

#[test]
fn every_figure_can_be_read_and_shows_something() {
    let sample = sample(2, 0.35);
    let files = figures(&sample.input()).unwrap();
    let names: Vec<&str> = files.iter().map(|f| f.0.as_str()).collect();
    for expected in [
        "bones-front.png",
        "bones-back.svg",
        "bones-right-side.png",
        "bones-above-1.png",
        "bones-below-2.svg",
        "lesion-1-slices.png",
        "lesion-5-slices.svg",
        "lesion-3-volume.svg",
        "lesion-3-change.svg",
    ] {
        assert!(names.contains(&expected), "{expected} in {names:?}");
    }
    for (name, bytes) in &files {
        if name.ends_with(".png") {
            let (width, height, pixels) = decode(bytes);
            assert!(width > 100 && height > 100, "{name}: {width} x {height}");
            let mut seen = [false; 256];
            pixels.iter().for_each(|p| seen[usize::from(*p)] = true);
            let levels = seen.iter().filter(|s| **s).count();
            assert!(levels > 60, "{name}: {levels} different values");
        } else {
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(
                text.starts_with("<svg xmlns=") && text.ends_with("</svg>"),
                "{name}"
            );
            assert!(!crate::page::leaks_numbers(text), "{name}");
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let sample = sample(2, 0.2);
    let again = crate::synthetic::sample(2, 0.2);
    assert_eq!(
        figures(&sample.input()).unwrap(),
        figures(&again.input()).unwrap()
    );
    assert_eq!(
        howship_report::html(&sample.input()).unwrap(),
        howship_report::html(&again.input()).unwrap()
    );
}

#[test]
fn a_patch_that_contradicts_itself_is_named() {
    let mut unpaired = sample(2, 0.1);
    unpaired.patches[0].cavities.pop();
    let error = figures(&unpaired.input()).unwrap_err();
    assert!(
        matches!(error, Error::PatchCount { lesion: 1, .. }),
        "{error}"
    );
    let mut skewed = sample(2, 0.1);
    skewed.patches[1].axes[0] = [f64::NAN; 3];
    let error = figures(&skewed.input()).unwrap_err();
    assert!(
        matches!(error, Error::PatchAxes { lesion: 2, .. }),
        "{error}"
    );
    let mut torn = sample(2, 0.1);
    torn.bones[0].mesh.triangles.push([0, 1, u32::MAX]);
    assert!(matches!(figures(&torn.input()), Err(Error::Mesh { .. })));
}
