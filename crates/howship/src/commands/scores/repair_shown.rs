//! Probabilities and rates as they are shown: never more certain, never more learnt than they are.

use howship_scores::latent::{Basis, LatentReport};
use howship_scores::{Tidy, TidyCell};

/// Probabilities in words for the terminal; 0 stays only where the scale leaves nothing else.
pub(super) fn probabilities(mut tidy: Tidy) -> Tidy {
    for (column, name) in tidy.columns.iter().enumerate() {
        if !name.starts_with("p_") {
            continue;
        }
        for row in &mut tidy.rows {
            if let Some(cell) = row.get_mut(column)
                && let TidyCell::Number(p) = cell
            {
                *cell = TidyCell::Text(probability(*p));
            }
        }
    }
    tidy
}

pub(super) fn probability(p: f64) -> String {
    if p == 0.0 {
        "0".to_owned()
    } else if p >= 0.9995 {
        ">0.999".to_owned()
    } else if p < 0.0005 {
        "<0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

/// Rates of the model, without numbers where the data said nothing: those would only be what was believed before.
pub(super) fn rates(report: &LatentReport) -> Tidy {
    let mut tidy = report.tidy_parameters();
    let hidden = ["mean", "sd", "lower", "upper"];
    let hidden: Vec<usize> = (tidy.columns.iter().enumerate())
        .filter(|(_, name)| hidden.contains(&name.as_str()))
        .map(|(i, _)| i)
        .collect();
    for (row, parameter) in tidy.rows.iter_mut().zip(&report.parameters) {
        if parameter.basis == Basis::Prior {
            for &column in &hidden {
                row[column] = TidyCell::Empty;
            }
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_probability_is_printed_as_certain() {
        let shown = [0.0, 1e-9, 0.0004, 0.0005, 0.5, 0.9994, 0.99961, 1.0].map(probability);
        assert_eq!(
            shown,
            [
                "0", "<0.001", "<0.001", "0.001", "0.500", "0.999", ">0.999", ">0.999"
            ]
        );
    }
}
