//! Published numbers and numbers of other programs, to their printed digits.

use howship_stats::{
    AgreementInterval, BlandAltmanOptions, BootstrapOptions, Crosstab, IccForm, IccOptions,
    KappaWeights, MeasurementErrorOptions, Ratings, ReaderScope, Scale, bland_altman,
    clopper_pearson, cohen_kappa, fleiss_kappa, generalisability, icc, krippendorff_alpha,
    measurement_error, repeatability, replicate_limits, sign_test,
};

fn close(got: f64, want: f64, tolerance: f64, what: &str) {
    assert!(
        (got - want).abs() <= tolerance,
        "{what}: {got}, expected {want}"
    );
}

/// Shrout and Fleiss, Psychol Bull 1979, table 2.
fn shrout_fleiss() -> Ratings {
    let scores = [
        9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7,
    ];
    Ratings::new(6, 4, scores.map(f64::from).to_vec()).unwrap()
}

#[test]
fn six_iccs_of_shrout_and_fleiss() {
    let options = IccOptions {
        agreement_interval: AgreementInterval::McGrawWong,
        ..IccOptions::default()
    };
    let table = icc(&shrout_fleiss(), &options).unwrap();
    // Intervals: R 4.2.2, psych 2.2.9, ICC(lmer = FALSE).
    let want = [
        (
            IccForm::OneWay,
            0.165_741_768_4,
            -0.132_932_324_87,
            0.722_560_062_3,
        ),
        (
            IccForm::Agreement,
            0.289_763_779_5,
            0.018_786_513_37,
            0.761_084_369_6,
        ),
        (
            IccForm::Consistency,
            0.714_840_714_8,
            0.342_464_765_03,
            0.945_858_260_0,
        ),
        (
            IccForm::OneWayMean,
            0.442_797_133_7,
            -0.884_442_155_24,
            0.912_415_420_3,
        ),
        (
            IccForm::AgreementMean,
            0.620_050_547_6,
            0.071_136_815_30,
            0.927_232_040_2,
        ),
        (
            IccForm::ConsistencyMean,
            0.909_315_542_4,
            0.675_674_713_82,
            0.985_891_678_2,
        ),
    ];
    for (form, value, lower, upper) in want {
        let got = table.get(form).unwrap();
        let interval = got.normal.unwrap();
        close(got.value, value, 1e-8, form.name());
        close(interval.lower, lower, 1e-8, form.name());
        close(interval.upper, upper, 1e-8, form.name());
        // The printed interval of absolute agreement stands beside the others whatever is asked for.
        let beside = icc(&shrout_fleiss(), &IccOptions::default()).unwrap();
        let beside = beside.get(form).unwrap();
        match form {
            IccForm::Agreement | IccForm::AgreementMean => {
                assert_eq!(beside.satterthwaite, Some(interval));
            }
            _ => assert_eq!(
                (beside.satterthwaite, beside.normal),
                (None, Some(interval))
            ),
        }
    }
}

#[test]
fn error_of_measurement_of_shrout_and_fleiss() {
    let error = measurement_error(&shrout_fleiss(), &MeasurementErrorOptions::default()).unwrap();
    let standard = |scope| error.standard_error(scope, 1.0).unwrap().value;
    close(
        standard(ReaderScope::Any),
        2.502_776,
        5e-7,
        "SEM, agreement",
    );
    close(
        standard(ReaderScope::Fixed),
        1.009_675,
        5e-7,
        "SEM, consistency",
    );
    // 1.96 in print, 1.959964 here.
    let detectable = |scope| {
        let sdd = error.smallest_detectable_difference(scope, 1.0, 0.95);
        sdd.unwrap().unwrap().value * 1.96 / 1.959_963_984_540_054
    };
    close(
        detectable(ReaderScope::Any),
        6.937_342,
        5e-7,
        "SDD, agreement",
    );
    close(
        detectable(ReaderScope::Fixed),
        2.798_677,
        5e-7,
        "SDD, consistency",
    );
    let sdc80 = error.smallest_detectable_change(ReaderScope::Fixed, 4.0, 0.80);
    close(
        sdc80.unwrap().unwrap().value,
        1.281_552 * 1.009_675 / 2.0,
        1e-6,
        "SDC80",
    );
}

