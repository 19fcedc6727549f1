//! A scheme in words.

use super::{Asked, HigherIs, Measures, Scheme, Sides, SiteRange};
use crate::{Tidy, TidyCell};
use std::fmt::Write;

impl Scheme {
    /// The scheme for a terminal: what is scored where, maxima, grades, source, and what is not confirmed.
    #[must_use]
    pub fn show(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_to(&mut text);
        text
    }

    fn write_to(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{}: {}", self.id, self.name)?;
        if !self.variant.is_empty() {
            writeln!(out, "  variant     {}", self.variant)?;
        }
        if !self.aliases.is_empty() {
            writeln!(out, "  also named  {}", self.aliases.join(", "))?;
        }
        writeln!(out, "  measures    {}", self.in_words())?;
        self.write_maxima(out)?;
        for (number, feature) in self.features.iter().enumerate() {
            writeln!(out, "\n  {} ({})", feature.code, feature.title)?;
            self.write_sites(out, number)?;
            for grade in &feature.grades {
                writeln!(out, "    {:>4}  {}", grade.grade, grade.means)?;
            }
        }
        writeln!(out, "\n  source      {}", self.source)?;
        for line in &self.unconfirmed {
            writeln!(out, "  UNCONFIRMED {line}")?;
        }
        for line in &self.notes {
            writeln!(out, "  note        {line}")?;
        }
        writeln!(out, "  missing     {}", self.missing)
    }

    fn in_words(&self) -> String {
        let what = match self.measures {
            Measures::Status => "the state of a film or scan",
            Measures::Change => "the change between two films",
        };
        let direction = match self.higher_is {
            HigherIs::Worse => "higher is worse",
            HigherIs::Better => "higher is better",
        };
        let sides = match self.sides {
            Sides::Both => "both sides",
            Sides::One => "one side",
        };
        let negative = match self.change_may_be_negative {
            Some(true) => "a change may be negative",
            Some(false) => "a change may not be negative",
            None => "whether a change may be negative is not stated by the source",
        };
        format!("{what}; {direction}; {sides}; {negative}")
    }

    fn write_maxima(&self, out: &mut String) -> std::fmt::Result {
        for feature in &self.features {
            write!(out, "  maximum     {} {}", feature.code, feature.max)?;
            match feature.normalised_to {
                Some(to) => writeln!(out, ", normalised to {to}")?,
                None => writeln!(out)?,
            }
        }
        if let Some(site) = self.max_site {
            writeln!(out, "  maximum     {site} a site")?;
        }
        if !self.total {
            return writeln!(out, "  maximum     features are not added up");
        }
        write!(out, "  maximum     total {}", self.max_reported())?;
        if self.asked == Asked::Table {
            write!(out, " (of all sites; totals ask for those in the table)")?;
        }
        writeln!(out)
    }

    /// Sites with equal grades share a line.
    fn write_sites(&self, out: &mut String, feature: usize) -> std::fmt::Result {
        let mut lines: Vec<(SiteRange, Vec<&str>)> = Vec::new();
        for site in &self.sites {
            for range in site.ranges.iter().filter(|r| r.feature == feature) {
                match lines.iter_mut().find(|(r, _)| r == range) {
                    Some((_, codes)) => codes.push(&site.code),
                    None => lines.push((*range, vec![&site.code])),
                }
            }
        }
        for (range, codes) in lines {
            write!(out, "    {} to {}", range.min, range.max)?;
            if range.step != 1.0 {
                write!(out, " in steps of {}", range.step)?;
            }
            if range.weight != 1.0 {
                write!(out, ", counted {} times", range.weight)?;
            }
            writeln!(out, ": {}", codes.join(" "))?;
        }
        Ok(())
    }

    /// One row an item, for `--json` and CSV.
    #[must_use]
    pub fn tidy(&self) -> Tidy {
        let mut tidy = Tidy::new(&[
            "scheme", "side", "region", "site", "title", "feature", "min", "max", "step", "weight",
        ]);
        for item in self.items() {
            let site = self.site(&item.site);
            tidy.push(vec![
                self.id.as_str().into(),
                item.side
                    .map_or(TidyCell::Empty, |s| format!("{s:?}").into()),
                site.map_or(TidyCell::Empty, |s| s.region.as_str().into()),
                item.site.as_str().into(),
                site.map_or(TidyCell::Empty, |s| s.title.as_str().into()),
                item.feature.as_str().into(),
                item.min.into(),
                item.max.into(),
                item.step.into(),
                item.weight.into(),
            ]);
        }
        tidy
    }
}
