//! What AIM and ISQ share: the processing log, calibration, floating point and dates of VMS.

use crate::error::{Fault, Parsed, Problem};
use crate::sample::SampleType;
use crate::unit::Says;
use howship_image::{Calibration, DensityUnit};

/// The key under which Howship's AIM files state the unit that the values are presented in.
pub(crate) const UNIT_KEY: &str = "Howship unit";
/// The key of the exact origin: AIM itself holds whole voxels only.
pub(crate) const ORIGIN_KEY: &str = "Howship origin [mm]";
/// The key of the axes: AIM itself has none.
pub(crate) const DIRECTION_KEY: &str = "Howship direction";

/// Key and value lines of a processing log. The patient's name is left out: nothing here needs it.
pub(crate) fn entries(log: &str) -> Vec<(String, String)> {
    log.lines()
        .map(|line| line.trim_end_matches(['\r', '\0', ' ']))
        .filter(|line| !line.is_empty() && !line.starts_with('!'))
        .filter_map(|line| {
            let (key, value) = line.split_once("  ").unwrap_or((line, ""));
            let key = key.trim();
            (!key.eq_ignore_ascii_case("Patient Name"))
                .then(|| (key.to_owned(), value.trim().to_owned()))
        })
        .take(10_000)
        .collect()
}

pub(crate) fn find<'a>(entries: &'a [(String, String)], key: &str) -> Option<&'a str> {
    entries
        .iter()
        .find(|(k, _)| k.eq_ignore_ascii_case(key))
        .map(|(_, v)| v.as_str())
}

/// A line as Scanco's programs write it.
pub(crate) fn log_line(key: &str, value: &str) -> String {
    format!("{key:<30}{value:>20}\n")
}

pub(crate) const RULE: &str =
    "!-------------------------------------------------------------------------------\n";

/// The key of the checksum over header and samples.
pub(crate) const SEAL_KEY: &str = "Howship checksum";

/// What a log says of the calibration.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LogCalibration {
    /// Nothing of a density.
    None,
    /// Part of it, and which keys are missing or what else is wrong.
    Partial(String),
    /// All of it.
    Whole(Calibration),
}

const KEYS: [&str; 4] = [
    "Mu_Scaling",
    "HU: mu water",
    "Density: slope",
    "Density: intercept",
];

/// Refuses a stated calibration that part of a log contradicts; a 0 stands where nothing was written.
pub(crate) fn agrees(entries: &[(String, String)], stated: &Calibration) -> Parsed<()> {
    let numbers = [
        stated.mu_scaling,
        stated.mu_water,
        stated.density_slope,
        stated.density_intercept,
    ];
    for (key, number) in KEYS.into_iter().zip(numbers) {
        let Some(own) = one_number(entries, key)?.filter(|v| *v != 0.0) else {
            continue;
        };
        if (own - number).abs() > 1e-5 * own.abs().max(number.abs()) {
            return Err(Fault::new(
                Problem::Unit,
                format!("the file says `{key}` {own}, the calibration stated has {number}"),
                "state the calibration of this scan, from the scanner's log",
            ));
        }
    }
    Ok(())
}

/// The density calibration of a log: slope, intercept, scaling, the attenuation of water and the unit.
///
/// # Errors
/// A number that is none, two that contradict each other, or one that divides by zero.
pub(crate) fn calibration(entries: &[(String, String)]) -> Parsed<LogCalibration> {
    let slope = find(entries, "Density: slope");
    if slope.is_none() && find(entries, "Density: intercept").is_none() {
        return Ok(LogCalibration::None);
    }
    let mut numbers = [0.0; 4];
    let mut missing = Vec::new();
    for (number, key) in numbers.iter_mut().zip(KEYS) {
        match one_number(entries, key)? {
            Some(value) => *number = value,
            None => missing.push(key),
        }
    }
    if !missing.is_empty() {
        return Ok(LogCalibration::Partial(format!(
            "the log's calibration lacks `{}`",
            missing.join("`, `")
        )));
    }
    match find(entries, "Density: unit") {
        Some(unit) if is_mg_ha(unit) => {}
        Some(unit) => {
            return Ok(LogCalibration::Partial(format!(
                "the log's density is in `{unit:.30}`, not in mg HA/ccm"
            )));
        }
        None => {
            return Ok(LogCalibration::Partial(
                "the log's calibration lacks `Density: unit`".to_owned(),
            ));
        }
    }
    let [mu_scaling, mu_water, density_slope, density_intercept] = numbers;
    let calibration = Calibration {
        mu_scaling,
        mu_water,
        density_slope,
        density_intercept,
    };
    calibration
        .linear(DensityUnit::Native, DensityUnit::MgHaPerCm3)
        .map_err(|e| {
            Fault::new(
                Problem::Unit,
                format!("the log's {e}"),
                "correct the log, or export the volume again",
            )
        })?;
    Ok(LogCalibration::Whole(calibration))
}

/// The number under a key. A log grows with every step of processing, and may hold the key again.
fn one_number(entries: &[(String, String)], key: &str) -> Parsed<Option<f64>> {
    let mut found: Option<(f64, &str)> = None;
    for (_, text) in entries.iter().filter(|(k, _)| k.eq_ignore_ascii_case(key)) {
        let value = crate::text::number(text, key)?;
        if let Some((first, words)) = found
            && (first - value).abs() > 1e-5 * first.abs().max(value.abs())
        {
            return Err(Fault::new(
                Problem::Unit,
                format!("the log states `{key}` as {words} and as {text}"),
                "correct the log, or export the volume again",
            ));
        }
        found.get_or_insert((value, text));
    }
    Ok(found.map(|(value, _)| value))
}

