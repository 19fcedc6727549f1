//! NIfTI-1, single file, with sform and qform; NIfTI-2 where an axis is longer than 32767.

use crate::part::{Image, Part, Stem};
use crate::sample::SampleType;
use std::io;

/// One `.nii` or `.nii.gz`.
pub(crate) fn write(mut image: Image<'_>, stem: &Stem) -> io::Result<Vec<Part>> {
    if stem.extension != "nii.gz" {
        image.tags.push((crate::seal::KEY, crate::seal::blank()));
    }
    let extension = extension(&image);
    let long = image.geometry.size().iter().any(|&n| n > 32767);
    let header = if long {
        header_2(&image, extension.len())
    } else {
        header_1(&image, extension.len())
    };
    let flag: [u8; 4] = [u8::from(!extension.is_empty()), 0, 0, 0];
    if stem.extension != "nii.gz" {
        // The target is written in pieces; the samples are not copied.
        let mut head = [&header[..], &flag, &extension].concat();
        crate::seal::seal(&mut head, &image.stored);
        return Ok(vec![Part::target(vec![
            head,
            std::mem::take(&mut image.stored),
        ])]);
    }
    let whole = [&header[..], &flag, &extension, &image.stored].concat();
    Ok(vec![Part::target(vec![crate::compress::gzip(
        &whole,
        image.level.max(1),
    )?])])
}

/// Unit and calibration as a comment extension (code 6), a multiple of 16 bytes long.
fn extension(image: &Image<'_>) -> Vec<u8> {
    if image.tags.is_empty() && image.notes.is_empty() {
        return Vec::new();
    }
    let tags = image.tags.iter().map(|(k, v)| format!("{k} = {v}\n"));
    let notes = image.notes.iter().map(|n| crate::part::note_line(n, " = "));
    let text: String = tags.chain(notes).collect();
    let size = (8 + text.len()).next_multiple_of(16);
    let mut out = Vec::with_capacity(size);
    out.extend((size as i32).to_le_bytes());
    out.extend(6i32.to_le_bytes());
    out.extend(text.into_bytes());
    out.resize(size, 0);
    out
}

/// For people and for programs that show it; read back from the extension.
fn descrip(image: &Image<'_>) -> String {
    let unit = image.tags.iter().find(|(key, _)| *key == "DensityUnit");
    let mut text = "Howship".to_owned();
    if let Some((key, value)) = unit {
        text += &format!(" {key}={value}");
    }
    // The first note is what a viewer should show.
    if let Some((_, value)) = image.notes.first() {
        text += &format!(
            " {}",
            value.replace(|c: char| !c.is_ascii() || c.is_control(), " ")
        );
    }
    text.truncate(79);
    text
}

struct Orientation {
    srow: [[f64; 4]; 3],
    quatern: [f64; 3],
    qfac: f64,
}

/// LPS to RAS, and the quaternion of the rotation with the largest component computed first.
fn orientation(image: &Image<'_>) -> Orientation {
    let g = image.geometry;
    let (d, s, o) = (g.direction(), g.spacing(), g.origin());
    let sign = [-1.0, -1.0, 1.0];
    let r: [[f64; 3]; 3] = std::array::from_fn(|i| d[i].map(|v| sign[i] * v + 0.0));
    let srow = std::array::from_fn(|i| {
        [
            r[i][0] * s[0],
            r[i][1] * s[1],
            r[i][2] * s[2],
            sign[i] * o[i] + 0.0,
        ]
    });
    let determinant = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1])
        - r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0])
        + r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
    let qfac = if determinant < 0.0 { -1.0 } else { 1.0 };
    let m = r.map(|row| [row[0], row[1], row[2] * qfac]);
    Orientation {
        srow,
        quatern: quaternion(m),
        qfac,
    }
}

/// b, c, d of the unit quaternion with a >= 0.
fn quaternion(m: [[f64; 3]; 3]) -> [f64; 3] {
    let squares = [
        1.0 + m[0][0] + m[1][1] + m[2][2],
        1.0 + m[0][0] - m[1][1] - m[2][2],
        1.0 - m[0][0] + m[1][1] - m[2][2],
        1.0 - m[0][0] - m[1][1] + m[2][2],
    ];
    let mut largest = 0;
    for i in 1..4 {
        if squares[i] > squares[largest] + 1e-9 {
            largest = i;
        }
    }
    let w = squares[largest].max(0.0).sqrt() / 2.0;
    let (xy, xz, yz) = (m[0][1] + m[1][0], m[0][2] + m[2][0], m[1][2] + m[2][1]);
    let (zy, xz_, yx) = (m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]);
    let f = 0.25 / w;
    let [a, b, c, d] = match largest {
        0 => [w, zy * f, xz_ * f, yx * f],
        1 => [zy * f, w, xy * f, xz * f],
        2 => [xz_ * f, xy * f, w, yz * f],
        _ => [yx * f, xz * f, yz * f, w],
    };
    let sign = if a < 0.0 { -1.0 } else { 1.0 };
    [b * sign, c * sign, d * sign]
}

