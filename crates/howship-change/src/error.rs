/// What can be wrong with the domain's nouns.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A statistic refused its numbers.
    #[error("change from `{from}` to `{to}`: {source}")]
    Statistic {
        /// Name of the earlier visit.
        from: String,
        /// Name of the later visit.
        to: String,
        /// Why.
        source: howship_stats::Error,
    },
    /// A visit's name is no date and no month.
    #[error(
        "`{name}` is no visit name: use months from baseline (`M0`, `M6`) or a date (`2024-03-01`)"
    )]
    VisitName {
        /// What was given.
        name: String,
    },
    /// A site's name is not in the catalogue.
    #[error("`{name}` is no bone of the catalogue: use side and bone, as in `R.MC2` or `L.PP3`")]
    SiteName {
        /// What was given.
        name: String,
    },
    /// A joint's name is not in the catalogue.
    #[error(
        "`{name}` is no joint of the catalogue: use side and joint, as in `R.MCP2` or `L.PIP3`"
    )]
    JointName {
        /// What was given.
        name: String,
    },
}
