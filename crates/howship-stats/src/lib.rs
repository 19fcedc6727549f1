//! Statistics of measurement: distributions' glue, precision error, least significant change, calibration of
//! probabilities, false discovery rate.
//!
//! Nothing here knows of images or lesions; everything takes plain numbers and says which formula it is.

mod agreement_bootstrap;
mod bland_altman;
mod bootstrap;
mod calibration;
mod concordance;
mod crossed_components;
mod crosstab;
mod distribution;
mod ends;
mod error;
mod error_by_size;
mod exact;
mod fleiss;
mod generalisability;
mod generalized_pivots;
mod gwet;
mod heteroscedastic;
mod icc;
mod interval;
mod jet;
mod kappa;
mod krippendorff;
mod kurtosis;
mod linear_model;
mod logistic;
mod measurement_error;
mod median;
mod mixed_model;
mod noncentral_t;
mod outlying;
mod posterior;
mod precision;
mod quantiles;
mod ranks;
mod ratings;
mod root;
mod specific_agreement;
mod two_way;

pub use agreement_bootstrap::{AgreementBootstrap, GradesPart, RatingStatistic, RatingsPart};
pub use bland_altman::{
    BlandAltman, BlandAltmanOptions, Limit, Repeatability, ReplicateLimits, bland_altman,
    repeatability, replicate_limits,
};
pub use bootstrap::{BootstrapDraws, BootstrapOptions, ClusterSums, cluster_bootstrap};
pub use calibration::{Coverage, ReliabilityBin, coverage, reliability};
pub use concordance::{Concordance, RepeatedConcordance, concordance, repeated_concordance};
pub use crossed_components::{
    CrossedComponents, OneWayComponents, crossed_components, one_way_components,
};
pub use crosstab::Crosstab;
pub use distribution::{ln_gamma, normal_cdf, normal_quantile, student_t_cdf, student_t_quantile};
pub use ends::{Ends, FEW_TARGETS};
pub use error::Error;
pub use exact::{clopper_pearson, sign_test};
pub use fleiss::{FleissKappa, fleiss_kappa};
pub use generalisability::{Generalisability, generalisability};
pub use gwet::{GwetAgreement, gwet_agreement};
pub use heteroscedastic::{
    DetectableChangeBySize, HeteroscedasticLimits, Line, SizeGroup, detectable_change_by_size,
    heteroscedastic_limits, line_of_points,
};
pub use icc::{AgreementInterval, Icc, IccForm, IccOptions, IccTable, icc};
pub use interval::{Estimate, Interval};
pub use kappa::{Kappa, KappaWeights, cohen_kappa};
pub use krippendorff::{KrippendorffAlpha, Scale, krippendorff_alpha};
pub use kurtosis::TailWeight;
pub use linear_model::{Contrast, Design, LinearFit, fit_linear};
pub use logistic::logistic;
pub use measurement_error::{
    MeasurementError, MeasurementErrorOptions, NormalErrorIntervals, ReaderScope,
    measurement_error, pooled_measurement_error,
};
pub use median::median;
pub use mixed_model::{
    DegreesOfFreedom, FTest, FixedEffects, Likelihood, MixedFit, MixedOptions, ResidualDiagnostics,
    fit_mixed,
};
pub use noncentral_t::{noncentral_t_cdf, noncentral_t_quantile};
pub use outlying::{OutlyingOptions, OutlyingRating, outlying_ratings};
pub use posterior::{ClassProbability, Prior, change_posterior, expected_false_discovery};
pub use precision::{
    coefficient_of_variation, least_significant_change, rms_precision_error, welch_satterthwaite,
};
pub use quantiles::{
    beta_quantile, chi_square_cdf, chi_square_quantile, fisher_f_cdf, fisher_f_quantile,
};
pub use ranks::{RankSum, mid_ranks, normal_scores, rank_sum, spearman};
pub use ratings::Ratings;
pub use specific_agreement::{AgreementShare, SpecificAgreement, Votes, specific_agreement};
