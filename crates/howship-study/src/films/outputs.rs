//! What OUT holds of films.

use super::analyse::FilmOutcome;
use super::pictures::{overviews, strips};
use super::series::FilmSeries;
use crate::{Error, Observer, OutputFolder, json};
use howship_change::{FilmRegistrationFile, FilmTruth, FilmVerdictFile};
use howship_report::film::{FilmReportInput, film_csv, film_figures, film_html};

/// Writes every file of a result of films into its folder, truth beside verdict where it is known.
///
/// # Errors
/// A report that cannot be made, a file that cannot be written, a stop wanted by the observer.
pub fn write_films(
    folder: &OutputFolder,
    series: &FilmSeries,
    outcome: FilmOutcome,
    truth: Option<&FilmTruth>,
    observer: &dyn Observer,
) -> Result<FilmVerdictFile, Error> {
    let FilmOutcome { file, landmarks } = outcome;
    observer.progress("figures", 0.0);
    let strips = strips(series, &file);
    let overviews = overviews(series);
    let input = FilmReportInput {
        result: &file,
        truth,
        strips: &strips,
        overviews: &overviews,
    };
    crate::check(observer)?;
    folder.write("report.html", film_html(&input)?.as_bytes())?;
    observer.progress("figures", 0.5);
    folder.folder("figures")?;
    for (name, bytes) in film_figures(&input)? {
        folder.write(&format!("figures/{name}"), &bytes)?;
    }
    observer.progress("writing", 0.0);
    crate::check(observer)?;
    folder.write("verdicts.json", &json(&file)?)?;
    folder.write("joints.csv", film_csv(&file).as_bytes())?;
    folder.write(
        "registration.json",
        &json(&FilmRegistrationFile::of(&file))?,
    )?;
    let mut landmarks = landmarks.to_json().map_err(Error::Films)?.into_bytes();
    landmarks.push(b'\n');
    folder.write("landmarks.json", &landmarks)?;
    observer.progress("writing", 1.0);
    crate::check(observer)?;
    Ok(file)
}
