/// What can keep a report from being made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A patch's volumes and masks do not pair up.
    #[error(
        "the patch of lesion {lesion} has {visits} visits and {cavities} cavities; give one cavity per visit and at least one visit"
    )]
    PatchCount {
        /// The lesion.
        lesion: u32,
        /// Volumes given.
        visits: usize,
        /// Cavities given.
        cavities: usize,
    },
    /// A patch's grids differ.
    #[error("the patch of lesion {lesion}: {source}")]
    PatchGrid {
        /// The lesion.
        lesion: u32,
        /// Which grids.
        source: howship_image::Error,
    },
    /// The axes of a patch span no space.
    #[error(
        "the axes {axes:?} of the patch of lesion {lesion} are not three perpendicular unit vectors"
    )]
    PatchAxes {
        /// The lesion.
        lesion: u32,
        /// The axes given.
        axes: [[f64; 3]; 3],
    },
    /// A triangle names a vertex that is not there.
    #[error(
        "surface `{surface}`: a triangle names vertex {vertex} of {count}; make the mesh again"
    )]
    Mesh {
        /// Name of the surface.
        surface: String,
        /// The vertex named.
        vertex: u32,
        /// Vertices there are.
        count: usize,
    },
    /// An image could not be encoded.
    #[error("figure of {width} x {height} pixels: {reason}")]
    Png {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
        /// What the encoder said.
        reason: String,
    },
    /// A figure of a page of scores is no picture that may stand there.
    #[error("figure `{caption}` of section `{section}` {reason}")]
    Figure {
        /// Heading of the section.
        section: String,
        /// Caption of the figure.
        caption: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A row of a table has too few or too many cells.
    #[error("table `{table}`: row {row} has {cells} cells for {columns} columns")]
    TableRow {
        /// Caption of the table.
        table: String,
        /// The row, from 1.
        row: usize,
        /// Cells given.
        cells: usize,
        /// Columns named.
        columns: usize,
    },
}
