//! Values in print, and what comes out here.

use howship_stats::{
    BlandAltmanOptions, BootstrapOptions, Crosstab, IccForm, IccOptions, KappaWeights,
    MeasurementErrorOptions, Ratings, ReaderScope, Scale, bland_altman, clopper_pearson,
    cohen_kappa, fleiss_kappa, icc, krippendorff_alpha, measurement_error, sign_test,
};
use serde::Serialize;

/// One published number.
#[derive(Serialize)]
pub(super) struct ReferenceRow {
    pub(super) statistic: &'static str,
    pub(super) source: &'static str,
    /// As printed, so that its digits tell how far it can be compared.
    pub(super) published: &'static str,
    pub(super) here: f64,
    pub(super) difference: f64,
}

/// Shrout and Fleiss 1979: six targets, four judges.
const JUDGES: [f64; 24] = [
    9.0, 2.0, 5.0, 8.0, 6.0, 1.0, 3.0, 2.0, 8.0, 4.0, 6.0, 8.0, 7.0, 1.0, 2.0, 6.0, 10.0, 5.0, 6.0,
    9.0, 6.0, 2.0, 4.0, 7.0,
];

/// Bland and Altman 1986: peak expiratory flow, Wright meter and mini meter, first measurements.
const WRIGHT: [f64; 17] = [
    494.0, 395.0, 516.0, 434.0, 476.0, 557.0, 413.0, 442.0, 650.0, 433.0, 417.0, 656.0, 267.0,
    478.0, 178.0, 423.0, 427.0,
];
const MINI: [f64; 17] = [
    512.0, 430.0, 520.0, 428.0, 500.0, 600.0, 364.0, 380.0, 658.0, 445.0, 432.0, 626.0, 260.0,
    477.0, 259.0, 350.0, 451.0,
];

/// Fleiss 1971: ten subjects, five categories, fourteen raters.
const FLEISS: [[u32; 5]; 10] = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
];

/// Krippendorff: four observers, twelve units; 0 where none.
const OBSERVERS: [[u8; 12]; 4] = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
];

pub(super) fn rows() -> anyhow::Result<Vec<ReferenceRow>> {
    let mut rows = Vec::new();
    let mut add = |statistic, source, published: &'static str, here: f64| {
        let printed: f64 = published.parse().unwrap_or(f64::NAN);
        rows.push(ReferenceRow {
            statistic,
            source,
            published,
            here,
            difference: (here - printed).abs(),
        });
    };
    intraclass(&mut add)?;
    limits(&mut add)?;
    kappas(&mut add)?;
    counts(&mut add)?;
    Ok(rows)
}

