//! Erosions that the reader points at on films.

use super::refuse::refuse;
use super::series::{FilmSeries, Shot};
use super::strands::{Strand, in_words};
use crate::Error;
use crate::beside_table::BesideTable;
use howship_change::{JointBone, Side, anatomy};
use howship_film::{GivenAt, GivenErosion, Landmarks};
use std::path::{Path, PathBuf};

const EXPECTED: &str = "give columns `joint`, `visit`, `x`, `y` (pixels of that visit's film), and where wanted `hand` (of its film, from 1), `side` (L or R), `film` (file name), `bone` (proximal or distal) and `mouth` (pixels)";
const COLUMNS: [&str; 9] = [
    "joint", "visit", "x", "y", "hand", "side", "film", "bone", "mouth",
];

/// Erosions that the reader points at, and the table that they stand in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GivenErosions {
    /// The table, where they are from one.
    pub path: Option<PathBuf>,
    /// Each with its line in the table.
    pub all: Vec<(usize, GivenAt)>,
}

/// Reads a table of erosions that the reader points at.
///
/// # Errors
/// It cannot be read, a column is missing or not known, or a cell is none of what its column holds.
pub fn read_given(path: &Path) -> Result<GivenErosions, Error> {
    let table = BesideTable::read(path, EXPECTED)?;
    let [joint, visit, x, y] = table.columns(["joint", "visit", "x", "y"])?;
    table.only(&COLUMNS)?;
    let [hand, bone, mouth, side, film] =
        ["hand", "bone", "mouth", "side", "film"].map(|name| table.find(name));
    let mut all = Vec::new();
    for row in &table.rows {
        let some = |at: Option<usize>| at.map(|a| row.cell(a)).filter(|c| !c.is_empty());
        let bad = |what: &str, cell: &str| table.bad(format!("line {}: {what} `{cell}`", row.line));
        let number = |at: usize| table.number(row, at);
        let bone = match some(bone) {
            None => None,
            Some("proximal") => Some(JointBone::Proximal),
            Some("distal") => Some(JointBone::Distal),
            Some(other) => return Err(bad("bone", other)),
        };
        let side = match some(side) {
            None => None,
            Some("L") => Some(Side::L),
            Some("R") => Some(Side::R),
            Some(other) => return Err(bad("side", other)),
        };
        let hand = match some(hand) {
            None => 1,
            Some(cell) => match cell.parse() {
                Ok(n) if n > 0 => n,
                _ => return Err(bad("hand", cell)),
            },
        };
        let name = row.cell(joint);
        if anatomy::joint(name).is_none() {
            return Err(bad(
                "no joint of the catalogue (as MCP2, PIP3, MTP5):",
                name,
            ));
        }
        let mouth = match mouth.filter(|at| !row.cell(*at).is_empty()) {
            None => None,
            Some(at) => {
                let length = number(at)?;
                if !(length > 0.0) {
                    return Err(bad("mouth", row.cell(at)));
                }
                Some(length)
            }
        };
        all.push((
            row.line,
            GivenAt {
                joint: name.to_owned(),
                hand,
                side,
                film: some(film).map(str::to_owned),
                erosion: GivenErosion {
                    visit: row.cell(visit).to_owned(),
                    bone,
                    at: [number(x)?, number(y)?],
                    mouth,
                },
            },
        ));
    }
    if all.is_empty() {
        return Err(table.bad("it holds no erosion"));
    }
    Ok(GivenErosions {
        path: Some(path.to_owned()),
        all,
    })
}

impl GivenErosions {
    /// The erosions alone.
    pub(super) fn points(&self) -> Vec<GivenAt> {
        self.all.iter().map(|(_, g)| g.clone()).collect()
    }

    /// Refuses a point that is of no film, or of more than one: none is dropped in silence, none taken twice.
    pub(super) fn check(
        &self,
        series: &FilmSeries,
        marks: &Landmarks,
        strands: &[Strand],
    ) -> Result<(), Error> {
        for (line, g) in &self.all {
            self.check_one(g, series, marks, strands)
                .map_err(|(why, mend)| {
                    let path = self.path.as_deref().unwrap_or(Path::new("erosions"));
                    let [x, y] = g.erosion.at;
                    let what = format!("{} at {} ({x}, {y})", g.joint, g.erosion.visit);
                    refuse(path, format!("line {line}: {what}: {why}"), mend)
                })?;
        }
        Ok(())
    }

    fn check_one(
        &self,
        g: &GivenAt,
        series: &FilmSeries,
        marks: &Landmarks,
        strands: &[Strand],
    ) -> Result<(), (String, String)> {
        if !series.visits.iter().any(|v| v.name == g.erosion.visit) {
            let known: Vec<&str> = series.visits.iter().map(|v| v.name.as_str()).collect();
            return Err((
                "there is no film of that visit".to_owned(),
                format!("the visits are {}", known.join(", ")),
            ));
        }
        let shot_of = |strand: &Strand| -> Option<&Shot> {
            let mut shots = strand.shots.iter().map(|i| &series.shots[*i]);
            shots.find(|s| series.visits[s.visit].name == g.erosion.visit)
        };
        let shown: Vec<(&Strand, &Shot)> = strands
            .iter()
            .filter_map(|strand| {
                let shot = shot_of(strand)?;
                let named = g.film.as_ref().is_none_or(|f| *f == shot.name);
                let there = marks.of(&shot.name).any(|m| g.is_of(m));
                (named && there).then_some((strand, shot))
            })
            .collect();
        match shown[..] {
            [] => {
                let films: Vec<&str> = series.shots.iter().map(|s| s.name.as_str()).collect();
                Err((
                    "no film that is compared shows this joint at that visit (of that hand, side and film, where they are said)".to_owned(),
                    format!("look at `landmarks.json` of a run without `--lesions` for what {} show", films.join(", ")),
                ))
            }
            [(_, shot)] => {
                let film = &shot.opened.film;
                let [x, y] = g.erosion.at;
                let within = |v: f64, n: usize| v >= -0.5 && v <= n as f64 - 0.5;
                if within(x, film.width()) && within(y, film.height()) {
                    return Ok(());
                }
                Err((
                    format!(
                        "it lies outside of `{}`, which has {} × {} pixels",
                        shot.name,
                        film.width(),
                        film.height()
                    ),
                    "x and y are pixels of the film as stored, from the upper left".to_owned(),
                ))
            }
            _ => {
                let names: Vec<String> = shown.iter().map(|(s, _)| in_words(&s.key)).collect();
                Err((
                    format!(
                        "more than one film of that visit shows this joint: {}",
                        names.join(", ")
                    ),
                    "say which in a column `side` (L or R) or `film` (its file name)".to_owned(),
                ))
            }
        }
    }
}
