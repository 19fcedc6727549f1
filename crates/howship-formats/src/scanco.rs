//! What AIM and ISQ share: the processing log, calibration, floating point and dates of VMS.

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

/// The density calibration of a log; `None` unless slope, scaling and the unit mgHA/cm³ are there.
pub(crate) fn calibration(entries: &[(String, String)]) -> Option<Calibration> {
    let number = |key: &str| find(entries, key).and_then(|v| v.parse::<f64>().ok());
    let unit = find(entries, "Density: unit").unwrap_or("mg HA/ccm");
    let c = Calibration {
        mu_scaling: number("Mu_Scaling")?,
        mu_water: number("HU: mu water")?,
        density_slope: number("Density: slope")?,
        density_intercept: number("Density: intercept")?,
    };
    (is_mg_ha(unit)
        && c.linear(DensityUnit::Arbitrary, DensityUnit::MgHaPerCm3)
            .is_ok())
    .then_some(c)
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
        assert_eq!(calibration(&entries).unwrap().density_slope, 1603.519);
    }
}
