//! Volumes and DICOM slices made in the test.

use howship_image::{Calibration, DensityUnit, Geometry, Scan, Volume};
use std::path::Path;

pub(crate) fn geometries() -> Vec<Geometry> {
    let (s, c) = 0.7f64.sin_cos();
    let size = [9, 7, 5];
    let spacing = [0.0607, 0.082, 0.125];
    let origin = [-12.25, 3.5, 101.0];
    let new = |direction| Geometry::new(size, spacing, origin, direction).unwrap();
    vec![
        new([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        new([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]),
        new([[c, 0.0, s], [0.0, -1.0, 0.0], [-s, 0.0, c]]),
        new([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]]),
        new([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    ]
}

pub(crate) fn calibration() -> Calibration {
    Calibration {
        mu_scaling: 8192.0,
        mu_water: 0.2409,
        density_slope: 1603.51904,
        density_intercept: -391.209015,
    }
}

/// Whole numbers from -1000 to about 3000, or fractions, in a pattern without symmetry.
pub(crate) fn scan(geometry: &Geometry, unit: DensityUnit, fraction: f32) -> Scan {
    let volume = Volume::from_fn(geometry.clone(), |[x, y, z]| {
        ((x * 131 + y * 977 + z * 1999) % 4001) as f32 - 1000.0 + fraction * (x as f32 + 1.0)
    });
    Scan {
        volume,
        unit,
        known: howship_image::UnitKnown::Written,
        calibration: None,
    }
}

/// One slice, explicit little endian; the fields that the tests vary.
#[derive(Clone)]
pub(crate) struct Slice {
    pub(crate) patient: &'static str,
    pub(crate) series: &'static str,
    pub(crate) modality: &'static str,
    pub(crate) photometric: &'static str,
    pub(crate) position: [f64; 3],
    pub(crate) cosines: [f64; 6],
    pub(crate) spacing: Option<[f64; 2]>,
    pub(crate) bits: [u16; 3],
    pub(crate) signed: bool,
    pub(crate) rescale: Option<(f64, f64, &'static str)>,
    pub(crate) size: [u16; 2],
    pub(crate) pixels: Vec<u8>,
}

impl Slice {
    pub(crate) fn at(z: f64) -> Self {
        Self {
            patient: "P1",
            series: "1.2.3",
            modality: "CT",
            photometric: "MONOCHROME2",
            position: [0.0, 0.0, z],
            cosines: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            spacing: Some([0.5, 0.5]),
            bits: [16, 16, 15],
            signed: true,
            rescale: Some((1.0, -1000.0, "HU")),
            size: [2, 3],
            pixels: (0..6i16)
                .flat_map(|v| (v + (z * 10.0) as i16).to_le_bytes())
                .collect(),
        }
    }

    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, self.bytes()).unwrap();
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = vec![0u8; 128];
        out.extend(b"DICM");
        text(&mut out, 2, 0x10, b"UI", "1.2.840.10008.1.2.1");
        text(&mut out, 8, 0x16, b"UI", "1.2.840.10008.5.1.4.1.1.2");
        text(&mut out, 8, 0x60, b"CS", self.modality);
        text(&mut out, 0x10, 0x10, b"PN", "Made^Up");
        text(&mut out, 0x10, 0x20, b"LO", self.patient);
        text(&mut out, 0x20, 0xe, b"UI", self.series);
        text(&mut out, 0x20, 0x32, b"DS", &numbers(&self.position));
        text(&mut out, 0x20, 0x37, b"DS", &numbers(&self.cosines));
        short(&mut out, 0x28, 2, 1);
        text(&mut out, 0x28, 4, b"CS", self.photometric);
        short(&mut out, 0x28, 0x10, self.size[0]);
        short(&mut out, 0x28, 0x11, self.size[1]);
        if let Some(spacing) = self.spacing {
            text(&mut out, 0x28, 0x30, b"DS", &numbers(&spacing));
        }
        for (i, bits) in self.bits.into_iter().enumerate() {
            short(&mut out, 0x28, 0x100 + i as u16, bits);
        }
        short(&mut out, 0x28, 0x103, u16::from(self.signed));
        if let Some((slope, intercept, word)) = self.rescale {
            text(&mut out, 0x28, 0x1052, b"DS", &intercept.to_string());
            text(&mut out, 0x28, 0x1053, b"DS", &slope.to_string());
            text(&mut out, 0x28, 0x1054, b"LO", word);
        }
        tag(&mut out, 0x7fe0, 0x10, b"OW");
        out.extend([0, 0]);
        out.extend((self.pixels.len() as u32).to_le_bytes());
        out.extend(&self.pixels);
        out
    }
}

fn numbers(values: &[f64]) -> String {
    values
        .iter()
        .map(f64::to_string)
        .collect::<Vec<_>>()
        .join("\\")
}

fn tag(out: &mut Vec<u8>, group: u16, element: u16, vr: &[u8; 2]) {
    out.extend(group.to_le_bytes());
    out.extend(element.to_le_bytes());
    out.extend(vr);
}

fn text(out: &mut Vec<u8>, group: u16, element: u16, vr: &[u8; 2], value: &str) {
    tag(out, group, element, vr);
    let length = value.len().next_multiple_of(2);
    out.extend((length as u16).to_le_bytes());
    out.extend(value.as_bytes());
    out.resize(
        out.len() + length - value.len(),
        if vr == b"UI" { 0 } else { b' ' },
    );
}

fn short(out: &mut Vec<u8>, group: u16, element: u16, value: u16) {
    tag(out, group, element, b"US");
    out.extend(2u16.to_le_bytes());
    out.extend(value.to_le_bytes());
}