/// What a log says of stored numbers, the unit that they are presented in, and the calibration.
pub(crate) type Meaning = (Says, Option<DensityUnit>, Option<Calibration>);

/// What the numbers of an AIM or ISQ are.
///
/// Whole numbers are native counts, calibrated or not. Floating point may be counts or density already,
/// which the file does not tell where a calibration is in its log: the caller must.
pub(crate) fn meaning(
    entries: &[(String, String)],
    kind: SampleType,
    warnings: &mut Vec<String>,
) -> Parsed<Meaning> {
    let own = find(entries, UNIT_KEY)
        .map(|text| {
            text.parse::<DensityUnit>().map_err(|reason| {
                Fault::new(
                    Problem::Unit,
                    reason,
                    "correct the unit in the processing log",
                )
            })
        })
        .transpose()?;
    if kind.bytes() == 1 {
        // A calibration in the log of a mask or a segmentation is that of the scan it was made from.
        let why = "8-bit values are masks or segmentations".to_owned();
        return Ok((Says::NoDensity(why), None, None));
    }
    let calibration = match calibration(entries)? {
        LogCalibration::Whole(calibration) => Some(calibration),
        LogCalibration::Partial(why) => {
            warnings.push(format!("{why}: the values stay native counts"));
            None
        }
        LogCalibration::None => None,
    };
    if let Some(unit) = own {
        let words = format!("the processing log says `{UNIT_KEY}  {unit}`");
        let stored = match calibration {
            Some(_) => DensityUnit::Native,
            None => unit,
        };
        let says = match stored {
            DensityUnit::Arbitrary => Says::Nothing,
            stored => Says::Unit(stored, words),
        };
        return Ok((says, Some(unit), calibration));
    }
    let float = matches!(kind, SampleType::F32 | SampleType::F64);
    let says = match calibration {
        Some(_) if float => Says::Unclear(
            "floating-point values beside a calibration: they may be native counts or density already"
                .to_owned(),
        ),
        Some(_) => Says::Unit(
            DensityUnit::Native,
            "native counts, with a calibration in the header (Mu_Scaling, Density: slope and intercept)"
                .to_owned(),
        ),
        None => Says::Unit(
            DensityUnit::Native,
            "native counts of the scanner, without a calibration".to_owned(),
        ),
    };
    Ok((says, None, calibration))
}

/// `mg HA/ccm` in the spellings that occur.
pub(crate) fn is_mg_ha(unit: &str) -> bool {
    let text: String = unit
        .to_ascii_lowercase()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    matches!(
        text.as_str(),
        "mgha/ccm" | "mgha/cm3" | "mgha/cm^3" | "mghydroxyapatite/ccm"
    )
}

/// A VAX G float.
pub(crate) fn vax_double(b: [u8; 8]) -> f64 {
    f64::from_le_bytes([b[6], b[7], b[4], b[5], b[2], b[3], b[0], b[1]]) / 4.0
}

/// The day of a VMS time (100 ns since 1858-11-17) as `YYYY-MM-DD`.
pub(crate) fn vms_date(ticks: u64) -> Option<String> {
    if ticks == 0 {
        return None;
    }
    // Days from 0000-03-01 (H. Hinnant, chrono-compatible low-level date algorithms, 2013);
    // the VMS epoch is day 678881 of that count.
    let days = i64::try_from(ticks / 864_000_000_000).ok()? + 678_881;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = year_of_era + era * 400 + carry;
    (year < 10_000).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_vms() {
        assert_eq!(vms_date(1).as_deref(), Some("1858-11-17"));
        // 40587 days later Unix began.
        assert_eq!(
            vms_date(40_587 * 864_000_000_000).as_deref(),
            Some("1970-01-01")
        );
        assert_eq!(
            vms_date((40_587 + 11_016) * 864_000_000_000).as_deref(),
            Some("2000-02-29")
        );
        assert_eq!(vms_date(0), None);
        assert!(vms_date(u64::MAX).is_none_or(|d| d.len() == 10));
    }

    #[test]
    fn half_a_calibration_is_none_and_a_wrong_number_is_an_error() {
        let line = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        let mut log = vec![
            line("Mu_Scaling", "8192"),
            line("Density: unit", "mg HA/ccm"),
            line("Density: slope", "1603.519"),
            line("Density: intercept", "-391.209"),
        ];
        let found = calibration(&log).unwrap();
        assert!(
            matches!(&found, LogCalibration::Partial(why) if why.contains("mu water")),
            "{found:?}"
        );
        log.push(line("HU: mu water", "0,2409"));
        assert!(calibration(&log).is_err());
        log[4].1 = "0.2409".to_owned();
        assert!(matches!(
            calibration(&log).unwrap(),
            LogCalibration::Whole(_)
        ));
        log.push(line("Density: slope", "1500"));
        assert!(calibration(&log).is_err());
    }

    #[test]
    fn log_lines_come_back_and_the_name_does_not() {
        let log = [
            RULE.to_owned(),
            log_line("Patient Name", "SOMEBODY"),
            log_line("Mu_Scaling", "8192"),
            log_line("HU: mu water", "0.2409"),
            log_line("Density: unit", "mg HA/ccm"),
            log_line("Density: slope", "1603.519"),
            log_line("Density: intercept", "-391.209"),
        ]
        .concat();
        let entries = entries(&log);
        assert!(find(&entries, "Patient Name").is_none());
        let LogCalibration::Whole(found) = calibration(&entries).unwrap() else {
            panic!("no calibration");
        };
        assert_eq!(found.density_slope, 1603.519);
    }
}