#[test]
fn generalisability_of_shrout_and_fleiss() {
    let table = generalisability(
        &shrout_fleiss(),
        &[1, 2, 4],
        &MeasurementErrorOptions::default(),
    );
    let table = table.unwrap();
    for (row, (g, phi)) in table
        .iter()
        .zip([(0.7148, 0.2898), (0.8337, 0.4493), (0.9093, 0.6201)])
    {
        close(row.relative.value, g, 5e-5, "G");
        close(row.absolute.value, phi, 5e-5, "Phi");
        assert!(row.relative.interval.contains(g) && row.absolute.interval.contains(phi));
        assert!(row.relative_normal.contains(g) && row.absolute_normal.contains(phi));
    }
}

const WRIGHT: [[f64; 17]; 2] = [
    [
        494.0, 395.0, 516.0, 434.0, 476.0, 557.0, 413.0, 442.0, 650.0, 433.0, 417.0, 656.0, 267.0,
        478.0, 178.0, 423.0, 427.0,
    ],
    [
        490.0, 397.0, 512.0, 401.0, 470.0, 611.0, 415.0, 431.0, 638.0, 429.0, 420.0, 633.0, 275.0,
        492.0, 165.0, 372.0, 421.0,
    ],
];
const MINI: [[f64; 17]; 2] = [
    [
        512.0, 430.0, 520.0, 428.0, 500.0, 600.0, 364.0, 380.0, 658.0, 445.0, 432.0, 626.0, 260.0,
        477.0, 259.0, 350.0, 451.0,
    ],
    [
        525.0, 415.0, 508.0, 444.0, 500.0, 625.0, 460.0, 390.0, 642.0, 432.0, 420.0, 605.0, 227.0,
        467.0, 268.0, 370.0, 443.0,
    ],
];

/// Bland and Altman, Lancet 1986: peak expiratory flow, first readings.
#[test]
fn limits_of_agreement_of_peak_flow() {
    let pairs: Vec<(f64, f64)> = WRIGHT[0].into_iter().zip(MINI[0]).collect();
    let result = bland_altman(&pairs, &BlandAltmanOptions::default()).unwrap();
    close(result.bias.value, -2.117_647, 5e-7, "bias");
    close(result.sd.value, 38.765_130, 5e-7, "SD");
    close(result.bias_standard_error, 9.401_925, 5e-7, "SE of bias");
    close(result.bias.interval.lower, -22.0488, 5e-5, "bias");
    close(result.bias.interval.upper, 17.8135, 5e-5, "bias");
    close(result.lower.value, -78.0973, 5e-5, "lower limit");
    close(result.upper.value, 73.8620, 5e-5, "upper limit");
    let ends = [
        (result.upper.exact, 48.86, 119.93),
        // Ends of the lower limit mirror those of the upper one about the bias.
        (result.lower.exact, -124.16, -53.096),
        (result.upper.mover, 47.11, 117.59),
        (result.lower.mover, -121.826, -51.346),
        (result.lower.approximate_1999, -112.85, -43.34),
        (result.upper.approximate_1999, 39.11, 108.62),
    ];
    for (interval, lower, upper) in ends {
        close(interval.lower, lower, 5e-3, "interval of a limit");
        close(interval.upper, upper, 5e-3, "interval of a limit");
    }
    let options = BlandAltmanOptions {
        multiple: 2.0,
        ..BlandAltmanOptions::default()
    };
    let result = bland_altman(&pairs, &options).unwrap();
    close(result.lower.value, -79.6479, 5e-5, "lower limit, 2 SD");
    close(result.upper.value, 75.4126, 5e-5, "upper limit, 2 SD");
    let (lower, upper) = (result.lower.approximate_1986, result.upper.approximate_1986);
    close(lower.lower, -114.17, 5e-3, "1986");
    close(lower.upper, -45.13, 5e-3, "1986");
    close(upper.lower, 40.89, 5e-3, "1986");
    close(upper.upper, 109.93, 5e-3, "1986");
}