type Add<'a> = &'a mut dyn FnMut(&'static str, &'static str, &'static str, f64);

fn intraclass(add: Add<'_>) -> anyhow::Result<()> {
    let source = "Shrout, Fleiss 1979";
    let ratings = Ratings::new(6, 4, JUDGES.to_vec())?;
    let options = IccOptions {
        agreement_interval: howship_stats::AgreementInterval::McGrawWong,
        ..IccOptions::default()
    };
    let table = icc(&ratings, &options)?;
    let published = [
        ("0.1657417684", "-0.13293232487", "0.7225600623"),
        ("0.2897637795", "0.01878651337", "0.7610843696"),
        ("0.7148407148", "0.34246476503", "0.9458582600"),
        ("0.4427971337", "-0.88444215524", "0.9124154203"),
        ("0.6200505476", "0.07113681530", "0.9272320402"),
        ("0.9093155424", "0.67567471382", "0.9858916782"),
    ];
    for (form, (value, low, high)) in IccForm::ALL.into_iter().zip(published) {
        let Some(found) = table.get(form) else {
            continue;
        };
        add(form.name(), source, value, found.value);
        if let Some(interval) = found.normal {
            add("  lower limit", source, low, interval.lower);
            add("  upper limit", source, high, interval.upper);
        }
    }
    let error = measurement_error(&ratings, &MeasurementErrorOptions::default())?;
    for (name, scope, published) in [
        ("SEM, agreement", ReaderScope::Any, "2.502776"),
        ("SEM, consistency", ReaderScope::Fixed, "1.009675"),
    ] {
        if let Some(found) = error.standard_error(scope, 1.0) {
            add(name, source, published, found.value);
        }
    }
    Ok(())
}

fn limits(add: Add<'_>) -> anyhow::Result<()> {
    let source = "Bland, Altman 1986";
    let pairs: Vec<(f64, f64)> = WRIGHT.into_iter().zip(MINI).collect();
    let found = bland_altman(&pairs, &BlandAltmanOptions::default())?;
    add("mean difference", source, "-2.117647", found.bias.value);
    add("SD of differences", source, "38.765130", found.sd.value);
    add(
        "lower limit of agreement",
        source,
        "-78.0973",
        found.lower.value,
    );
    add(
        "upper limit of agreement",
        source,
        "73.8620",
        found.upper.value,
    );
    let exact = found.upper.exact;
    add("  exact interval, lower", source, "48.86", exact.lower);
    add("  exact interval, upper", source, "119.93", exact.upper);
    Ok(())
}

fn kappas(add: Add<'_>) -> anyhow::Result<()> {
    let source = "Cohen 1968";
    let counts = [88.0, 14.0, 18.0, 10.0, 40.0, 10.0, 2.0, 6.0, 12.0];
    let table = Crosstab::new(vec![1.0, 2.0, 3.0], counts.to_vec())?;
    let cohen = KappaWeights::Disagreement(vec![0.0, 1.0, 3.0, 1.0, 0.0, 6.0, 3.0, 6.0, 0.0]);
    for (name, weights, value, se) in [
        ("kappa", KappaWeights::Unweighted, "0.491525", "0.051002"),
        ("kappa, Cohen's weights", cohen, "0.347826", "0.075504"),
        (
            "kappa, linear weights",
            KappaWeights::Linear,
            "0.473684",
            "0.054432",
        ),
        (
            "kappa, quadratic weights",
            KappaWeights::Quadratic,
            "0.454545",
            "0.066454",
        ),
    ] {
        let found = cohen_kappa(&table, &weights, 0.95)?;
        add(name, source, value, found.value);
        add("  standard error", source, se, found.standard_error);
    }
    let counts: Vec<Vec<u32>> = FLEISS.iter().map(|row| row.to_vec()).collect();
    let found = fleiss_kappa(&counts, 0.95, &BootstrapOptions::default())?;
    add("Fleiss' kappa", "Fleiss 1971", "0.209931", found.value);
    let mut units = Vec::new();
    for unit in 0..12 {
        units.extend(OBSERVERS.iter().map(|observer| match observer[unit] {
            0 => f64::NAN,
            grade => f64::from(grade),
        }));
    }
    let ratings = Ratings::new(12, 4, units)?;
    for (name, scale, published) in [
        ("alpha, nominal", Scale::Nominal, "0.743421"),
        ("alpha, ordinal", Scale::Ordinal, "0.815388"),
        ("alpha, interval", Scale::Interval, "0.849107"),
        ("alpha, ratio", Scale::Ratio, "0.797403"),
    ] {
        let draws = BootstrapOptions::default();
        let found = krippendorff_alpha(&ratings, scale, None, 0.95, &draws)?;
        add(name, "Krippendorff", published, found.value);
    }
    Ok(())
}

fn counts(add: Add<'_>) -> anyhow::Result<()> {
    let source = "Østergaard 2005";
    for (name, more, less, published) in [
        ("sign test, erosion 12/2", 12, 2, "0.01294"),
        ("sign test, oedema 1/9", 1, 9, "0.02148"),
        ("sign test, Sharp total 13/4", 13, 4, "0.04904"),
    ] {
        add(name, source, published, sign_test(more, less));
    }
    let found = clopper_pearson(13, 122, 0.95)?;
    let source = "Ideguchi 2006";
    add("repair 13/122, lower limit", source, "0.058", found.lower);
    add("  upper limit", source, "0.175", found.upper);
    Ok(())
}
