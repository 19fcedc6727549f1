//! From a table's words to a scheme's items.

use super::{Scheme, Sides};
use crate::suggest::offered;
use crate::{Reason, Side};
use std::collections::HashMap;

/// Letters and digits in upper case: `mcp-2`, `MCP 2` and `MCP2` are one word.
pub(crate) fn normal(word: &str) -> String {
    word.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Splits a side from the front of a site, as in `L.PIP3` or `right MCP2`.
pub(crate) fn take_side(site: &str) -> (Option<Side>, &str) {
    let Some((word, rest)) = site.split_once(['.', '_', ':', ' ', '-']) else {
        return (None, site);
    };
    match Side::parse(word) {
        Some(side) => (Some(side), rest.trim()),
        None => (None, site),
    }
}

/// A scheme's sites and features by every word they answer to, and its items by site, feature and side.
pub(crate) struct Lookup<'a> {
    scheme: &'a Scheme,
    /// Codes before aliases, so that a code wins where no region is given.
    sites: HashMap<String, Vec<usize>>,
    features: HashMap<String, usize>,
    /// `[site][feature]`: position of the first item of that pair, and how far its right side is from its left.
    items: Vec<Vec<Option<u32>>>,
    per_side: Vec<u32>,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(scheme: &'a Scheme) -> Self {
        let mut sites: HashMap<String, Vec<usize>> = HashMap::new();
        for (i, site) in scheme.sites.iter().enumerate() {
            sites.entry(normal(&site.code)).or_default().push(i);
        }
        for (i, site) in scheme.sites.iter().enumerate() {
            for word in std::iter::once(&site.title).chain(&site.aliases) {
                let answers = sites.entry(normal(word)).or_default();
                if !answers.contains(&i) {
                    answers.push(i);
                }
            }
        }
        let mut features = HashMap::new();
        for (i, feature) in scheme.features.iter().enumerate() {
            features.insert(normal(&feature.code), i);
        }
        for (i, feature) in scheme.features.iter().enumerate() {
            for word in std::iter::once(&feature.title).chain(&feature.aliases) {
                features.entry(normal(word)).or_insert(i);
            }
        }
        let (items, per_side) = number_items(scheme);
        Self {
            scheme,
            sites,
            features,
            items,
            per_side,
        }
    }

    /// The site that a word means in a region. Tables may have many words that mean none: no message is made here.
    pub(crate) fn site(&self, word: &str, region: Option<&str>) -> Option<usize> {
        let key = normal(word);
        let answers = self.sites.get(&key)?;
        let fits = |&&i: &&usize| region.is_none_or(|r| self.scheme.sites[i].region == r);
        let mut fitting = answers.iter().filter(fits);
        let first = *fitting.next()?;
        let is_code = || normal(&self.scheme.sites[first].code) == key;
        (fitting.next().is_none() || is_code()).then_some(first)
    }

    /// Why a word is no site, or not one.
    pub(crate) fn no_site(&self, word: &str, region: Option<&str>) -> Reason {
        let answers = self.sites.get(&normal(word)).map_or(&[][..], Vec::as_slice);
        let here = |&&i: &&usize| region.is_none_or(|r| self.scheme.sites[i].region == r);
        let codes: Vec<&str> = answers
            .iter()
            .filter(here)
            .map(|&i| self.scheme.sites[i].code.as_str())
            .collect();
        if codes.len() < 2 {
            return self.no_such_site(word, region);
        }
        (
            "is a site of several regions",
            format!(
                "add a column `region`, or name the site by its code: {}",
                codes.join(", ")
            ),
        )
            .into()
    }

    /// The feature that a word means.
    pub(crate) fn feature(&self, word: &str) -> Option<usize> {
        self.features.get(&normal(word)).copied()
    }

    /// Why a word is no feature.
    pub(crate) fn no_feature(&self, word: &str) -> Reason {
        let words = || self.scheme.features.iter().map(|f| f.code.as_str());
        let id = &self.scheme.id;
        let reason = format!("is no feature of scheme `{id}`");
        (reason, offered(word, words())).into()
    }

    /// The only feature, where the scheme has one.
    pub(crate) fn only_feature(&self) -> Option<usize> {
        (self.scheme.features.len() == 1).then_some(0)
    }

    /// Position in [`Scheme::items`].
    pub(crate) fn item(&self, site: usize, feature: usize, side: Option<Side>) -> Option<u32> {
        let first = (*self.items.get(site)?.get(feature)?)?;
        let offset = match (self.scheme.sides, side) {
            (Sides::Both, Some(Side::R)) => *self.per_side.get(feature)?,
            _ => 0,
        };
        Some(first + offset)
    }

    fn no_such_site(&self, word: &str, region: Option<&str>) -> Reason {
        let id = &self.scheme.id;
        let words = || {
            let here = self.scheme.sites.iter();
            let here = here.filter(move |s| region.is_none_or(|r| s.region == r));
            here.map(|s| s.code.as_str())
        };
        let place = region.map_or_else(String::new, |r| format!(", region `{r}`"));
        let reason = format!("is no site of scheme `{id}`{place}");
        (reason, offered(word, words())).into()
    }
}

fn number_items(scheme: &Scheme) -> (Vec<Vec<Option<u32>>>, Vec<u32>) {
    let mut items = vec![vec![None; scheme.features.len()]; scheme.sites.len()];
    let mut per_side = Vec::with_capacity(scheme.features.len());
    let mut next = 0_u32;
    for feature in 0..scheme.features.len() {
        let start = next;
        for (i, site) in scheme.sites.iter().enumerate() {
            if site.ranges.iter().any(|r| r.feature == feature) {
                items[i][feature] = Some(next);
                next += 1;
            }
        }
        let count = next - start;
        per_side.push(count);
        if scheme.sides == Sides::Both {
            next += count;
        }
    }
    (items, per_side)
}