fn code(kind: SampleType) -> i16 {
    match kind {
        SampleType::U8 => 2,
        SampleType::I16 => 4,
        SampleType::I32 => 8,
        SampleType::F32 => 16,
        SampleType::F64 => 64,
        SampleType::I8 => 256,
        SampleType::U16 => 512,
        SampleType::U32 => 768,
        SampleType::I64 => 1024,
        SampleType::U64 => 1280,
    }
}

fn put(header: &mut [u8], at: usize, bytes: &[u8]) {
    header[at..at + bytes.len()].copy_from_slice(bytes);
}

fn put_f32s(header: &mut [u8], at: usize, values: &[f64]) {
    for (i, &value) in values.iter().enumerate() {
        put(header, at + 4 * i, &(value as f32).to_le_bytes());
    }
}

fn put_f64s(header: &mut [u8], at: usize, values: &[f64]) {
    for (i, &value) in values.iter().enumerate() {
        put(header, at + 8 * i, &value.to_le_bytes());
    }
}

fn header_1(image: &Image<'_>, extension: usize) -> Vec<u8> {
    let mut h = vec![0u8; 348];
    let o = orientation(image);
    let [nx, ny, nz] = image.geometry.size();
    put(&mut h, 0, &348i32.to_le_bytes());
    h[38] = b'r';
    for (i, n) in [3, nx, ny, nz, 1, 1, 1, 1].into_iter().enumerate() {
        put(&mut h, 40 + 2 * i, &(n as i16).to_le_bytes());
    }
    put(&mut h, 70, &code(image.kind).to_le_bytes());
    put(&mut h, 72, &(8 * image.kind.bytes() as i16).to_le_bytes());
    put_f32s(&mut h, 76, &[o.qfac]);
    put_f32s(&mut h, 80, &image.geometry.spacing());
    put_f32s(&mut h, 108, &[(352 + extension) as f64, 1.0, 0.0]);
    // Millimetres.
    h[123] = 2;
    put(&mut h, 148, descrip(image).as_bytes());
    put(&mut h, 252, &1i16.to_le_bytes());
    put(&mut h, 254, &1i16.to_le_bytes());
    put_f32s(&mut h, 256, &o.quatern);
    put_f32s(&mut h, 268, &o.srow.map(|row| row[3]));
    put_f32s(&mut h, 280, o.srow.as_flattened());
    put(&mut h, 344, b"n+1\0");
    h
}

fn header_2(image: &Image<'_>, extension: usize) -> Vec<u8> {
    let mut h = vec![0u8; 540];
    let o = orientation(image);
    let [nx, ny, nz] = image.geometry.size();
    put(&mut h, 0, &540i32.to_le_bytes());
    put(&mut h, 4, b"n+2\0\r\n\x1a\n");
    put(&mut h, 12, &code(image.kind).to_le_bytes());
    put(&mut h, 14, &(8 * image.kind.bytes() as i16).to_le_bytes());
    for (i, n) in [3, nx, ny, nz, 1, 1, 1, 1].into_iter().enumerate() {
        put(&mut h, 16 + 8 * i, &(n as i64).to_le_bytes());
    }
    put_f64s(&mut h, 104, &[o.qfac]);
    put_f64s(&mut h, 112, &image.geometry.spacing());
    put(&mut h, 168, &((544 + extension) as i64).to_le_bytes());
    put_f64s(&mut h, 176, &[1.0, 0.0]);
    put(&mut h, 240, descrip(image).as_bytes());
    put(&mut h, 344, &1i32.to_le_bytes());
    put(&mut h, 348, &1i32.to_le_bytes());
    put_f64s(&mut h, 352, &o.quatern);
    put_f64s(&mut h, 376, &o.srow.map(|row| row[3]));
    put_f64s(&mut h, 400, o.srow.as_flattened());
    put(&mut h, 500, &2i32.to_le_bytes());
    h
}
