//! Made tables of joints, sound ones and with names mixed up.
#![allow(unreachable_pub, dead_code, clippy::ptr_arg)] // Shared with an example; faults are of one type.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// How a table is made.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    pub subjects: usize,
    pub readers: usize,
    /// Share of sites that are damaged in a subject of the most damage.
    pub damaged: f64,
    /// Share of damaged sites of which a reader gives another grade.
    pub noise: f64,
    /// Share of sites that progress.
    pub progress: f64,
    /// Sites at which each reader sees more than there is, in everybody.
    pub liked: usize,
}

/// One score.
#[derive(Debug, Clone)]
pub struct Row {
    pub subject: String,
    pub visit: &'static str,
    pub reader: String,
    pub side: char,
    pub site: &'static str,
    pub feature: &'static str,
    pub score: u32,
}

const EROSION: [&str; 22] = [
    "MCP1", "MCP2", "MCP3", "MCP4", "MCP5", "PIP2", "PIP3", "PIP4", "PIP5", "IP1", "MC1", "RAD",
    "ULN", "MUL", "NAV", "LUN", "MTP1", "MTP2", "MTP3", "MTP4", "MTP5", "FIP1",
];

const NARROWING: [&str; 21] = [
    "MCP1",
    "MCP2",
    "MCP3",
    "MCP4",
    "MCP5",
    "PIP2",
    "PIP3",
    "PIP4",
    "PIP5",
    "MTP1",
    "MTP2",
    "MTP3",
    "MTP4",
    "MTP5",
    "FIP1",
    "CMC3",
    "CMC4",
    "CMC5",
    "MUL-NAV",
    "CAP-NAV-LUN",
    "RC",
];

/// Words of warnings that are no doubts, and a name for each.
pub const NOTES: &[(&str, &str)] = &[("carried forward", "Carried"), ("never scored", "Unread")];

impl Made {
    /// Sizes and kinds of sound tables: readers of damaged joints agree exactly on half to nine tenths of them.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for subjects in [8, 20, 60] {
            for (damaged, noise) in [(0.1, 0.45), (0.3, 0.45), (0.7, 0.12), (0.7, 0.45)] {
                for (readers, progress, liked) in [(2, 0.02, 8), (3, 0.1, 1)] {
                    all.push(Self {
                        subjects,
                        readers,
                        damaged,
                        noise,
                        progress,
                        liked,
                    });
                }
            }
        }
        all
    }

    /// Two visits of hands and feet; damage is alike on both sides, and each reader sees more at sites of his own.
    pub fn rows(&self, rng: &mut ChaCha8Rng) -> Vec<Row> {
        let mut rows = Vec::new();
        let sites = EROSION.iter().map(|s| (*s, "erosion"));
        let sites: Vec<_> = sites.chain(NARROWING.iter().map(|s| (*s, "jsn"))).collect();
        let liked: Vec<Vec<usize>> = (0..self.readers)
            .map(|_| {
                (0..self.liked)
                    .map(|_| rng.random_range(0..sites.len()))
                    .collect()
            })
            .collect();
        for subject in 0..self.subjects {
            let damage = self.damaged * rng.random::<f64>();
            let mut truth = Vec::new();
            for (site, feature) in &sites {
                let both = rng.random::<f64>();
                for side in ['L', 'R'] {
                    let at = 0.5 * both + 0.5 * rng.random::<f64>();
                    let grade = match at < damage {
                        true => 1 + (3.0 * rng.random::<f64>() * rng.random::<f64>()) as u32,
                        false => 0,
                    };
                    truth.push((side, *site, *feature, grade));
                }
            }
            for visit in ["M0", "M12"] {
                for (reader, liked) in liked.iter().enumerate() {
                    for (i, (side, site, feature, grade)) in truth.iter().enumerate() {
                        let more = u32::from(liked.contains(&(i / 2)));
                        rows.push(Row {
                            subject: format!("P{subject:03}"),
                            visit,
                            reader: ["A", "B", "C"][reader].to_owned(),
                            side: *side,
                            site,
                            feature,
                            score: (read(*grade, self.noise, rng) + more).min(4),
                        });
                    }
                }
                for place in &mut truth {
                    if rng.random::<f64>() < self.progress * 2.0 * damage {
                        place.3 = (place.3 + 1).min(4);
                    }
                }
            }
        }
        rows
    }
}

/// The grade that a reader gives.
fn read(grade: u32, noise: f64, rng: &mut ChaCha8Rng) -> u32 {
    let other = if grade == 0 { 0.1 * noise } else { noise };
    match rng.random::<f64>() < other {
        true if grade == 0 || rng.random() => (grade + 1).min(4),
        true => grade - 1,
        false => grade,
    }
}

/// The table of these scores.
pub fn text(rows: &[Row]) -> String {
    let mut text = "subject,visit,days,reader,scheme,side,site,feature,score\n".to_owned();
    for r in rows {
        let days = if r.visit == "M0" { 0 } else { 365 };
        text.push_str(&format!(
            "{},{},{days},{},svdh,{},{},{},{}\n",
            r.subject, r.visit, r.reader, r.side, r.site, r.feature, r.score
        ));
    }
    text
}

/// What is done to a table; the number chooses where.
pub type Fault = fn(&mut Vec<Row>, u32);