#[test]
fn repeatability_of_peak_flow() {
    let replicates = |m: &[[f64; 17]; 2]| -> Vec<Vec<f64>> {
        m[0].iter().zip(m[1]).map(|(a, b)| vec![*a, b]).collect()
    };
    let wright = repeatability(&replicates(&WRIGHT), 0.95).unwrap();
    let mini = repeatability(&replicates(&MINI), 0.95).unwrap();
    close(wright.within_sd.value, 15.3067, 5e-5, "Wright");
    close(mini.within_sd.value, 19.9108, 5e-5, "mini Wright");
    close(wright.coefficient.value, 42.428, 1e-3, "Wright");
    close(mini.coefficient.value, 55.190, 1.1e-3, "mini Wright");
    let limits = replicate_limits(
        &replicates(&WRIGHT),
        &replicates(&MINI),
        &BlandAltmanOptions::default(),
    );
    let limits = limits.unwrap();
    close(limits.bias.value, -6.0294, 5e-5, "bias of means");
    close(limits.sd_of_means, 33.2041, 5e-5, "SD of means");
    close(limits.sd, 37.6548, 5e-5, "corrected SD");
    assert!(limits.lower.interval.contains(-6.0294 - 1.96 * 37.6548));
}

#[test]
fn iccs_of_peak_flow() {
    let values = WRIGHT[0].iter().zip(MINI[0]).flat_map(|(a, b)| [*a, b]);
    let ratings = Ratings::new(17, 2, values.collect()).unwrap();
    let table = icc(&ratings, &IccOptions::default()).unwrap();
    close(
        table.get(IccForm::OneWay).unwrap().value,
        0.946_015,
        5e-7,
        "ICC(1,1)",
    );
    close(
        table.get(IccForm::Agreement).unwrap().value,
        0.945_928,
        5e-7,
        "ICC(A,1)",
    );
    close(
        table.get(IccForm::Consistency).unwrap().value,
        0.942_913,
        5e-7,
        "ICC(C,1)",
    );
}

fn cohen_table() -> Crosstab {
    let counts = [88, 14, 18, 10, 40, 10, 2, 6, 12].map(f64::from);
    Crosstab::new(vec![0.0, 1.0, 2.0], counts.to_vec()).unwrap()
}

/// Cohen 1968; standard errors of Fleiss, Cohen, Everitt 1969 as statsmodels gives them.
#[test]
fn weighted_kappas() {
    let disagreement = [0, 1, 3, 1, 0, 6, 3, 6, 0].map(f64::from).to_vec();
    let want = [
        (KappaWeights::Unweighted, 0.491_525, 0.051_002),
        (
            KappaWeights::Disagreement(disagreement.clone()),
            0.347_826,
            0.075_504,
        ),
        (KappaWeights::Linear, 0.473_684, 0.054_432),
        (KappaWeights::Quadratic, 0.454_545, 0.066_454),
    ];
    for (weights, value, se) in want {
        let kappa = cohen_kappa(&cohen_table(), &weights, 0.95).unwrap();
        close(kappa.value, value, 5e-7, "kappa");
        close(kappa.standard_error, se, 5e-7, "its standard error");
    }
    let weighted = KappaWeights::Disagreement(disagreement.clone());
    let kappa = cohen_kappa(&cohen_table(), &weighted, 0.95).unwrap();
    close(
        kappa.null_standard_error,
        0.059_720,
        5e-7,
        "null standard error",
    );
    close(kappa.interval.lower, 0.1998, 5e-5, "interval");
    close(kappa.interval.upper, 0.4958, 5e-5, "interval");
    let scaled = KappaWeights::Disagreement(disagreement.iter().map(|w| w * 7.0).collect());
    let again = cohen_kappa(&cohen_table(), &scaled, 0.95).unwrap();
    close(
        again.standard_error,
        kappa.standard_error,
        1e-14,
        "scale of weights",
    );
}

