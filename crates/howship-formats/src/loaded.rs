//! What reading gives: values with their grid, or the header's facts alone.

use crate::error::Parsed;
use crate::header::Header;
use crate::printable::printable;
use crate::unit::{Says, Settled};
use crate::{Identity, OpenOptions, Source};
use howship_image::{Calibration, DensityUnit, Geometry, UnitKnown};
use std::path::{Path, PathBuf};

/// What decoding gives, for scans and for labels.
pub(crate) struct Loaded<V> {
    pub(crate) geometry: Geometry,
    pub(crate) values: Vec<V>,
    pub(crate) unit: DensityUnit,
    pub(crate) known: UnitKnown,
    pub(crate) calibration: Option<Calibration>,
    pub(crate) source: Source,
}

impl<V> Loaded<V> {
    pub(crate) fn new(
        geometry: Geometry,
        values: Vec<V>,
        settled: Settled,
        source: Source,
    ) -> Self {
        Self {
            geometry,
            values,
            unit: settled.unit,
            known: settled.known,
            calibration: settled.calibration,
            source,
        }
    }
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// The grid.
    pub geometry: Geometry,
    /// The unit that [`crate::open`] would give the values.
    pub unit: DensityUnit,
    /// How the unit is known.
    pub known: UnitKnown,
    /// The calibration, where there is one.
    pub calibration: Option<Calibration>,
    /// Header, provenance and warnings. `blake3` is empty where only the header was read.
    pub source: Source,
}

/// What a header says, where nothing but the header was read.
pub(crate) fn info_of(mut header: Header, path: &Path, options: &OpenOptions) -> Parsed<Info> {
    let settled = match (&header.says, options.unit) {
        // What a file is can be told where its numbers cannot be believed yet.
        (Says::Unclear(why), None) => {
            header.warnings.push(format!(
                "{why}: `--unit` must say which before it is measured"
            ));
            Settled::unclear(why.clone(), header.calibration, header.sampling)
        }
        _ => header.settle(options, false)?,
    };
    let mut source = source(&header, path, &blake3::Hasher::new(), &settled);
    source.blake3.clear();
    Ok(Info {
        geometry: header.geometry,
        unit: settled.unit,
        known: settled.known,
        calibration: settled.calibration,
        source,
    })
}

/// What the header says of where its values came from.
pub(crate) fn source(
    header: &Header,
    path: &Path,
    hasher: &blake3::Hasher,
    settled: &Settled,
) -> Source {
    let clean = |text: &Option<String>| text.as_deref().map(printable);
    let identity = Identity {
        patient_id: clean(&header.identity.patient_id),
        site: clean(&header.identity.site),
        laterality: clean(&header.identity.laterality),
        date: clean(&header.identity.date),
        frame_of_reference: clean(&header.identity.frame_of_reference),
        series_uid: clean(&header.identity.series_uid),
        modality: clean(&header.identity.modality),
    };
    Source {
        path: PathBuf::from(path),
        format: header.format,
        blake3: hasher.finalize().to_hex().to_string(),
        spacing_known: printable(&header.spacing_known),
        unit_known: printable(&settled.words),
        known: settled.known,
        not_numbers: None,
        stored: header.sampling.kind.name().to_owned(),
        identity,
        header: header
            .entries
            .iter()
            .map(|(key, value)| (printable(key), printable(value)))
            .collect(),
        warnings: header
            .warnings
            .iter()
            .map(|w| printable(w))
            .chain(exchanged(header.sampling.slope))
            .collect(),
    }
}

/// What is said of a slope that turns bright into dark: hardly ever meant.
pub(crate) fn exchanged(slope: f64) -> Option<String> {
    (slope < 0.0).then(|| {
        format!("the slope {slope} of the values is negative: what is stored bright becomes dark")
    })
}
