//! From the words of a row to an item.

use super::field::Field;
use super::layout::{Layout, meanings};
use super::order::natural;
use super::schemes::Chosen;
use super::words::{Word, region, side};
use crate::scheme::{Lookup, take_side};
use crate::{Error, Item, Reason, Side};
use std::collections::HashMap;

/// What can be wrong about where and what a row scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum WrongItem {
    Empty(Field),
    Side,
    Region,
    Site,
    Feature,
    /// Site and feature are known, but this feature is not scored there.
    NotScoredThere,
    NoSide,
    SideClash,
}

/// A feature's word.
#[derive(Clone, Copy)]
enum FeatureWord {
    Known(usize),
    /// Of another test; the mapping says to leave these out.
    Skip,
    Bad,
    Empty,
}

/// Items of a table by the codes of its words.
pub(super) struct Items<'a> {
    kind: Kind<'a>,
    sides: Option<Vec<Word<Side>>>,
}

enum Kind<'a> {
    Scheme(Box<SchemeItems<'a>>),
    Custom(CustomItems),
}

struct SchemeItems<'a> {
    lookup: Lookup<'a>,
    items: Vec<Item>,
    one_sided: bool,
    regions: Option<Vec<Word<usize>>>,
    region_names: Vec<&'a str>,
    /// By code: side, then the site without region and in each region.
    sites: Vec<(Option<Side>, Vec<Option<usize>>)>,
    features: Option<Vec<FeatureWord>>,
}

/// Items found in the table itself, in natural order.
struct CustomItems {
    items: Vec<Item>,
    sites: Vec<(Option<Side>, u32)>,
    features: Vec<u32>,
    by_words: HashMap<(u32, u32, Option<Side>), u32>,
}

impl<'a> Items<'a> {
    pub(super) fn new(layout: &Layout, chosen: &'a Chosen) -> Result<Self, Error> {
        let sides = meanings(layout, Field::Side, |w| Word::read(w, side));
        let kind = match chosen.rules() {
            Some(scheme) => {
                let lookup = Lookup::new(scheme);
                Kind::Scheme(Box::new(SchemeItems::new(layout, scheme, lookup)?))
            }
            None => Kind::Custom(CustomItems::new(layout, sides.as_deref())),
        };
        Ok(Self { kind, sides })
    }

    pub(super) fn items(&self) -> &[Item] {
        match &self.kind {
            Kind::Scheme(scheme) => &scheme.items,
            Kind::Custom(custom) => &custom.items,
        }
    }

    /// The item of a row and cell; none where the row is to be left out.
    pub(super) fn find(
        &self,
        layout: &Layout,
        row: usize,
        cell: usize,
    ) -> Result<Option<u32>, WrongItem> {
        let code = |field| layout.words(field).map(|w| w.code(row, cell) as usize);
        let side = match (&self.sides, code(Field::Side)) {
            (Some(sides), Some(code)) => match sides.get(code) {
                Some(Word::Known(side)) => Some(*side),
                Some(Word::Bad) => return Err(WrongItem::Side),
                _ => None,
            },
            _ => None,
        };
        match &self.kind {
            Kind::Scheme(items) => items.find(
                side,
                code(Field::Region),
                code(Field::Site),
                code(Field::Feature),
            ),
            Kind::Custom(items) => items
                .find(side, code(Field::Site), code(Field::Feature))
                .map(Some),
        }
    }

    /// Column and reason for the reader's eyes.
    pub(super) fn explain(
        &self,
        wrong: WrongItem,
        layout: &Layout,
        row: usize,
        cell: usize,
    ) -> Error {
        let (field, reason): (_, Reason) = match (wrong, &self.kind) {
            (WrongItem::Empty(field), _) => (field, ("is empty", "every row needs one").into()),
            (WrongItem::Side, _) => (Field::Side, super::words::SIDES.into()),
            (WrongItem::SideClash, _) => {
                (Field::Site, "names another side than column `side`".into())
            }
            (wrong, Kind::Scheme(items)) => items.explain(wrong, layout, row, cell),
            (_, Kind::Custom(_)) => (Field::Site, "is no site".into()),
        };
        let words = layout.words(field);
        let value = words.map_or("", |w| w.names.name(w.code(row, cell)));
        let column = match words {
            // In a wide table the column's name says it.
            Some(w) if w.is_of_cells() => layout.scores.get(cell).map_or("", |c| &c.name),
            Some(w) => &w.column,
            None => field.name(),
        };
        layout.cell(row, column, value, reason)
    }
}