#[test]
fn fleiss_kappa_of_fourteen_raters() {
    let counts = [
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
    let counts: Vec<Vec<u32>> = counts.iter().map(|r| r.to_vec()).collect();
    let kappa = fleiss_kappa(&counts, 0.95, &BootstrapOptions::default()).unwrap();
    close(kappa.value, 0.209_931, 5e-7, "Fleiss' kappa");
    assert!(kappa.interval.unwrap().contains(kappa.value));
}

#[test]
fn krippendorff_alpha_on_four_scales() {
    const N: f64 = f64::NAN;
    let observers = [
        [1.0, 2.0, 3.0, 3.0, 2.0, 1.0, 4.0, 1.0, 2.0, N, N, N],
        [1.0, 2.0, 3.0, 3.0, 2.0, 2.0, 4.0, 1.0, 2.0, 5.0, N, 3.0],
        [N, 3.0, 3.0, 3.0, 2.0, 3.0, 4.0, 2.0, 2.0, 5.0, 1.0, N],
        [1.0, 2.0, 3.0, 3.0, 2.0, 4.0, 4.0, 1.0, 2.0, 5.0, 1.0, N],
    ];
    let values = (0..12).flat_map(|unit| observers.map(|o| o[unit]));
    let ratings = Ratings::new(12, 4, values.collect()).unwrap();
    let want = [
        (Scale::Nominal, 0.743_421),
        (Scale::Ordinal, 0.815_388),
        (Scale::Interval, 0.849_107),
        (Scale::Ratio, 0.797_403),
    ];
    for (scale, value) in want {
        let alpha =
            krippendorff_alpha(&ratings, scale, None, 0.95, &BootstrapOptions::default()).unwrap();
        close(alpha.value, value, 5e-7, "alpha");
        assert!(alpha.interval.unwrap().contains(value));
        assert_eq!((alpha.units, alpha.ratings), (11, 40));
    }
}

/// Østergaard et al., Ann Rheum Dis 2005, table 1: increased and decreased of 17 patients.
#[test]
fn sign_tests_of_a_trial() {
    let want = [
        (12, 2, 0.01294),
        (10, 3, 0.09229),
        (1, 9, 0.02148),
        (4, 9, 0.26685),
        (13, 4, 0.04904),
        (11, 2, 0.02246),
        (9, 6, 0.60724),
    ];
    for (up, down, p) in want {
        close(sign_test(up, down), p, 5e-6, "sign test");
    }
    assert_eq!(sign_test(0, 0), 1.0);
    assert_eq!(sign_test(5, 5), 1.0);
}

/// Shares of patients and joints with repair in published cohorts, percent.
#[test]
fn exact_intervals_of_repair() {
    let want = [
        (13, 122, 5.8, 17.5, 0.05),
        (18, 250, 4.3, 11.1, 0.05),
        (17, 320, 3.1, 8.4, 0.05),
        (7, 320, 0.9, 4.5, 0.05),
        (10, 320, 1.5, 5.7, 0.05),
        (22, 60, 24.6, 50.1, 0.05),
        (12, 7255, 0.085, 0.289, 0.0005),
    ];
    for (successes, trials, lower, upper, tolerance) in want {
        let interval = clopper_pearson(successes, trials, 0.95).unwrap();
        close(100.0 * interval.lower, lower, tolerance, "Clopper-Pearson");
        close(100.0 * interval.upper, upper, tolerance, "Clopper-Pearson");
    }
    assert_eq!(clopper_pearson(0, 5, 0.95).unwrap().lower, 0.0);
    assert_eq!(clopper_pearson(5, 5, 0.95).unwrap().upper, 1.0);
    assert!(clopper_pearson(0, 0, 0.95).is_err() && clopper_pearson(2, 1, 0.95).is_err());
}
