//! What does not belong together: two patients, sides or sites, one file twice.

use crate::file::file_name;
use crate::sides::{by_initial, said_by_name};
use howship_change::Visit;
use howship_formats::{Identity, Source};

/// Something that a file says of whose image it is.
type Fact = fn(&Identity) -> Option<&String>;

/// Warnings with the evidence.
///
/// `contents` are the hashes of the images' values.
pub(crate) fn oddities(visits: &[Visit], sources: &[Source], contents: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    let facts: [(&str, Fact); 3] = [
        ("patients", |i| i.patient_id.as_ref()),
        ("sides", |i| i.laterality.as_ref()),
        ("sites", |i| i.site.as_ref()),
    ];
    for (what, fact) in facts {
        warnings.extend(mixed(what, visits, sources, fact));
    }
    warnings.extend(sides_by_name(visits, sources).map(|(reason, _)| reason));
    warnings.extend(initials(sources));
    warnings.extend(twice(visits, sources, contents));
    warnings
}

/// What keeps images from being visits of one joint: two sides, one image twice, or two patients unless the user says
/// whose they are.
///
/// A scanner's noise makes two scans differ in every voxel, so that equal values are a copy under another visit's name.
pub(crate) fn no_series(
    visits: &[Visit],
    sources: &[Source],
    contents: &[String],
    subject: Option<&str>,
) -> Option<(String, &'static str)> {
    let sides = mixed("sides", visits, sources, |i| i.laterality.as_ref());
    let patients = mixed("patients", visits, sources, |i| i.patient_id.as_ref());
    let sides = sides.map(|reason| {
        (
            reason,
            "give scans of one side at every visit; correct the tag where it is wrong",
        )
    });
    let copy = || {
        let advice = "a copy would be called stable: give the scan that was taken at each visit; `howship measure` takes one visit";
        Some((twice(visits, sources, contents).into_iter().next()?, advice))
    };
    let sides = sides.or_else(|| sides_by_name(visits, sources));
    sides.or_else(copy).or_else(|| {
        let advice = "give scans of one patient; where one patient has two numbers, say so with `--subject NAME`";
        Some((patients?, advice)).filter(|_| subject.is_none())
    })
}

/// What keeps images from being rescans of one unchanged joint: two patients or sides, or a copy.
pub(crate) fn no_rescans(sources: &[Source], contents: &[String]) -> Option<String> {
    let visits = Visit::unnamed(sources.len());
    let facts: [(&str, Fact); 2] = [
        ("patients", |i| i.patient_id.as_ref()),
        ("sides", |i| i.laterality.as_ref()),
    ];
    let mut mixed = facts
        .into_iter()
        .filter_map(|(what, fact)| mixed(what, &visits, sources, fact));
    mixed
        .next()
        .or_else(|| Some(sides_by_name(&visits, sources)?.0))
        .or_else(|| twice(&visits, sources, contents).into_iter().next())
}

fn mixed(what: &str, visits: &[Visit], sources: &[Source], fact: Fact) -> Option<String> {
    let said: Vec<(&Visit, &Source, &String)> = visits
        .iter()
        .zip(sources)
        .filter_map(|(v, s)| Some((v, s, fact(&s.identity)?)))
        .collect();
    let first = said.first()?.2;
    if said.iter().all(|(_, _, value)| *value == first) {
        return None;
    }
    let evidence: Vec<String> = said
        .iter()
        .map(|(v, s, value)| format!("{} (`{}`) says `{value}`", v.name, file_name(&s.path)))
        .collect();
    Some(format!(
        "two {what} seem to be mixed: {}; changes between them mean nothing",
        evidence.join(", ")
    ))
}

/// Whether a file's tag denies the side that nothing but a letter at the beginning of its name says.
fn denied(source: &Source) -> Option<(&str, howship_change::Side)> {
    let side = said_by_name(&source.path).filter(|s| by_initial(&source.path, *s))?;
    let tag = source.identity.laterality.as_deref()?;
    (tag != side.letter()).then_some((tag, side))
}

fn initials(sources: &[Source]) -> impl Iterator<Item = String> {
    sources.iter().filter_map(|source| {
        let (tag, side) = denied(source)?;
        let (name, letter) = (file_name(&source.path), side.letter());
        Some(format!(
            "`{name}` says side `{tag}`; the `{letter}` at the beginning of its name is taken for an initial: if it is the side, the tag is wrong"
        ))
    })
}

/// Sides that the files' names say, against each other and against what the files themselves hold.
fn sides_by_name(visits: &[Visit], sources: &[Source]) -> Option<(String, &'static str)> {
    let mut said: Vec<(String, String)> = Vec::new();
    for (visit, source) in visits.iter().zip(sources) {
        let of = format!("{} (`{}`)", visit.name, file_name(&source.path));
        if let Some(side) = said_by_name(&source.path).filter(|_| denied(source).is_none()) {
            said.push((format!("the name of {of}"), side.letter().to_owned()));
        }
        if let Some(side) = &source.identity.laterality {
            said.push((of, side.clone()));
        }
    }
    let first = &said.first()?.1;
    if said.iter().all(|(_, side)| side == first) {
        return None;
    }
    let evidence: Vec<String> = said
        .iter()
        .map(|(who, side)| format!("{who} says `{side}`"))
        .collect();
    Some((
        format!(
            "two sides seem to be mixed: {}; changes between them mean nothing",
            evidence.join(", ")
        ),
        "give scans of one side at every visit; where a name is wrong, rename the file, where a tag is, correct it",
    ))
}

