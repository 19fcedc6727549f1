//! Intervals of agreement by resampling patients with everything that is theirs.

use crate::gwet::chance;
use crate::two_way::TwoWaySums;
use crate::{
    BootstrapDraws, BootstrapOptions, ClusterSums, Error, KappaWeights, Ratings, cluster_bootstrap,
};

/// Statistics of one table of ratings, in the order of its outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatingStatistic {
    /// ICC(1,1).
    OneWay,
    /// ICC(A,1).
    Agreement,
    /// ICC(C,1).
    Consistency,
    /// Standard error of measurement of one of these raters: √ residual variance. SDC and SDD are multiples of it.
    FixedError,
    /// Standard error of measurement of any rater: √ (rater + residual variance).
    AnyError,
}

impl RatingStatistic {
    /// All, in order.
    pub const ALL: [Self; 5] = [
        Self::OneWay,
        Self::Agreement,
        Self::Consistency,
        Self::FixedError,
        Self::AnyError,
    ];
}

/// Where a part's outputs lie among all outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatingsPart {
    first: usize,
}

impl RatingsPart {
    /// Output number of a statistic.
    #[must_use]
    pub fn output(self, statistic: RatingStatistic) -> usize {
        self.first + statistic as usize
    }
}

/// Where a pair of raters' outputs lie among all outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct GradesPart {
    first: usize,
    kappas: usize,
    grades: Vec<f64>,
}

impl GradesPart {
    /// Output number of the kappa with the weights handed over at this position.
    #[must_use]
    pub fn kappa(&self, weights: usize) -> Option<usize> {
        (weights < self.kappas).then_some(self.first + weights)
    }

    /// Output number of the specific agreement on a grade; none where no rater gives it.
    #[must_use]
    pub fn specific(&self, grade: f64) -> Option<usize> {
        let at = self.grades.iter().position(|g| *g == grade)?;
        Some(self.first + self.kappas + at)
    }

    /// Output number of the share of pairs that agree exactly.
    #[must_use]
    pub fn exact(&self) -> usize {
        self.first + self.kappas + self.grades.len()
    }

    /// Output number of the share of pairs that are at most 1 apart.
    #[must_use]
    pub fn within_one(&self) -> usize {
        self.exact() + 1
    }

    /// Output number of Gwet's coefficient with the weights handed over at this position.
    #[must_use]
    pub fn gwet(&self, weights: usize) -> Option<usize> {
        (weights < self.kappas).then_some(self.exact() + 2 + weights)
    }
}

enum Part {
    Ratings {
        start: usize,
        layout: TwoWaySums,
    },
    Grades {
        start: usize,
        /// Weights of each kappa, grades × grades.
        weights: Vec<Vec<f64>>,
        grades: usize,
    },
}

impl Part {
    fn width(&self) -> usize {
        match self {
            Self::Ratings { layout, .. } => layout.sums.len(),
            // Margins, agreement on each grade, weighted agreement, pairs at most 1 apart.
            Self::Grades {
                grades, weights, ..
            } => 3 * grades + weights.len() + 1,
        }
    }
}

/// Patient-cluster bootstrap of intraclass correlations, errors of measurement and kappas of many tables at once:
/// all statistics of a draw come from the same resampled patients.
///
/// Each table is boiled down to a few sums per patient once; a draw adds these sums, so that its cost does not depend
/// on how many joints or visits there are. On tables with holes the draws use variance components by moments
/// (Henderson's method 3), not REML.
pub struct AgreementBootstrap {
    clusters: usize,
    /// By cluster.
    rows: Vec<Vec<f64>>,
    parts: Vec<Part>,
    outputs: usize,
}

impl AgreementBootstrap {
    /// For clusters (patients) numbered from 0.
    #[must_use]
    pub fn new(clusters: usize) -> Self {
        Self {
            clusters,
            rows: vec![Vec::new(); clusters],
            parts: Vec::new(),
            outputs: 0,
        }
    }

    fn check(&self, cluster: usize) -> Result<(), Error> {
        if cluster < self.clusters {
            return Ok(());
        }
        Err(Error::Domain {
            name: "cluster",
            value: cluster as f64,
            allowed: "below the number of clusters",
        })
    }

    fn open(&mut self, part: Part, outputs: usize) -> usize {
        let width = part.width();
        for row in &mut self.rows {
            row.resize(row.len() + width, 0.0);
        }
        self.parts.push(part);
        let first = self.outputs;
        self.outputs += outputs;
        first
    }

    fn width(&self) -> usize {
        self.parts.iter().map(Part::width).sum()
    }

    /// Adds a table of ratings; `clusters` names the cluster of each target.
    ///
    /// # Errors
    /// A cluster number that is too large, or not one for every target.
    pub fn ratings(&mut self, ratings: &Ratings, clusters: &[usize]) -> Result<RatingsPart, Error> {
        if clusters.len() != ratings.targets() {
            return Err(Error::TooFew {
                statistic: "a bootstrap over clusters (a cluster for every target)",
                needed: ratings.targets(),
                found: clusters.len(),
            });
        }
        let whole = || ratings.values().iter().filter(|v| !v.is_nan());
        let shift = whole().sum::<f64>() / whole().count().max(1) as f64;
        let layout = TwoWaySums::empty(ratings);
        let start = self.width();
        let first = self.open(
            Part::Ratings {
                start,
                layout: layout.clone(),
            },
            RatingStatistic::ALL.len(),
        );
        for (target, &cluster) in clusters.iter().enumerate() {
            self.check(cluster)?;
            let mut one = layout.clone();
            one.add(ratings.row(target), shift);
            for (sum, own) in self.rows[cluster][start..].iter_mut().zip(&one.sums) {
                *sum += own;
            }
        }
        Ok(RatingsPart { first })
    }

