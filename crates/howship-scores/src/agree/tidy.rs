use super::report::{
    AgreeReport, BootstrapInterval, JointAgreement, KappaResult, PairLimits, PatientAgreement,
    Quantity, Raters,
};
use crate::{Tidy, TidyCell};
use howship_stats::{Ends, Interval, ReaderScope, Scale};

const COLUMNS: [&str; 20] = [
    "level",
    "quantity",
    "from",
    "to",
    "feature",
    "raters",
    "names",
    "first",
    "second",
    "patients",
    "joints",
    "statistic",
    "readers_averaged",
    "detection_level",
    "value",
    "lower",
    "upper",
    "sides",
    "confidence",
    "interval",
];

/// In place of an interval.
const NO_SPREAD: &str = "none: no resampled patient changes it";

/// What one number is.
#[derive(Clone, Copy)]
struct Number<'a> {
    statistic: &'a str,
    readers: Option<f64>,
    level: Option<f64>,
    value: f64,
    interval: Option<Interval>,
    ends: Ends,
    method: &'a str,
}

impl<'a> Number<'a> {
    fn new(statistic: &'a str, value: f64, interval: Option<Interval>, method: &'a str) -> Self {
        Self {
            statistic,
            readers: None,
            level: None,
            value,
            interval,
            ends: Ends::Both,
            method,
        }
    }
}

/// The table in the making, with the confidence of all its intervals.
struct Rows {
    tidy: Tidy,
    confidence: f64,
}

impl AgreeReport {
    /// A row per number. A one-sided lower bound has no upper end.
    #[must_use]
    pub fn tidy(&self) -> Tidy {
        let mut rows = Rows {
            tidy: Tidy::new(&COLUMNS),
            confidence: self.confidence,
        };
        for agreement in &self.patients {
            patient(&mut rows, agreement);
        }
        for agreement in &self.joints {
            joint(&mut rows, agreement);
        }
        for found in &self.over_visits {
            let mut row: Vec<TidyCell> = vec!["patient".into(), "all visits".into()];
            row.extend([
                TidyCell::Empty,
                TidyCell::Empty,
                found.feature.as_str().into(),
            ]);
            row.extend(["between".into(), TidyCell::Empty]);
            row.extend([found.first.as_str().into(), found.second.as_str().into()]);
            row.extend([found.concordance.subjects.into(), TidyCell::Empty]);
            let c = &found.concordance;
            let method = "patient bootstrap, percentile";
            let number = Number::new("concordance-repeated", c.value, c.interval, method);
            push(&mut rows, &row, &number);
        }
        for found in &self.drift {
            let mut row: Vec<TidyCell> = vec!["patient".into(), "all visits".into()];
            row.extend([
                TidyCell::Empty,
                TidyCell::Empty,
                found.feature.as_str().into(),
            ]);
            row.extend(["drift".into(), found.reader.as_str().into()]);
            row.extend([
                TidyCell::Empty,
                TidyCell::Empty,
                TidyCell::Empty,
                TidyCell::Empty,
            ]);
            let slope = found.slope;
            let number = Number::new(
                found.over.word(),
                slope.value,
                Some(slope.interval),
                "HC3 t",
            );
            push(&mut rows, &row, &number);
        }
        rows.tidy
    }
}

fn prefix(level: &str, quantity: &Quantity, feature: &str, raters: &Raters) -> Vec<TidyCell> {
    let (kind, from, to) = match quantity {
        Quantity::Status { visit } => ("status", visit.as_str(), ""),
        Quantity::Change { from, to } => ("change", from.as_str(), to.as_str()),
    };
    let (who, names) = match raters {
        Raters::Between { readers } => ("between", readers.join(" ")),
        Raters::Within { reader, .. } => ("within", reader.clone()),
        Raters::Pooled { readers } => ("within, pooled", readers.join(" ")),
    };
    let text = |s: &str| {
        if s.is_empty() {
            TidyCell::Empty
        } else {
            s.into()
        }
    };
    vec![
        level.into(),
        kind.into(),
        text(from),
        text(to),
        feature.into(),
        who.into(),
        names.into(),
    ]
}

fn push(rows: &mut Rows, prefix: &[TidyCell], number: &Number<'_>) {
    let mut row = prefix.to_vec();
    let (upper, sides) = match (number.interval, number.ends) {
        (None, _) => (None, TidyCell::Empty),
        (Some(interval), Ends::Both) => (Some(interval.upper), "both".into()),
        (Some(_), Ends::Lower) => (None, "lower".into()),
    };
    let confidence = number.interval.map(|_| rows.confidence);
    row.extend([
        number.statistic.into(),
        number.readers.map_or(TidyCell::Empty, TidyCell::from),
        number.level.into(),
        number.value.into(),
        number.interval.map(|i| i.lower).into(),
        upper.into(),
        sides,
        confidence.into(),
        number.method.into(),
    ]);
    rows.tidy.push(row);
}

