//! The bones' names that the user gives, held against each other and against what the files say.

use crate::Error;
use crate::file::file_name;
use crate::sides::{by_initial, said_by_name};
use howship_change::BoneSite;
use howship_formats::Source;

/// The bones that `--site` names.
///
/// # Errors
/// No bone of the catalogue, one twice, two sides, or another side than a file's tag or name says.
pub(crate) fn named_sites(names: &[String], sources: &[Source]) -> Result<Vec<BoneSite>, Error> {
    let mut sites: Vec<BoneSite> = Vec::new();
    for name in names {
        let name = name.trim().to_owned();
        let site = BoneSite::parse(&name).map_err(Error::SiteName)?;
        if sites.contains(&site) {
            return Err(Error::SiteTwice { name });
        }
        if let Some(first) = sites.first().filter(|first| first.side != site.side) {
            return Err(Error::SiteSides {
                name,
                other: first.to_string(),
                says: "is of the other side, and bones of one joint are of one".to_owned(),
            });
        }
        sites.push(site);
    }
    if let Some(first) = sites.first() {
        one_side(first, sources)?;
    }
    Ok(sites)
}

/// A tag says the side; a letter at the beginning of a name may be an initial.
fn one_side(site: &BoneSite, sources: &[Source]) -> Result<(), Error> {
    let letter = site.side.letter();
    for source in sources {
        let tag = source.identity.laterality.clone();
        let name = said_by_name(&source.path).filter(|side| !by_initial(&source.path, *side));
        let said = tag.or_else(|| name.map(|side| side.letter().to_owned()));
        if let Some(other) = said.filter(|said| said != letter) {
            return Err(Error::SiteSides {
                name: site.to_string(),
                other: file_name(&source.path),
                says: format!("says side `{other}`"),
            });
        }
    }
    Ok(())
}
