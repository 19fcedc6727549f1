//! `howship scores schemes`: what is scored where, and who says so.

use super::answer::{Answer, folder, page_table, terminal};
use super::origin::Origin;
use super::source::scheme_files;
use crate::args_scores::SchemesArgs;
use crate::failure::ExitStatus;
use crate::printer::Printer;
use howship_report::paper::{Page, Section};
use howship_scores::{Scheme, Tidy, schemes};
use std::borrow::Cow;

pub(crate) fn run(args: &SchemesArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let out = folder(&args.out)?;
    let mut origin = Origin::default();
    let own = scheme_files(&args.scheme_file, &mut origin)?;
    let known: Vec<&Scheme> = own.iter().chain(schemes()?).collect();
    let shown: Vec<&Scheme> = match &args.show {
        None => known,
        Some(id) => vec![one(id, &known, &own)?],
    };
    let tidy = if args.show.is_some() {
        items(&shown)
    } else {
        listed(&shown)
    };
    let text = match &args.show {
        Some(_) => shown.iter().map(|s| s.show()).collect(),
        None => format!(
            "{}\n* has parts that are from memory, not confirmed: `howship scores schemes --show ID` names them\n",
            terminal(
                &tidy,
                &["id", "sites", "items", "max_total", "unconfirmed", "name"],
                200,
                printer
            )
        ),
    };
    let sections = shown.iter().map(|s| section(s, args.show.is_some()));
    let page = Page {
        title: "Scoring systems".to_owned(),
        sections: sections.collect(),
        ..Page::default()
    };
    let answer = Answer {
        question: "schemes",
        text,
        notes: Vec::new(),
        result: &shown,
        tables: vec![("schemes", tidy)],
        page,
    };
    answer.hand_out(&origin, out, printer)
}

fn one<'a>(id: &str, known: &[&'a Scheme], own: &[Scheme]) -> anyhow::Result<&'a Scheme> {
    let found = known
        .iter()
        .find(|s| s.id.eq_ignore_ascii_case(id))
        .or_else(|| known.iter().find(|s| s.answers_to(id)));
    Ok(found
        .copied()
        .ok_or_else(|| howship_scores::Error::unknown_scheme(id, own))?)
}

fn listed(shown: &[&Scheme]) -> Tidy {
    let mut tidy = Tidy::new(&[
        "id",
        "name",
        "family",
        "variant",
        "sites",
        "items",
        "max_total",
        "unconfirmed",
        "source",
    ]);
    for s in shown {
        let max = s.max_reported();
        tidy.push(vec![
            s.id.as_str().into(),
            s.name.as_str().into(),
            s.family.as_str().into(),
            s.variant.as_str().into(),
            s.sites.len().into(),
            s.items().len().into(),
            if s.total { Some(max) } else { None }.into(),
            if s.unconfirmed.is_empty() { "" } else { "*" }.into(),
            s.source.as_str().into(),
        ]);
    }
    tidy
}

fn items(shown: &[&Scheme]) -> Tidy {
    let mut all = Tidy::default();
    for scheme in shown {
        let one = scheme.tidy();
        all.columns = one.columns;
        all.rows.extend(one.rows);
    }
    all
}

fn section(scheme: &Scheme, whole: bool) -> Section {
    let mut paragraphs = Vec::new();
    if !scheme.variant.is_empty() {
        paragraphs.push(format!("Variant: {}", scheme.variant));
    }
    paragraphs.push(format!("Source: {}", scheme.source));
    paragraphs.push(format!("Missing sites: {}", scheme.missing));
    let unconfirmed = scheme
        .unconfirmed
        .iter()
        .map(|u| format!("Unconfirmed: {u}"));
    let caption: Cow<'_, str> = format!("Items of {}", scheme.id).into();
    Section {
        heading: format!("{} ({})", scheme.name, scheme.id),
        paragraphs,
        notes: unconfirmed.chain(scheme.notes.iter().cloned()).collect(),
        tables: if whole {
            vec![page_table(&caption, &scheme.tidy())]
        } else {
            Vec::new()
        },
        ..Section::default()
    }
}