fn bootstrap(rows: &mut Rows, prefix: &[TidyCell], found: &BootstrapInterval) {
    let name = found.statistic.as_str();
    let percentile = found.percentile;
    let method = match percentile {
        Some(_) => "patient bootstrap, percentile",
        None => NO_SPREAD,
    };
    push(
        rows,
        prefix,
        &Number::new(name, found.value, percentile, method),
    );
    if found.bca.is_some() {
        push(
            rows,
            prefix,
            &Number::new(name, found.value, found.bca, "patient bootstrap, BCa"),
        );
    }
}

/// Which distribution an interval comes from.
#[derive(Clone, Copy)]
enum Family {
    F,
    ChiSquare,
    Generalized,
}

impl Family {
    /// Names of the kurtosis-adjusted interval and of that of normal scores.
    fn methods(self) -> [&'static str; 2] {
        match self {
            Self::F => ["kurtosis-adjusted F", "normal scores, exact F"],
            Self::ChiSquare => [
                "kurtosis-adjusted chi-square",
                "normal scores, exact chi-square",
            ],
            Self::Generalized => [
                "kurtosis-adjusted generalized",
                "normal scores, generalized",
            ],
        }
    }
}

/// A number with the interval to report, then with that of normal scores.
fn both(
    rows: &mut Rows,
    prefix: &[TidyCell],
    number: Number<'_>,
    (family, ends): (Family, Ends),
    intervals: [Option<Interval>; 2],
) {
    let sides = [ends, Ends::Both];
    for ((method, interval), ends) in family.methods().into_iter().zip(intervals).zip(sides) {
        let number = Number {
            interval,
            ends,
            method,
            ..number
        };
        push(rows, prefix, &number);
    }
}

fn patient(rows: &mut Rows, a: &PatientAgreement) {
    let mut prefix = prefix("patient", &a.quantity, &a.feature, &a.raters);
    prefix.extend([
        TidyCell::Empty,
        TidyCell::Empty,
        a.patients.into(),
        TidyCell::Empty,
    ]);
    let forms = a.icc.iter();
    for (form, ends) in forms.flat_map(|table| table.forms.iter().map(|form| (form, table.ends))) {
        let name = form.form.name();
        let family = match name {
            "ICC(A,1)" | "ICC(A,k)" => Family::Generalized,
            _ => Family::F,
        };
        let mean = name.ends_with("k)");
        let number = Number {
            readers: a.icc.as_ref().filter(|_| mean).map(|t| t.mean_of),
            ..Number::new(name, form.value, None, "")
        };
        let intervals = [form.interval, form.normal];
        both(rows, &prefix, number, (family, ends), intervals);
        if let Some(interval) = form.satterthwaite {
            let method = "normal scores, Satterthwaite (Shrout, Fleiss)";
            let number = Number {
                interval: Some(interval),
                method,
                ..number
            };
            push(rows, &prefix, &number);
        }
    }
    for d in &a.detectable {
        let (who, family) = match d.scope {
            ReaderScope::Fixed => ("fixed", Family::ChiSquare),
            ReaderScope::Any => ("any", Family::Generalized),
        };
        let what = if a.quantity.is_change() { "sdc" } else { "sdd" };
        let statistic = format!("{what}-{who}");
        let number = Number {
            readers: Some(d.readers),
            level: Some(d.level),
            ..Number::new(&statistic, d.size.value, None, "")
        };
        let intervals = [Some(d.size.interval), Some(d.normal)];
        both(rows, &prefix, number, (family, Ends::Both), intervals);
    }
    for g in &a.generalisability {
        for (name, estimate, normal, family) in [
            ("G", g.relative, g.relative_normal, Family::F),
            ("Phi", g.absolute, g.absolute_normal, Family::Generalized),
        ] {
            let number = Number {
                readers: Some(g.raters as f64),
                ..Number::new(name, estimate.value, None, "")
            };
            let intervals = [Some(estimate.interval), Some(normal)];
            both(rows, &prefix, number, (family, g.ends), intervals);
        }
    }
    if let Some(by_size) = &a.by_size {
        let slope = by_size.sd.slope;
        for (name, value, interval) in [
            ("sd-by-size-intercept", by_size.sd.intercept, None),
            ("sd-by-size-slope", slope.value, Some(slope.interval)),
        ] {
            push(rows, &prefix, &Number::new(name, value, interval, "HC3 t"));
        }
    }
    for pair in &a.limits {
        let mut prefix = prefix.clone();
        prefix[7] = pair.first.as_str().into();
        prefix[8] = pair.second.as_str().into();
        prefix[9] = pair.limits.pairs.into();
        let l = &pair.limits;
        for (name, value, interval, method) in [
            ("bias", l.bias.value, l.bias.interval, "t"),
            (
                "sd-of-differences",
                l.sd.value,
                l.sd.interval,
                "exact chi-square",
            ),
            (
                "limit-lower",
                l.lower.value,
                l.lower.exact,
                "exact noncentral t",
            ),
            (
                "limit-upper",
                l.upper.value,
                l.upper.exact,
                "exact noncentral t",
            ),
        ] {
            push(
                rows,
                &prefix,
                &Number::new(name, value, Some(interval), method),
            );
        }
        beside_limits(rows, &prefix, pair);
    }
    for found in &a.bootstrap {
        bootstrap(rows, &prefix, found);
    }
}

