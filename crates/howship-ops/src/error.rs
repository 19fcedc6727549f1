/// What can be wrong with the arguments of an operation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number that makes no sense for the operation.
    #[error("{operation}: {parameter} = {value} is not usable: it must be {requirement}")]
    Parameter {
        /// The operation.
        operation: &'static str,
        /// The argument.
        parameter: &'static str,
        /// What was given.
        value: f64,
        /// What is needed.
        requirement: &'static str,
    },
    /// No value to compute from.
    #[error("{operation}: there is no finite value to compute from; give a region that holds data")]
    Empty {
        /// The operation.
        operation: &'static str,
    },
    /// Grids that differ, or a grid that cannot be made.
    #[error(transparent)]
    Grid(#[from] howship_image::Error),
    /// A mesh could not be written.
    #[error("the mesh could not be written: {reason}")]
    Write {
        /// The cause, from the operating system.
        reason: String,
    },
}

/// Refuses a length that is negative, infinite or not a number.
pub(crate) fn require_length(
    operation: &'static str,
    parameter: &'static str,
    value: f64,
) -> Result<(), Error> {
    // Written so that NaN fails.
    if value >= 0.0 && value.is_finite() {
        return Ok(());
    }
    let requirement = "finite and not negative";
    Err(Error::Parameter {
        operation,
        parameter,
        value,
        requirement,
    })
}
