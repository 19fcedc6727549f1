use super::Section;
use crate::Error;
use crate::drug::equally_near;
use howship_change::anatomy::{self, BONES, JOINTS};
use howship_change::{BoneSite, Side};

/// Where a lesion is: a side, a bone or a joint of hand or foot in the catalogue's code, and perhaps a part of it, as
/// in `R.MC2.head.radial` or `L.MTP5`. A bone outside of hands and feet is a word in small letters, as in
/// `L.femur.distal`.
#[derive(Debug, Clone, PartialEq)]
pub struct LesionSite {
    /// As the record has it.
    pub name: String,
    /// Bones that it may be in: one, those that meet in a joint, or none outside of hands and feet.
    pub bones: Vec<BoneSite>,
}

impl LesionSite {
    /// Whether a bone of a result may be the one meant; a site outside the catalogue may be any.
    #[must_use]
    pub fn may_be(&self, bone: &str) -> bool {
        match BoneSite::parse(bone) {
            Ok(found) => self.bones.is_empty() || self.bones.contains(&found),
            // Bones that were not named by anatomy (`bone 2`) tell nothing.
            Err(_) => true,
        }
    }
}

pub(super) fn site(section: &Section<'_>) -> Result<LesionSite, Error> {
    section.needed("site")?;
    let name = section.text("site")?.unwrap_or_default().to_owned();
    let wrong = |expected: String| Error::value(section.key("site"), format!("`{name}`"), expected);
    let form = "it is a side and a bone or joint, as in `R.MC2` or `L.MTP5`";
    let mut parts = name.split('.');
    let side = match parts.next() {
        Some("L") => Side::L,
        Some("R") => Side::R,
        _ => return Err(wrong(form.to_owned())),
    };
    let code = parts.next().unwrap_or_default();
    if code.is_empty() || parts.any(str::is_empty) {
        return Err(wrong(form.to_owned()));
    }
    let of = |bone: &'static anatomy::NamedBone| BoneSite { side, bone };
    let bones = if let Some(bone) = anatomy::bone(code) {
        vec![of(bone)]
    } else if let Some(joint) = anatomy::joint(code) {
        let bones = joint.bones.iter().copied();
        bones.filter_map(anatomy::bone).map(of).collect()
    } else if code.starts_with(|c: char| c.is_lowercase()) && code.len() > 2 {
        Vec::new()
    } else {
        let codes = BONES.iter().map(|b| b.code);
        let near = equally_near(code, codes.chain(JOINTS.iter().map(|j| j.code)));
        let near: Vec<String> = near.iter().map(|n| format!("`{side}.{n}`")).collect();
        let none = format!("`{code}` is no bone or joint of hand or foot");
        return Err(wrong(match &near[..] {
            [one] => format!("{none}: did you mean {one}?"),
            [_, _, ..] => format!("{none}: did you mean one of {}?", near.join(", ")),
            [] => format!("{form}; a bone elsewhere is a word in small letters, as in `L.femur`"),
        }));
    };
    Ok(LesionSite { name, bones })
}
