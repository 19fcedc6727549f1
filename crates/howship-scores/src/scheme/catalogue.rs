use super::Scheme;
use crate::Error;
use crate::suggest::nearest;
use std::sync::LazyLock;

/// Identifiers and tables of the schemes that ship, in the order in which they are listed.
const SHIPPED: [(&str, &str); 20] = [
    ("sharp-1985", include_str!("../../schemes/sharp-1985.toml")),
    ("svdh", include_str!("../../schemes/svdh.toml")),
    ("svdh-440", include_str!("../../schemes/svdh-440.toml")),
    ("svdh-hands", include_str!("../../schemes/svdh-hands.toml")),
    ("genant", include_str!("../../schemes/genant.toml")),
    (
        "genant-hands",
        include_str!("../../schemes/genant-hands.toml"),
    ),
    ("sens", include_str!("../../schemes/sens.toml")),
    (
        "larsen-1977",
        include_str!("../../schemes/larsen-1977.toml"),
    ),
    (
        "larsen-1995",
        include_str!("../../schemes/larsen-1995.toml"),
    ),
    ("scott", include_str!("../../schemes/scott.toml")),
    (
        "rau-herborn",
        include_str!("../../schemes/rau-herborn.toml"),
    ),
    ("ratingen", include_str!("../../schemes/ratingen.toml")),
    (
        "arashi-status",
        include_str!("../../schemes/arashi-status.toml"),
    ),
    (
        "arashi-change",
        include_str!("../../schemes/arashi-change.toml"),
    ),
    ("guss", include_str!("../../schemes/guss.toml")),
    ("ramris", include_str!("../../schemes/ramris.toml")),
    ("ramris-5", include_str!("../../schemes/ramris-5.toml")),
    ("mri-jsn", include_str!("../../schemes/mri-jsn.toml")),
    (
        "tenosynovitis",
        include_str!("../../schemes/tenosynovitis.toml"),
    ),
    (
        "omeract-repair",
        include_str!("../../schemes/omeract-repair.toml"),
    ),
];

/// Read once: simulations ask for the rules of a scheme with every table they make.
static ALL: LazyLock<Result<Vec<Scheme>, (String, String)>> = LazyLock::new(|| {
    let read = |(id, text): &(&str, &str)| {
        Scheme::from_toml(text).map_err(|e| ((*id).to_owned(), e.to_string()))
    };
    SHIPPED.iter().map(read).collect()
});

/// All schemes that ship.
///
/// # Errors
/// A shipped table contradicts itself; the tests forbid it.
pub fn schemes() -> Result<&'static [Scheme], Error> {
    match &*ALL {
        Ok(all) => Ok(all),
        Err((scheme, reason)) => Err(Error::Scheme {
            scheme: scheme.clone(),
            reason: reason.clone().into(),
        }),
    }
}

/// A scheme by its identifier or one of its aliases, letter case ignored.
///
/// # Errors
/// No such scheme: the message names the nearest.
pub fn scheme(id: &str) -> Result<Scheme, Error> {
    let wanted = id.trim();
    schemes()?;
    shipped(wanted)
        .cloned()
        .ok_or_else(|| Error::unknown_scheme(wanted, &[]))
}

/// A shipped scheme by its identifier or alias.
pub(crate) fn shipped(id: &str) -> Option<&'static Scheme> {
    let all = ALL.as_ref().ok()?;
    all.iter()
        .find(|s| s.id.eq_ignore_ascii_case(id))
        .or_else(|| all.iter().find(|s| s.answers_to(id)))
}

impl Error {
    /// That no scheme has this identifier, neither of those that ship nor of these.
    pub fn unknown_scheme(id: &str, own: &[Scheme]) -> Self {
        Self::UnknownScheme {
            scheme: id.to_owned(),
            advice: no_such_scheme(id, own),
        }
    }
}

/// What to do about an identifier that names no scheme: the nearest one, and where all are listed.
pub(crate) fn no_such_scheme(id: &str, own: &[Scheme]) -> String {
    let own = own.iter().map(|s| s.id.as_str());
    let known = own.chain(SHIPPED.iter().map(|(n, _)| *n));
    let near = nearest(id, known.chain(["custom"]));
    let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    format!(
        "{near}`howship scores schemes` lists all, `custom` takes any number, and a scheme of your own can be given as TOML"
    )
}
