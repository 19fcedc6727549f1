//! The tables: scores as readers hand them in, and the truth.

use super::data::ReaderData;
use super::sites::SiteSpec;
use std::io::{self, Write};

impl ReaderData {
    /// `scores.csv`: one row a score.
    ///
    /// # Errors
    /// The writer's.
    pub fn write_scores(&self, out: &mut impl Write) -> io::Result<()> {
        let spec = &self.truth.spec;
        let campaign = &spec.reading.campaign;
        let (head, cell) = if campaign.is_empty() {
            ("", String::new())
        } else {
            ("campaign,", format!("{campaign},"))
        };
        writeln!(
            out,
            "subject,arm,visit,days,reader,{head}reading,sequence_blinded,scheme,side,region,site,feature,score,status"
        )?;
        let blinded = u8::from(spec.reading.sequence_blinded);
        let sites: Vec<String> = spec.sites.iter().map(codes).collect();
        let subjects: Vec<String> = (0..self.truth.subjects.len())
            .map(|s| {
                let arm = &spec.arms[self.truth.subjects[s].arm].name;
                format!("{},{arm}", self.truth.subject_name(s))
            })
            .collect();
        for row in &self.rows {
            write!(
                out,
                "{},{},{},{},{cell}{},{blinded},{},{},",
                subjects[row.subject as usize],
                spec.visits[row.visit as usize].name,
                row.days,
                spec.readers[row.reader as usize].name,
                row.reading,
                spec.scheme,
                sites[row.site as usize],
            )?;
            if row.score.is_nan() {
                writeln!(out, ",{}", row.status.word())?;
            } else {
                writeln!(out, "{},{}", tidy(row.score), row.status.word())?;
            }
        }
        Ok(())
    }

    /// `truth.csv`: one row for each subject, site and pair of visits: each visit and the next, and the first and
    /// every later one.
    ///
    /// # Errors
    /// The writer's.
    pub fn write_truth(&self, out: &mut impl Write) -> io::Result<()> {
        let truth = &self.truth;
        let spec = &truth.spec;
        writeln!(
            out,
            "subject,arm,side,region,site,feature,from,to,class,severity_from,severity_to,change,replaced"
        )?;
        let sites: Vec<String> = spec.sites.iter().map(codes).collect();
        let pairs = pairs(spec.visits.len());
        for (s, subject) in truth.subjects.iter().enumerate() {
            let name = truth.subject_name(s);
            let arm = &spec.arms[subject.arm].name;
            for (i, site) in sites.iter().enumerate() {
                for &(from, to) in &pairs {
                    let known = truth
                        .severity(s, i, from)
                        .zip(truth.severity(s, i, to))
                        .zip(truth.class(s, i, from, to));
                    let Some(((a, b), class)) = known else {
                        continue;
                    };
                    let replaced = u8::from(truth.replaced_from(s, i).is_some_and(|v| v <= to));
                    writeln!(
                        out,
                        "{name},{arm},{site},{},{},{},{},{},{},{replaced}",
                        spec.visits[from].name,
                        spec.visits[to].name,
                        class.word(),
                        tidy(a),
                        tidy(b),
                        tidy(b - a),
                    )?;
                }
            }
        }
        Ok(())
    }
}

/// Each visit and the next; then the first and every later one.
fn pairs(visits: usize) -> Vec<(usize, usize)> {
    let next = (1..visits).map(|v| (v - 1, v));
    next.chain((2..visits).map(|v| (0, v))).collect()
}

fn codes(site: &SiteSpec) -> String {
    format!(
        "{},{},{},{}",
        site.side, site.region, site.site, site.feature
    )
}

/// Steps such as 0.1 add up inexactly.
fn tidy(x: f64) -> f64 {
    let x = (x * 1e9).round() / 1e9;
    if x == 0.0 { 0.0 } else { x }
}