fn twice(visits: &[Visit], sources: &[Source], contents: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (i, source) in sources.iter().enumerate() {
        let same_file = |s: &Source| !s.blake3.is_empty() && s.blake3 == source.blake3;
        let same_values = |j: usize| contents.get(i).is_some_and(|c| contents.get(j) == Some(c));
        let Some(j) = (0..i).find(|&j| same_file(&sources[j]) || same_values(j)) else {
            continue;
        };
        // One image in two packings has two hashes as a file, and one as an image.
        let hash = match same_file(&sources[j]) {
            true => source.blake3.get(..12).unwrap_or_default().to_owned(),
            false => format!(
                "{} of size and values",
                contents[i].get(..12).unwrap_or_default()
            ),
        };
        warnings.push(format!(
            "{} (`{}`) and {} (`{}`) are the same image (BLAKE3 {hash}): no change can be found between them",
            visits[j].name,
            file_name(&sources[j].path),
            visits[i].name,
            file_name(&source.path),
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents;
    use howship_formats::Format;

    fn source(name: &str, patient: &str, date: &str, hash: &str) -> Source {
        Source {
            path: name.into(),
            format: Format::Dicom,
            blake3: hash.into(),
            spacing_known: String::new(),
            unit_known: String::new(),
            known: howship_image::UnitKnown::Unknown,
            not_numbers: None,
            stored: String::new(),
            identity: Identity {
                patient_id: Some(patient.into()),
                laterality: Some("L".into()),
                date: Some(date.into()),
                ..Identity::default()
            },
            header: Vec::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn two_patients_are_warned_of_with_the_evidence() {
        let visits = [Visit::parse("M0").unwrap(), Visit::parse("M6").unwrap()];
        let sources = [
            source("a", "P1", "2023-01-01", "1"),
            source("b", "P2", "2022-01-01", "2"),
        ];
        let warnings = oddities(&visits, &sources, &[]);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("patients") && warnings[0].contains("`P2`"));
        let (reason, advice) = no_series(&visits, &sources, &[], None).unwrap();
        assert!(reason.contains("`P2`") && advice.contains("--subject"));
        assert!(no_series(&visits, &sources, &[], Some("P1")).is_none());
        let mut other = sources.clone();
        other[1].identity.laterality = Some("R".into());
        let (reason, _) = no_series(&visits, &other, &[], Some("P1")).unwrap();
        assert!(reason.contains("two sides"), "{reason}");
    }

    /// Two of three visits, with another scan between them: no subject's name mends it.
    #[test]
    fn one_file_twice() {
        let visits = ["M0", "M6", "M12"].map(|name| Visit::parse(name).unwrap());
        let sources = ["same", "other", "same"].map(|hash| source("a", "P1", "2023-01-01", hash));
        let warnings = oddities(&visits, &sources, &[]);
        assert!(warnings.iter().any(|w| w.contains("same image")));
        let (reason, _) = no_series(&visits, &sources, &[], Some("P1")).unwrap();
        assert!(reason.contains("M0 (`a`) and M12 (`a`)"), "{reason}");
        assert!(no_series(&visits[..2], &sources[..2], &[], None).is_none());
    }

    #[test]
    fn one_image_in_two_files() {
        let visits = [Visit::parse("M0").unwrap(), Visit::parse("M6").unwrap()];
        let sources = [
            source("a.nii.gz", "P1", "2023-01-01", "1"),
            source("b.nii", "P1", "2023-01-01", "2"),
        ];
        let hash = |size: [usize; 3], last: f32| contents::of_values(&size, &[0.0, 1.0, 2.0, last]);
        let of = |other: String| {
            let hashes = [hash([4, 1, 1], 3.0), other];
            let warnings = oddities(&visits, &sources, &hashes);
            (
                warnings.iter().any(|w| w.contains("same image")),
                no_rescans(&sources, &hashes),
                no_series(&visits, &sources, &hashes, None),
            )
        };
        let (warned, no_rescans, no_series) = of(hash([4, 1, 1], 3.0));
        assert!(warned && no_rescans.is_some() && no_series.is_some());
        for other in [hash([2, 2, 1], 3.0), hash([4, 1, 1], 3.5)] {
            assert_eq!(of(other), (false, None, None));
        }
    }

    #[test]
    fn sides_in_names_that_contradict_each_other_or_the_file() {
        let visits = [Visit::parse("M0").unwrap(), Visit::parse("M6").unwrap()];
        let of = |a: &str, b: &str, tag: Option<&str>| {
            let mut sources = [
                source(a, "P1", "2023-01-01", "1"),
                source(b, "P1", "2023-01-01", "2"),
            ];
            for source in &mut sources {
                source.identity.laterality = tag.map(str::to_owned);
            }
            no_series(&visits, &sources, &[], None)
        };
        let (reason, _) = of("M0_R.nii", "M6_L.nii", None).unwrap();
        assert!(
            reason.contains("M0_R.nii") && reason.contains("M6_L.nii"),
            "{reason}"
        );
        let (reason, advice) = of("M0_R.nii", "M6_R.nii", Some("L")).unwrap();
        assert!(
            reason.contains("name of M0") && advice.contains("rename"),
            "{reason}"
        );
        assert!(of("M0_R.nii", "M6.nii", None).is_none());
        // A letter in front is a person's initial sooner than a side that the file denies; without a tag it is a side.
        assert!(of("R_M0.nii", "R_M6.nii", Some("L")).is_none());
        assert!(of("R_M0.nii", "L_M6.nii", None).is_some());
        let named = source("R_M0.nii", "P1", "2023-01-01", "1");
        let warnings = oddities(&visits[..1], &[named], &[]);
        assert!(warnings[0].contains("initial"), "{warnings:?}");
        assert!(of("M0_left.nii", "L/M6.nii", Some("L")).is_none());
    }
}
