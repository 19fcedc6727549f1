//! What does not belong together: two patients, sides or sites, one file twice.

use crate::file::file_name;
use howship_change::Visit;
use howship_formats::{Identity, Source};

/// Something that a file says of whose image it is.
type Fact = fn(&Identity) -> Option<&String>;

/// Warnings with the evidence.
pub(crate) fn oddities(visits: &[Visit], sources: &[Source]) -> Vec<String> {
    let mut warnings = Vec::new();
    let facts: [(&str, Fact); 3] = [
        ("patients", |i| i.patient_id.as_ref()),
        ("sides", |i| i.laterality.as_ref()),
        ("sites", |i| i.site.as_ref()),
    ];
    for (what, fact) in facts {
        warnings.extend(mixed(what, visits, sources, fact));
    }
    warnings.extend(twice(visits, sources));
    warnings
}

/// What keeps images from being visits of one joint: two sides, or two patients unless the user says whose they are.
pub(crate) fn no_series(
    visits: &[Visit],
    sources: &[Source],
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
    sides.or_else(|| {
        let advice = "give scans of one patient; where one patient has two numbers, say so with `--subject NAME`";
        Some((patients?, advice)).filter(|_| subject.is_none())
    })
}

/// What keeps images from being rescans of one unchanged joint: two patients or sides, or a copy.
pub(crate) fn no_rescans(sources: &[Source]) -> Option<String> {
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
        .or_else(|| twice(&visits, sources).into_iter().next())
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

fn twice(visits: &[Visit], sources: &[Source]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (i, source) in sources.iter().enumerate() {
        let same = sources[..i]
            .iter()
            .position(|s| !s.blake3.is_empty() && s.blake3 == source.blake3);
        if let Some(j) = same {
            warnings.push(format!(
                "{} (`{}`) and {} (`{}`) are the same image (BLAKE3 {}): no change can be found between them",
                visits[j].name,
                file_name(&sources[j].path),
                visits[i].name,
                file_name(&source.path),
                source.blake3.get(..12).unwrap_or_default()
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let warnings = oddities(&visits, &sources);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("patients") && warnings[0].contains("`P2`"));
        let (reason, advice) = no_series(&visits, &sources, None).unwrap();
        assert!(reason.contains("`P2`") && advice.contains("--subject"));
        assert!(no_series(&visits, &sources, Some("P1")).is_none());
        let mut other = sources.clone();
        other[1].identity.laterality = Some("R".into());
        let (reason, _) = no_series(&visits, &other, Some("P1")).unwrap();
        assert!(reason.contains("two sides"), "{reason}");
    }

    #[test]
    fn one_file_twice() {
        let visits = [Visit::parse("M6").unwrap(), Visit::parse("M0").unwrap()];
        let sources = [
            source("a", "P1", "2023-01-01", "same"),
            source("b", "P1", "2023-01-01", "same"),
        ];
        let warnings = oddities(&visits, &sources);
        assert!(warnings.iter().any(|w| w.contains("same image")));
    }
}