    /// Adds pairs of grades by two raters, each with its cluster, for a kappa with each of the weights, the specific
    /// agreement on each grade, and the shares of pairs that agree exactly and to one point. `grades` are all that occur, rising; pairs with others or NaN are left out.
    ///
    /// # Errors
    /// A cluster number that is too large; fewer than two grades; weights that do not fit them.
    pub fn grades(
        &mut self,
        grades: &[f64],
        weights: &[KappaWeights],
        pairs: impl IntoIterator<Item = (usize, f64, f64)>,
    ) -> Result<GradesPart, Error> {
        let c = grades.len();
        if c < 2 {
            return Err(Error::TooFew {
                statistic: "kappa (grades that occur)",
                needed: 2,
                found: c,
            });
        }
        let weights: Vec<Vec<f64>> = (weights.iter())
            .map(|w| w.matrix(grades))
            .collect::<Result<_, _>>()?;
        let start = self.width();
        let first = self.open(
            Part::Grades {
                start,
                weights: weights.clone(),
                grades: c,
            },
            2 * weights.len() + c + 2,
        );
        for (cluster, a, b) in pairs {
            self.check(cluster)?;
            let (Some(i), Some(j)) = (grade_number(grades, a), grade_number(grades, b)) else {
                continue;
            };
            let row = &mut self.rows[cluster][start..];
            row[i] += 1.0;
            row[c + j] += 1.0;
            if i == j {
                row[2 * c + i] += 1.0;
            }
            for (sum, w) in row[3 * c..].iter_mut().zip(&weights) {
                *sum += w[i * c + j];
            }
            // Half grades leave no rounding that could push a difference of 1 beyond it.
            if (a - b).abs() <= 1.0 {
                row[3 * c + weights.len()] += 1.0;
            }
        }
        Ok(GradesPart {
            first,
            kappas: weights.len(),
            grades: grades.to_vec(),
        })
    }

    /// Draws.
    ///
    /// # Errors
    /// Fewer than 2 clusters, no draws.
    pub fn run(&self, options: &BootstrapOptions) -> Result<BootstrapDraws, Error> {
        let mut sums = ClusterSums::new(self.width());
        for row in &self.rows {
            sums.push(row);
        }
        let statistic = |total: &[f64], out: &mut [f64]| {
            let mut at = 0;
            for part in &self.parts {
                at += match part {
                    Part::Ratings { start, layout } => {
                        of_ratings(layout, &total[*start..], &mut out[at..])
                    }
                    Part::Grades {
                        start,
                        weights,
                        grades,
                    } => of_grades(*grades, weights, &total[*start..], &mut out[at..]),
                };
            }
        };
        cluster_bootstrap(&sums, self.outputs, statistic, options)
    }
}

fn grade_number(grades: &[f64], grade: f64) -> Option<usize> {
    let at = grades.partition_point(|g| *g < grade);
    (grades.get(at) == Some(&grade)).then_some(at)
}

fn of_ratings(layout: &TwoWaySums, total: &[f64], out: &mut [f64]) -> usize {
    let n = RatingStatistic::ALL.len();
    let values = layout
        .view_of(&total[..layout.sums.len()])
        .anova()
        .filter(|a| a.residual_freedom >= 1.0)
        .map_or([f64::NAN; 5], |anova| {
            let [t, r, e] = anova.components();
            let [between, within] = anova.one_way_components();
            [
                between / (between + within),
                t / (t + r + e),
                t / (t + e),
                e.sqrt(),
                (r.max(0.0) + e).sqrt(),
            ]
        });
    out[..n].copy_from_slice(&values);
    n
}

fn of_grades(c: usize, weights: &[Vec<f64>], total: &[f64], out: &mut [f64]) -> usize {
    let (rows, columns, same) = (&total[..c], &total[c..2 * c], &total[2 * c..3 * c]);
    let n: f64 = rows.iter().sum();
    for (k, w) in weights.iter().enumerate() {
        let mut expected = 0.0;
        for (line, row) in w.chunks_exact(c).zip(rows) {
            let mean: f64 = line.iter().zip(columns).map(|(w, p)| w * p).sum();
            expected += row * mean;
        }
        expected /= n * n;
        let observed = total[3 * c + k] / n;
        out[k] = if 1.0 - expected > 1e-12 {
            (observed - expected) / (1.0 - expected)
        } else {
            f64::NAN
        };
    }
    for g in 0..c {
        out[weights.len() + g] = 2.0 * same[g] / (rows[g] + columns[g]);
    }
    let shares = weights.len() + c;
    out[shares] = same.iter().sum::<f64>() / n;
    out[shares + 1] = total[3 * c + weights.len()] / n;
    let both: Vec<f64> = rows
        .iter()
        .zip(columns)
        .map(|(a, b)| (a + b) / (2.0 * n))
        .collect();
    for (k, w) in weights.iter().enumerate() {
        let expected = chance(w, &both);
        let observed = total[3 * c + k] / n;
        out[shares + 2 + k] = if 1.0 - expected > 1e-12 {
            (observed - expected) / (1.0 - expected)
        } else {
            f64::NAN
        };
    }
    shares + 2 + weights.len()
}