impl<'a> SchemeItems<'a> {
    fn new(layout: &Layout, scheme: &'a crate::Scheme, lookup: Lookup<'a>) -> Result<Self, Error> {
        let mut region_names: Vec<&str> = Vec::new();
        for site in &scheme.sites {
            if !region_names.contains(&site.region.as_str()) {
                region_names.push(&site.region);
            }
        }
        let regions = meanings(layout, Field::Region, |word| {
            let wanted = region(word);
            Word::read(word, |_| {
                let mut all = region_names.iter();
                all.position(|r| r.eq_ignore_ascii_case(&wanted))
            })
        });
        let sites = meanings(layout, Field::Site, |word| {
            let places = |site: &str| -> Vec<Option<usize>> {
                let regions = std::iter::once(None).chain(region_names.iter().map(|&r| Some(r)));
                regions.map(|r| lookup.site(site, r)).collect()
            };
            let whole = places(word);
            if whole.iter().any(Option::is_some) {
                return (None, whole);
            }
            let (side, rest) = take_side(word);
            (side, places(rest))
        });
        let sites = sites.ok_or_else(|| layout.missing_column("site"))?;
        let skip = layout.mapping.as_ref().as_ref();
        let skip = skip.is_some_and(|m| m.skip_unknown_features);
        let features = meanings(layout, Field::Feature, |word| match lookup.feature(word) {
            Some(feature) => FeatureWord::Known(feature),
            None if word.is_empty() => FeatureWord::Empty,
            None if skip => FeatureWord::Skip,
            None => FeatureWord::Bad,
        });
        if features.is_none() && lookup.only_feature().is_none() {
            return Err(layout.missing_column("feature"));
        }
        Ok(Self {
            items: scheme.items(),
            one_sided: scheme.sides == crate::Sides::One,
            lookup,
            regions,
            region_names,
            sites,
            features,
        })
    }

    fn find(
        &self,
        side: Option<Side>,
        region: Option<usize>,
        site: Option<usize>,
        feature: Option<usize>,
    ) -> Result<Option<u32>, WrongItem> {
        let feature = match (&self.features, feature) {
            (Some(words), Some(code)) => match words.get(code) {
                Some(FeatureWord::Known(feature)) => *feature,
                Some(FeatureWord::Skip) => return Ok(None),
                Some(FeatureWord::Bad) => return Err(WrongItem::Feature),
                _ => match self.lookup.only_feature() {
                    Some(only) => only,
                    None => return Err(WrongItem::Empty(Field::Feature)),
                },
            },
            _ => 0,
        };
        let region = match (&self.regions, region) {
            (Some(words), Some(code)) => match words.get(code) {
                Some(Word::Known(region)) => region + 1,
                Some(Word::Bad) => return Err(WrongItem::Region),
                _ => 0,
            },
            _ => 0,
        };
        let place = site.and_then(|code| self.sites.get(code));
        let (inside, places) = place.ok_or(WrongItem::Empty(Field::Site))?;
        let site = places.get(region).copied().flatten();
        let site = site.ok_or(WrongItem::Site)?;
        let side = match (side, *inside) {
            (Some(a), Some(b)) if a != b => return Err(WrongItem::SideClash),
            (a, b) => a.or(b),
        };
        if side.is_none() && !self.one_sided {
            return Err(WrongItem::NoSide);
        }
        let item = self.lookup.item(site, feature, side);
        item.map(Some).ok_or(WrongItem::NotScoredThere)
    }

    fn explain(
        &self,
        wrong: WrongItem,
        layout: &Layout,
        row: usize,
        cell: usize,
    ) -> (Field, Reason) {
        let word = |field| {
            let words = layout.words(field);
            words.map_or("", |w| {
                layout.meaning(field, w.names.name(w.code(row, cell)))
            })
        };
        match wrong {
            WrongItem::Region => (
                Field::Region,
                (
                    "is no region of the scheme",
                    format!("allowed: {}", self.region_names.join(", ")),
                )
                    .into(),
            ),
            WrongItem::Feature => (Field::Feature, self.lookup.no_feature(word(Field::Feature))),
            WrongItem::NoSide => (
                Field::Side,
                (
                    "names no side",
                    "write L or R here, or in the site, as in `L.PIP3`",
                )
                    .into(),
            ),
            WrongItem::NotScoredThere => (
                Field::Site,
                format!(
                    "is a site of the scheme, but `{}` is not scored there",
                    self.feature_title(layout, row, cell)
                )
                .into(),
            ),
            _ => {
                let region = Some(region(word(Field::Region))).filter(|r| !r.is_empty());
                let site = take_side(word(Field::Site)).1;
                (Field::Site, self.lookup.no_site(site, region.as_deref()))
            }
        }
    }

