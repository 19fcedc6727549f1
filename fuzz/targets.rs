//! What each target does with bytes: compiled by libFuzzer, and by a test of the workspace that tries every seed.

use super::tables;
use howship_formats::{Format, OpenFilmOptions, OpenOptions, open_bytes, open_film_bytes};
use howship_scores::{Mapping, ReadOptions, Scheme};
use howship_tables::{Cell, Table, csv_text};

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets, as `Cargo.toml` lists them.
pub const TARGETS: [Target; 14] = [
    ("nifti", |bytes| open_as(Format::Nifti, bytes)),
    ("metaimage", |bytes| open_as(Format::MetaImage, bytes)),
    ("nrrd", |bytes| open_as(Format::Nrrd, bytes)),
    ("aim", |bytes| open_as(Format::Aim, bytes)),
    ("isq", |bytes| open_as(Format::Isq, bytes)),
    ("dicom", |bytes| open_as(Format::Dicom, bytes)),
    ("tiff", |bytes| open_as(Format::Tiff, bytes)),
    ("film", film),
    ("table_text", table_text),
    ("table_parquet", table),
    ("table_xpt", table),
    ("scheme", scheme),
    ("mapping", mapping),
    ("scores", scores),
];

/// Runs the target of this name.
pub fn run(name: &str, bytes: &[u8]) {
    let found = TARGETS.iter().find(|(target, _)| *target == name);
    let (_, target) = found.expect("a target of this name");
    target(bytes);
}

/// Opens the bytes as one format, under a limit of 16 MiB of voxels; any answer will do, a panic or a hang will not.
fn open_as(format: Format, bytes: &[u8]) {
    let options = OpenOptions {
        spacing_mm: Some([1.0; 3]),
        max_bytes: 1 << 24,
        ..OpenOptions::default()
    };
    let _ = open_bytes(bytes, format, &options);
}

/// Opens the bytes as a film of at most 2^20 pixels.
fn film(bytes: &[u8]) {
    let options = OpenFilmOptions {
        max_pixels: 1 << 20,
        ..OpenFilmOptions::default()
    };
    let _ = open_film_bytes("film".as_ref(), bytes, &options);
}

fn table(bytes: &[u8]) {
    tables::table(bytes);
}

fn table_text(bytes: &[u8]) {
    if bytes.starts_with(b"PAR1") || bytes.starts_with(b"HEADER RECORD") {
        return;
    }
    let Some(table) = tables::table(bytes) else {
        return;
    };
    // A file that begins so is of another format.
    if ["PAR1", "HEADER RECORD"]
        .iter()
        .any(|m| table.columns()[0].name.starts_with(m))
    {
        return;
    }
    // What was read, written and read again is the same, but for text that a spreadsheet would run.
    if all_text(&table).any(|t| t.starts_with(['=', '+', '-', '@'])) {
        return;
    }
    let header: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
    let row = |row| table.columns().iter().map(move |c| Cell::Text(c.text(row)));
    let written = csv_text(&header, (0..table.rows()).map(row));
    let again = tables::table(written.as_bytes()).expect("what was written can be read");
    assert!(all_text(&table).eq(all_text(&again)), "{written}");
}

fn all_text(table: &Table) -> impl Iterator<Item = String> {
    table.columns().iter().flat_map(|c| {
        let cells = (0..table.rows()).map(|row| c.text(row).into_owned());
        std::iter::once(c.name.clone()).chain(cells)
    })
}

/// A long table that many small schemes can score.
const LONG: &[u8] = b"subject,visit,reader,side,site,feature,score\n\
    1,M0,A,L,MCP2,erosion,1\n1,M0,B,L,MCP2,erosion,0\n1,M6,A,L,MCP2,erosion,2\n2,M0,A,R,MTP1,jsn,0.5\n";

fn scheme(bytes: &[u8]) {
    let Some(scheme) = text(bytes).and_then(|text| Scheme::from_toml(text).ok()) else {
        return;
    };
    assert!(!scheme.show().is_empty());
    assert_eq!(scheme.tidy().rows.len(), scheme.items().len());
    let options = ReadOptions {
        scheme: Some(scheme.id.clone()),
        own_schemes: vec![scheme],
        ..ReadOptions::default()
    };
    let table = tables::table(LONG).expect("a sound table");
    tables::scores(&table, &options);
}

const MAPPED: [&[u8]; 3] = [
    b"subject,visit,reader,side,site,feature,score\n1,M0,A,L,MCP2,erosion,1\n2,M6,A,R,RAD,erosion,NA\n",
    b"Patient_ID,LF_mtp_E__1,LH_mcp_E__2,LH_mcp_J__2\n1,1,2,0\n2,0,,1\n",
    b"STUDYID,USUBJID,MKTESTCD,MKLOC,MKLAT,MKSTRESN,MKEVAL,VISIT,MKDY\n\
      s,1,EROSION,MCP2,LEFT,2,READER 1,WEEK 0,1\ns,1,EROSION,MCP2,LEFT,,READER 1,WEEK 24,169\n",
];

fn mapping(bytes: &[u8]) {
    let Some(mapping) = text(bytes).and_then(|text| Mapping::from_toml(text).ok()) else {
        return;
    };
    for bytes in MAPPED {
        let table = tables::table(bytes).expect("a sound table");
        for scheme in ["svdh", "custom"] {
            let options = ReadOptions {
                scheme: Some(scheme.to_owned()),
                mapping: Some(mapping.clone()),
                ..ReadOptions::default()
            };
            tables::scores(&table, &options);
        }
    }
}

/// The first byte says how the rest is read.
fn scores(bytes: &[u8]) {
    let Some((&bits, bytes)) = bytes.split_first() else {
        return;
    };
    if let Some(table) = tables::table(bytes) {
        tables::scores(&table, &tables::options(bits));
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
