//! A scheme's TOML, read and checked against itself.

use super::{Asked, Feature, Grade, HigherIs, Measures, Scheme, Sides, Site, SiteRange};
use crate::suggest::did_you_mean;
use crate::{Error, Reason};
use howship_change::anatomy;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

const SITES: &str = include_str!("../../schemes/sites.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScheme {
    id: String,
    name: String,
    #[serde(default)]
    family: Option<String>,
    #[serde(default)]
    variant: String,
    #[serde(default)]
    aliases: Vec<String>,
    source: String,
    #[serde(default)]
    unconfirmed: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(default)]
    missing: String,
    #[serde(default)]
    measures: Measures,
    #[serde(default)]
    higher_is: HigherIs,
    #[serde(default)]
    change_may_be_negative: Option<bool>,
    #[serde(default)]
    sides: Sides,
    #[serde(default)]
    asked: Asked,
    #[serde(default = "yes")]
    total: bool,
    #[serde(default)]
    primary: Option<String>,
    #[serde(default)]
    maxima: BTreeMap<String, f64>,
    #[serde(default)]
    normalised: BTreeMap<String, f64>,
    feature: Vec<RawFeature>,
    score: Vec<RawScore>,
    #[serde(default)]
    site: Vec<RawSite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFeature {
    code: String,
    title: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    grades: Vec<RawGrade>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrade {
    grade: f64,
    means: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScore {
    feature: String,
    sites: Vec<String>,
    #[serde(default)]
    min: f64,
    max: f64,
    #[serde(default = "one")]
    step: f64,
    #[serde(default = "one")]
    weight: f64,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawSite {
    code: String,
    title: Option<String>,
    #[serde(default)]
    region: String,
    #[serde(default)]
    aliases: Vec<String>,
}

#[derive(Deserialize)]
struct RawCatalogue {
    site: Vec<RawSite>,
}

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

impl Scheme {
    /// Reads a scheme. Sites that Howship's catalogue does not hold need a `[[site]]` each; stated maxima must be
    /// what the sites add up to.
    ///
    /// # Errors
    /// The text is no scheme, or a scheme that contradicts itself; the message names what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let raw: RawScheme = toml::from_str(text).map_err(|e| Error::unread("scheme", &e))?;
        let id = raw.id.clone();
        build(raw).map_err(|reason| Error::Scheme { scheme: id, reason })
    }

    /// Reads a scheme from a file.
    ///
    /// # Errors
    /// As [`Scheme::from_toml`], and where the file cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::Scheme {
            scheme: path.display().to_string(),
            reason: format!("the file cannot be read: {e}").into(),
        })?;
        Self::from_toml(&text)
    }
}

fn build(raw: RawScheme) -> Result<Scheme, Reason> {
    if raw.id.is_empty() || raw.id == "custom" {
        return Err((
            format!("`{}` cannot be the id of a scheme", raw.id),
            "choose another",
        )
            .into());
    }
    let mut features = read_features(&raw)?;
    let sites = read_sites(&raw, &features)?;
    let side_count = if raw.sides == Sides::Both { 2.0 } else { 1.0 };
    for (number, feature) in features.iter_mut().enumerate() {
        let ranges = sites.iter().flat_map(|s| &s.ranges);
        let here = ranges.filter(|r| r.feature == number);
        feature.max = side_count * here.map(|r| r.weight * r.max).sum::<f64>();
    }
    let max_total = if raw.total {
        features.iter().map(|f| f.max).sum()
    } else {
        0.0
    };
    let scheme = Scheme {
        family: raw.family.unwrap_or_else(|| raw.id.clone()),
        id: raw.id,
        name: raw.name,
        variant: raw.variant,
        aliases: raw.aliases,
        source: raw.source,
        unconfirmed: raw.unconfirmed,
        notes: raw.notes,
        missing: raw.missing,
        measures: raw.measures,
        higher_is: raw.higher_is,
        change_may_be_negative: raw.change_may_be_negative,
        sides: raw.sides,
        asked: raw.asked,
        total: raw.total,
        primary: raw.primary.unwrap_or_else(|| "total".into()),
        features,
        sites,
        max_total,
        max_site: raw.maxima.get("site").copied(),
    };
    check_maxima(&scheme, &raw.maxima)?;
    check_words(&scheme)?;
    Ok(scheme)
}

fn read_features(raw: &RawScheme) -> Result<Vec<Feature>, String> {
    for name in raw.normalised.keys() {
        if !raw.feature.iter().any(|f| f.code == *name) {
            return Err(format!("`normalised.{name}` names no feature"));
        }
    }
    let mut features: Vec<Feature> = Vec::new();
    for f in &raw.feature {
        let clash = features.iter().any(|g| g.code == f.code);
        if clash || f.code.is_empty() || f.code == "total" || f.code == "site" {
            return Err(format!(
                "`{}` cannot be the code of a feature: it is taken or empty",
                f.code
            ));
        }
        let normalised_to = raw.normalised.get(&f.code).copied();
        if normalised_to.is_some_and(|to| !(to > 0.0 && to.is_finite())) {
            return Err(format!("`normalised.{}` must be above 0", f.code));
        }
        features.push(Feature {
            code: f.code.clone(),
            title: f.title.clone().unwrap_or_else(|| f.code.clone()),
            aliases: f.aliases.clone(),
            grades: f
                .grades
                .iter()
                .map(|g| Grade {
                    grade: g.grade,
                    means: g.means.clone(),
                })
                .collect(),
            max: 0.0,
            normalised_to,
        });
    }
    Ok(features)
}