    fn feature_title<'t>(&self, layout: &'t Layout, row: usize, cell: usize) -> &'t str {
        let words = layout.words(Field::Feature);
        words.map_or("the feature", |w| w.names.name(w.code(row, cell)))
    }
}

/// Names of site and feature where a custom table has no such column.
const WHOLE: &str = "patient";
const SCORE: &str = "score";

impl CustomItems {
    fn new(layout: &Layout, sides: Option<&[Word<Side>]>) -> Self {
        let mut site_names = howship_tables::Names::new();
        let mut feature_names = howship_tables::Names::new();
        let or = |word: &str, default: &'static str| -> String {
            if word.is_empty() {
                default.to_owned()
            } else {
                word.to_owned()
            }
        };
        let sites = meanings(layout, Field::Site, |word| {
            // A dot only: names of a custom table may well begin with `R-`.
            let dotted = word.get(1..2) == Some(".");
            let (side, rest) = if dotted {
                take_side(word)
            } else {
                (None, word)
            };
            (side, site_names.intern(&or(rest, WHOLE)))
        });
        let features = meanings(layout, Field::Feature, |word| {
            feature_names.intern(&or(word, SCORE))
        });
        let mut custom = Self {
            items: Vec::new(),
            sites: sites.unwrap_or_else(|| vec![(None, site_names.intern(WHOLE))]),
            features: features.unwrap_or_else(|| vec![feature_names.intern(SCORE)]),
            by_words: HashMap::new(),
        };
        let mut keys = custom.keys(layout, sides);
        keys.sort_by(|a, b| {
            let by_feature = natural(feature_names.name(a.1), feature_names.name(b.1));
            let by_site = || natural(site_names.name(a.0), site_names.name(b.0));
            by_feature.then(a.2.cmp(&b.2)).then_with(by_site)
        });
        for (i, key) in keys.iter().enumerate() {
            custom.by_words.insert(*key, i as u32);
            custom.items.push(Item {
                side: key.2,
                site: site_names.name(key.0).to_owned(),
                feature: feature_names.name(key.1).to_owned(),
                min: f64::NEG_INFINITY,
                max: f64::INFINITY,
                step: 0.0,
                weight: 1.0,
            });
        }
        custom
    }

    /// All combinations of site, feature and side that occur, in order of their first row.
    fn keys(&self, layout: &Layout, sides: Option<&[Word<Side>]>) -> Vec<(u32, u32, Option<Side>)> {
        let mut seen = std::collections::HashSet::new();
        let mut keys = Vec::new();
        let mut last = None;
        for row in 0..layout.table.rows() {
            for cell in 0..layout.scores.len() {
                let code = |field| layout.words(field).map(|w| w.code(row, cell) as usize);
                let side = match code(Field::Side).zip(sides).and_then(|(c, s)| s.get(c)) {
                    Some(Word::Known(side)) => Some(*side),
                    _ => None,
                };
                let key = self.key(side, code(Field::Site), code(Field::Feature));
                if last != Some(key) && seen.insert(key) {
                    keys.push(key);
                }
                last = Some(key);
            }
        }
        keys
    }

    fn key(
        &self,
        side: Option<Side>,
        site: Option<usize>,
        feature: Option<usize>,
    ) -> (u32, u32, Option<Side>) {
        let (inside, site) = self
            .sites
            .get(site.unwrap_or(0))
            .copied()
            .unwrap_or((None, 0));
        let feature = self
            .features
            .get(feature.unwrap_or(0))
            .copied()
            .unwrap_or(0);
        (site, feature, side.or(inside))
    }

    fn find(
        &self,
        side: Option<Side>,
        site: Option<usize>,
        feature: Option<usize>,
    ) -> Result<u32, WrongItem> {
        let inside = site.and_then(|s| self.sites.get(s)).and_then(|s| s.0);
        if side.zip(inside).is_some_and(|(a, b)| a != b) {
            return Err(WrongItem::SideClash);
        }
        let key = self.key(side, site, feature);
        self.by_words.get(&key).copied().ok_or(WrongItem::Site)
    }
}