/// Name, what is done, and the kind of doubt that it should raise.
pub const FAULTS: &[(&str, Fault, &str)] = &[
    ("two subjects at M12", two_subjects, "Subjects"),
    ("two subjects at M12 by B", two_subjects_by_b, "Subjects"),
    ("sides at M12", sides_at_m12, "Items"),
    ("sides by B", sides_by_b, "Items"),
    ("fingers at M12", fingers_at_m12, "Items"),
    ("fingers by B", fingers_by_b, "Items"),
    ("MCP for PIP by B", rows_by_b, "Items"),
    ("features by B", features_by_b, "Items"),
    ("scale of B reversed", reversed_by_b, "Opposite"),
    ("visits of B", visits_of_b, "Visits"),
    ("a subject twice", subject_twice, "SubjectTwice"),
    ("B copied from A, a few edited", near_copy, "Readings"),
    ("every second M12 carried forward", carried, "Carried"),
    ("B without feet", without_feet, "Unread"),
];

fn names(rows: &[Row]) -> Vec<String> {
    let mut names: Vec<String> = rows.iter().map(|r| r.subject.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// The two subjects after the chosen one in the order of their names.
fn two(rows: &[Row], at: u32) -> (String, String) {
    let names = names(rows);
    let at = at as usize % names.len();
    (names[at].clone(), names[(at + 1) % names.len()].clone())
}

fn exchange(rows: &mut [Row], at: u32, of: impl Fn(&Row) -> bool) {
    let (a, b) = two(rows, at);
    for row in rows.iter_mut().filter(|r| of(r)) {
        if row.subject == a {
            row.subject.clone_from(&b);
        } else if row.subject == b {
            row.subject.clone_from(&a);
        }
    }
}

fn two_subjects(rows: &mut Vec<Row>, at: u32) {
    exchange(rows, at, |r| r.visit == "M12");
}

fn two_subjects_by_b(rows: &mut Vec<Row>, at: u32) {
    exchange(rows, at, |r| r.visit == "M12" && r.reader == "B");
}

fn other_side(row: &mut Row) {
    row.side = if row.side == 'L' { 'R' } else { 'L' };
}

fn sides_at_m12(rows: &mut Vec<Row>, _: u32) {
    rows.iter_mut()
        .filter(|r| r.visit == "M12")
        .for_each(other_side);
}

fn sides_by_b(rows: &mut Vec<Row>, _: u32) {
    rows.iter_mut()
        .filter(|r| r.reader == "B")
        .for_each(other_side);
}

fn other_end(row: &mut Row) {
    row.site = match row.site {
        "MCP1" => "MCP5",
        "MCP2" => "MCP4",
        "MCP4" => "MCP2",
        "MCP5" => "MCP1",
        "PIP2" => "PIP5",
        "PIP3" => "PIP4",
        "PIP4" => "PIP3",
        "PIP5" => "PIP2",
        site => site,
    };
}

fn fingers_at_m12(rows: &mut Vec<Row>, _: u32) {
    rows.iter_mut()
        .filter(|r| r.visit == "M12")
        .for_each(other_end);
}

fn fingers_by_b(rows: &mut Vec<Row>, _: u32) {
    rows.iter_mut()
        .filter(|r| r.reader == "B")
        .for_each(other_end);
}

fn rows_by_b(rows: &mut Vec<Row>, _: u32) {
    for row in rows.iter_mut().filter(|r| r.reader == "B") {
        row.site = match row.site {
            "MCP2" => "PIP2",
            "MCP3" => "PIP3",
            "MCP4" => "PIP4",
            "MCP5" => "PIP5",
            "PIP2" => "MCP2",
            "PIP3" => "MCP3",
            "PIP4" => "MCP4",
            "PIP5" => "MCP5",
            site => site,
        };
    }
}

fn features_by_b(rows: &mut Vec<Row>, _: u32) {
    let both = |site: &str| EROSION.contains(&site) && NARROWING.contains(&site);
    for row in rows.iter_mut().filter(|r| r.reader == "B" && both(r.site)) {
        row.feature = match row.feature {
            "jsn" => "erosion",
            _ => "jsn",
        };
    }
}

fn reversed_by_b(rows: &mut Vec<Row>, _: u32) {
    for row in rows.iter_mut().filter(|r| r.reader == "B") {
        row.score = 4 - row.score;
    }
}

fn visits_of_b(rows: &mut Vec<Row>, _: u32) {
    for row in rows.iter_mut().filter(|r| r.reader == "B") {
        row.visit = if row.visit == "M0" { "M12" } else { "M0" };
    }
}

fn subject_twice(rows: &mut Vec<Row>, at: u32) {
    let (name, _) = two(rows, at);
    let copy = rows.iter().filter(|r| r.subject == name).cloned();
    let mut copy: Vec<Row> = copy.collect();
    copy.iter_mut().for_each(|r| r.subject = "X999".to_owned());
    rows.extend(copy);
}

fn scores_of(rows: &[Row], of: impl Fn(&Row) -> bool) -> Vec<u32> {
    rows.iter().filter(|r| of(r)).map(|r| r.score).collect()
}

fn near_copy(rows: &mut Vec<Row>, _: u32) {
    let of_a = scores_of(rows, |r| r.reader == "A");
    let of_b = rows.iter_mut().filter(|r| r.reader == "B");
    for (i, (row, score)) in of_b.zip(of_a).enumerate() {
        row.score = match i % 101 {
            100 => (score + 1).min(4),
            _ => score,
        };
    }
}

fn carried(rows: &mut Vec<Row>, _: u32) {
    let names = names(rows);
    for name in names.iter().step_by(2) {
        let before = scores_of(rows, |r| r.subject == *name && r.visit == "M0");
        let after = rows
            .iter_mut()
            .filter(|r| r.subject == *name && r.visit == "M12");
        after.zip(before).for_each(|(row, score)| row.score = score);
    }
}

fn without_feet(rows: &mut Vec<Row>, _: u32) {
    rows.retain(|r| r.reader != "B" || !(r.site.starts_with("MTP") || r.site == "FIP1"));
}