fn read_sites(raw: &RawScheme, features: &[Feature]) -> Result<Vec<Site>, Reason> {
    let catalogue: RawCatalogue =
        toml::from_str(SITES).map_err(|e| format!("the catalogue of sites is broken: {e}"))?;
    let mut sites: Vec<Site> = Vec::new();
    for score in &raw.score {
        let feature = features.iter().position(|f| f.code == score.feature);
        let feature = feature.ok_or_else(|| {
            let known = features.iter().map(|f| f.code.as_str());
            Reason {
                what: format!(
                    "a `[[score]]` names `{}`, which is no feature",
                    score.feature
                ),
                advice: did_you_mean(&score.feature, known),
            }
        })?;
        let range = SiteRange {
            feature,
            min: score.min,
            max: score.max,
            step: score.step,
            weight: score.weight,
        };
        check_range(&score.feature, &range)?;
        for code in &score.sites {
            let at = match sites.iter().position(|s| s.code == *code) {
                Some(at) => at,
                None => {
                    sites.push(find_site(code, raw, &catalogue)?);
                    sites.len() - 1
                }
            };
            if sites[at].ranges.iter().any(|r| r.feature == feature) {
                let reason = format!("site `{code}` has feature `{}` twice", score.feature);
                return Err(reason.into());
            }
            sites[at].ranges.push(range);
        }
    }
    Ok(sites)
}

fn find_site(code: &str, raw: &RawScheme, catalogue: &RawCatalogue) -> Result<Site, Reason> {
    let known = || raw.site.iter().chain(&catalogue.site);
    let found = known().find(|s| s.code == code).ok_or_else(|| {
        let near = did_you_mean(code, known().map(|s| s.code.as_str()));
        let near = near.map_or_else(String::new, |near| near + " If not, ");
        let reason = format!("site `{code}` is not in the catalogue");
        Reason::from((reason, format!("{near}define it in a `[[site]]`")))
    })?;
    Ok(Site {
        code: found.code.clone(),
        title: found.title.clone().unwrap_or_else(|| name_of(code)),
        region: found.region.clone(),
        aliases: found.aliases.clone(),
        ranges: Vec::new(),
    })
}

/// The name of a bone or joint in print; its code where anatomy knows neither.
fn name_of(code: &str) -> String {
    let joint = anatomy::joint(code).map(|j| j.title);
    let bone = || anatomy::bone(code).map(|b| b.title);
    joint.or_else(bone).unwrap_or(code).to_owned()
}

fn check_range(feature: &str, r: &SiteRange) -> Result<(), String> {
    let finite = [r.min, r.max, r.step, r.weight]
        .iter()
        .all(|x| x.is_finite());
    if !finite || r.max <= r.min || r.step < 0.0 || r.weight <= 0.0 {
        return Err(format!(
            "a `[[score]]` of `{feature}` needs min < max, step ≥ 0 and weight > 0, all finite"
        ));
    }
    if r.step > 0.0 {
        let grades = (r.max - r.min) / r.step;
        if (grades - grades.round()).abs() > 1e-9 {
            return Err(format!(
                "a `[[score]]` of `{feature}`: {} to {} is no whole number of steps of {}",
                r.min, r.max, r.step
            ));
        }
    }
    Ok(())
}

fn check_maxima(scheme: &Scheme, stated: &BTreeMap<String, f64>) -> Result<(), String> {
    let site_maxima = scheme.sites.iter().map(|site| {
        let weighed = site.ranges.iter().map(|r| r.weight * r.max);
        weighed.sum::<f64>()
    });
    let largest_site = site_maxima.fold(f64::NEG_INFINITY, f64::max);
    for (name, &maximum) in stated {
        let found = match name.as_str() {
            "total" if !scheme.total => {
                return Err("`maxima.total` is stated, yet `total = false`".into());
            }
            "total" => scheme.max_total,
            "site" => largest_site,
            _ => scheme
                .feature(name)
                .map(|f| f.max)
                .ok_or_else(|| format!("`maxima.{name}` names no feature"))?,
        };
        if !((found - maximum).abs() < 1e-9) {
            return Err(format!(
                "`maxima.{name}` says {maximum}, the sites add up to {found}"
            ));
        }
    }
    Ok(())
}

fn check_words(scheme: &Scheme) -> Result<(), String> {
    let primary = scheme.primary.as_str();
    let known = primary == "total" && scheme.total || scheme.feature(primary).is_some();
    if !known {
        return Err(format!(
            "`primary` is `{primary}`, which is neither a feature nor a total"
        ));
    }
    for (number, feature) in scheme.features.iter().enumerate() {
        let mut ranges = scheme.sites.iter().flat_map(|s| &s.ranges);
        if !ranges.any(|r| r.feature == number) {
            return Err(format!("feature `{}` is scored at no site", feature.code));
        }
    }
    let mut taken = HashSet::new();
    for site in &scheme.sites {
        for word in std::iter::once(&site.code).chain(&site.aliases) {
            let own = super::normal(word) == super::normal(&site.code);
            if word != &site.code && own {
                continue;
            }
            if !taken.insert((site.region.clone(), super::normal(word))) {
                return Err(format!(
                    "two sites of region `{}` answer to `{word}`",
                    site.region
                ));
            }
        }
    }
    Ok(())
}