/// Beside the limits of two raters: those of their single readings, those that change with the size, concordance.
fn beside_limits(rows: &mut Rows, prefix: &[TidyCell], pair: &PairLimits) {
    if let Some(c) = &pair.concordance {
        let number = Number::new("concordance", c.value, Some(c.interval), "Lin, Fisher's z");
        push(rows, prefix, &number);
    }
    if let Some(single) = &pair.single {
        let method = "single readings (Bland, Altman 1999, 5.1)";
        for (name, limit) in [
            ("limit-lower-single", single.lower),
            ("limit-upper-single", single.upper),
        ] {
            push(
                rows,
                prefix,
                &Number::new(name, limit.value, Some(limit.interval), method),
            );
        }
        push(
            rows,
            prefix,
            &Number::new("sd-of-differences-single", single.sd, None, method),
        );
    }
    if let Some(by_size) = &pair.by_size {
        let slope = by_size.bias.slope;
        for (name, value, interval) in [
            ("bias-by-size-intercept", by_size.bias.intercept, None),
            ("bias-by-size-slope", slope.value, Some(slope.interval)),
            ("limit-sd-by-size-intercept", by_size.sd.intercept, None),
            (
                "limit-sd-by-size-slope",
                by_size.sd.slope.value,
                Some(by_size.sd.slope.interval),
            ),
        ] {
            push(rows, prefix, &Number::new(name, value, interval, "HC3 t"));
        }
    }
}

fn kappas(rows: &mut Rows, prefix: &[TidyCell], what: &str, kappas: &[KappaResult]) {
    for k in kappas {
        let name = format!("{what}kappa-{}", k.weights);
        push(
            rows,
            prefix,
            &Number::new(
                &name,
                k.kappa.value,
                Some(k.kappa.interval).filter(|_| k.kappa.standard_error > 0.0),
                match k.kappa.standard_error > 0.0 {
                    true => "Fleiss-Cohen-Everitt, joints as independent",
                    false => "none: its standard error is 0",
                },
            ),
        );
        if let Some(found) = &k.bootstrap {
            let found = BootstrapInterval {
                statistic: name,
                ..found.clone()
            };
            bootstrap(rows, prefix, &found);
        }
    }
}

fn joint(rows: &mut Rows, a: &JointAgreement) {
    let mut prefix = prefix("joint", &a.quantity, &a.feature, &a.raters);
    let text = |s: &str| {
        if s.is_empty() {
            TidyCell::Empty
        } else {
            s.into()
        }
    };
    prefix.extend([
        text(&a.first),
        text(&a.second),
        a.patients.into(),
        a.joints.into(),
    ]);
    for found in [&a.exact, &a.within_one].into_iter().flatten() {
        bootstrap(rows, &prefix, found);
    }
    for found in &a.gwet {
        bootstrap(rows, &prefix, found);
    }
    kappas(rows, &prefix, "", &a.kappas);
    if let Some(sign) = &a.sign {
        kappas(rows, &prefix, "sign-", &sign.kappas);
        for found in [&sign.negative, &sign.unchanged, &sign.positive]
            .into_iter()
            .flatten()
        {
            bootstrap(rows, &prefix, found);
        }
    }
    if let Some(all) = &a.all {
        if let Some(f) = &all.fleiss {
            let number = Number::new(
                "fleiss-kappa",
                f.value,
                f.interval,
                "joint bootstrap, percentile",
            );
            push(rows, &prefix, &number);
        }
        if let Some(g) = &all.gwet {
            let method = "Gwet, joints as independent";
            let number = Number::new("gwet-ac1-all", g.value, Some(g.interval), method);
            push(rows, &prefix, &number);
        }
        for k in all.krippendorff.iter().chain(&all.other_scales) {
            let name = match k.scale {
                Scale::Nominal => "krippendorff-alpha-nominal",
                Scale::Ordinal => "krippendorff-alpha-ordinal",
                Scale::Interval => "krippendorff-alpha-interval",
                Scale::Ratio => "krippendorff-alpha-ratio",
            };
            let number = Number::new(name, k.value, k.interval, "patient bootstrap, percentile");
            push(rows, &prefix, &number);
        }
    }
}
