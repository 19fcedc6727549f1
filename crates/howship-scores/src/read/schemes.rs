//! Which scheme a table is read by.

use super::ReadOptions;
use super::field::Field;
use super::layout::{Layout, meanings, shortened};
use crate::scheme::{no_such_scheme, shipped};
use crate::{Error, Reason, Scheme};

/// The scheme of a table, and which of its rows belong to it.
pub(super) struct Chosen {
    /// None for scheme `custom`.
    scheme: Option<Scheme>,
    /// By code of the scheme's column; none: all rows.
    keep: Option<Vec<bool>>,
}

impl Chosen {
    pub(super) fn id(&self) -> &str {
        self.scheme.as_ref().map_or("custom", |s| &s.id)
    }

    pub(super) fn rules(&self) -> Option<&Scheme> {
        self.scheme.as_ref()
    }

    pub(super) fn is_table(&self) -> bool {
        self.scheme.is_some()
    }

    /// Whether rows with this code of the scheme's column are read.
    pub(super) fn keeps(&self, code: u32) -> bool {
        let keep = self.keep.as_ref();
        keep.is_none_or(|k| k.get(code as usize).copied().unwrap_or(false))
    }

    pub(super) fn keeps_all(&self) -> bool {
        self.keep.is_none()
    }
}

pub(super) fn choose(
    layout: &Layout,
    options: &ReadOptions,
    warnings: &mut Vec<String>,
) -> Result<Chosen, Error> {
    let wanted = options.scheme.as_deref().map(|id| {
        find(id, options).map_err(|_| Error::unknown_scheme(id.trim(), &options.own_schemes))
    });
    let wanted = wanted.transpose()?;
    let Some(words) = layout.words(Field::Scheme) else {
        return match wanted {
            Some(scheme) => Ok(Chosen { scheme, keep: None }),
            None => Err(layout.error(
                "no column `scheme`: add one, or say which scheme with `--scheme` (`custom` takes any number)",
            )),
        };
    };
    // A mapping's constant is a default that the option overrides.
    if words.is_constant()
        && let Some(scheme) = wanted
    {
        return Ok(Chosen { scheme, keep: None });
    }
    match wanted {
        Some(scheme) => pick(layout, scheme, warnings),
        None => the_only(layout, options),
    }
}

/// The rows of a scheme out of a table of several.
fn pick(
    layout: &Layout,
    scheme: Option<Scheme>,
    warnings: &mut Vec<String>,
) -> Result<Chosen, Error> {
    let is_it = |word: &str| match &scheme {
        Some(scheme) => scheme.answers_to(word),
        None => word.eq_ignore_ascii_case("custom"),
    };
    let keep = meanings(layout, Field::Scheme, is_it).unwrap_or_default();
    let id = scheme.as_ref().map_or("custom", |s| &s.id);
    if !keep.contains(&true) {
        let there = layout
            .words(Field::Scheme)
            .into_iter()
            .flat_map(|w| w.names.iter());
        let some: Vec<String> = there
            .take(6)
            .map(|w| format!("`{}`", shortened(w)))
            .collect();
        let reason = (
            format!("no row has scheme `{id}`"),
            format!("there are: {}", some.join(", ")),
        );
        return Err(layout.error(reason));
    }
    let all = keep.iter().all(|&k| k);
    if !all {
        warnings.push(format!("only the rows of scheme `{id}` were read"));
    }
    let keep = (!all).then_some(keep);
    Ok(Chosen { scheme, keep })
}

/// The scheme of a table that has one.
fn the_only(layout: &Layout, options: &ReadOptions) -> Result<Chosen, Error> {
    let Some(words) = layout.words(Field::Scheme) else {
        return Err(layout.missing_column("scheme"));
    };
    let mut first: Option<(u32, Option<Scheme>)> = None;
    for (code, word) in (0_u32..).zip(words.names.iter()) {
        let at = || words.first_row(code);
        let found = find(layout.meaning(Field::Scheme, word), options);
        let scheme = found.map_err(|reason| layout.cell(at(), &words.column, word, reason))?;
        match &first {
            None => first = Some((code, scheme)),
            Some((_, known)) if *known == scheme => {}
            Some((other, _)) => {
                let reason = (
                    format!(
                        "is a second scheme beside `{}` (line {}): scores of two schemes do not compare",
                        words.names.name(*other),
                        layout.table.line(words.first_row(*other))
                    ),
                    "split the table, or pick one with `--scheme`",
                );
                return Err(layout.cell(at(), &words.column, word, reason));
            }
        }
    }
    match first {
        Some((_, scheme)) => Ok(Chosen { scheme, keep: None }),
        None => Err(layout.missing_column("scheme")),
    }
}

/// A scheme by its identifier, the reader's own first; none for `custom`.
fn find(id: &str, options: &ReadOptions) -> Result<Option<Scheme>, Reason> {
    let id = id.trim();
    if id.is_empty() {
        return Err(("is empty", "name the scheme in every row").into());
    }
    if id.eq_ignore_ascii_case("custom") {
        return Ok(None);
    }
    let own = options.own_schemes.iter().find(|s| s.answers_to(id));
    match own.or_else(|| shipped(id)) {
        Some(scheme) => Ok(Some(scheme.clone())),
        None => Err(("is no scheme", no_such_scheme(id, &options.own_schemes)).into()),
    }
}
