/// Closed level lines of a sampled field, by marching squares.
///
/// `field` is row-major, `width` across; inside is `field >= level`. Points are (column, row), sample centres at
/// integers; the outline of an island has a positive [`area`], that of a hole a negative one. Crossings are placed
/// linearly between samples. Outside the samples everything counts as below the level and the line runs half a
/// sample beyond them, so every line closes. Saddles are resolved by the mean of their four samples. NaN counts
/// as below. A field whose length is not `width * height` has no lines. The first point is not repeated.
/// (Lorensen, Cline, SIGGRAPH 1987, in two dimensions.)
#[must_use]
pub fn contours(field: &[f32], width: usize, height: usize, level: f32) -> Vec<Vec<[f64; 2]>> {
    if width == 0 || height == 0 || field.len() != width * height {
        return Vec::new();
    }
    let grid = Padded {
        field,
        width,
        height,
        level,
    };
    // Each crossed edge of the padded grid starts exactly one segment.
    let mut next = vec![NONE; 2 * grid.nodes()];
    for row in 0..=height {
        for column in 0..=width {
            for [from, to] in grid.segments(column, row).into_iter().flatten() {
                next[from] = to;
            }
        }
    }
    let mut lines = Vec::new();
    for start in 0..next.len() {
        let mut line = Vec::new();
        let mut edge = start;
        while next[edge] != NONE {
            line.push(grid.crossing(edge));
            edge = std::mem::replace(&mut next[edge], NONE);
        }
        if line.len() > 2 {
            lines.push(line);
        }
    }
    lines
}

/// Signed area of a closed line (shoelace); its sign tells holes from islands.
#[must_use]
pub fn area(line: &[[f64; 2]]) -> f64 {
    let following = line.iter().cycle().skip(1);
    let twice: f64 = line
        .iter()
        .zip(following)
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
        .sum();
    twice / 2.0
}

const NONE: usize = usize::MAX;

/// The field with one ring of "below" around it; node (1, 1) is the first sample.
struct Padded<'a> {
    field: &'a [f32],
    width: usize,
    height: usize,
    level: f32,
}

impl Padded<'_> {
    fn nodes(&self) -> usize {
        (self.width + 2) * (self.height + 2)
    }

    fn value(&self, column: usize, row: usize) -> Option<f32> {
        let inside = (1..=self.width).contains(&column) && (1..=self.height).contains(&row);
        let value = inside.then(|| self.field[(row - 1) * self.width + column - 1]);
        value.filter(|v| !v.is_nan())
    }

    fn above(&self, column: usize, row: usize) -> bool {
        self.value(column, row).is_some_and(|v| v >= self.level)
    }

    /// Edge from a node to the right (even) or down (odd).
    fn edge(&self, column: usize, row: usize, down: bool) -> usize {
        2 * (row * (self.width + 2) + column) + usize::from(down)
    }

    /// Segments of a cell, each from the edge it enters by to the edge it leaves by.
    fn segments(&self, c: usize, r: usize) -> [Option<[usize; 2]>; 2] {
        let corners = [(c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1)];
        let [a, b, d, e] = corners.map(|(x, y)| self.above(x, y));
        let top = self.edge(c, r, false);
        let right = self.edge(c + 1, r, true);
        let bottom = self.edge(c, r + 1, false);
        let left = self.edge(c, r, true);
        let case = usize::from(a) | usize::from(b) << 1 | usize::from(d) << 2 | usize::from(e) << 3;
        let one = |from, to| [Some([from, to]), None];
        match case {
            1 => one(top, left),
            2 => one(right, top),
            3 => one(right, left),
            4 => one(bottom, right),
            6 => one(bottom, top),
            7 => one(bottom, left),
            8 => one(left, bottom),
            9 => one(top, bottom),
            11 => one(right, bottom),
            12 => one(left, right),
            13 => one(top, right),
            14 => one(left, top),
            5 if self.joined(corners) => [Some([top, right]), Some([bottom, left])],
            5 => [Some([top, left]), Some([bottom, right])],
            10 if self.joined(corners) => [Some([left, top]), Some([right, bottom])],
            10 => [Some([right, top]), Some([left, bottom])],
            _ => [None, None],
        }
    }

    /// Whether the middle of a saddle is inside.
    fn joined(&self, corners: [(usize, usize); 4]) -> bool {
        let values = corners.map(|(x, y)| self.value(x, y));
        let sum: f32 = values.iter().map(|v| v.unwrap_or(self.level - 1.0)).sum();
        sum / 4.0 >= self.level
    }

    fn crossing(&self, edge: usize) -> [f64; 2] {
        let node = edge / 2;
        let (column, row) = (node % (self.width + 2), node / (self.width + 2));
        let down = edge % 2 == 1;
        let (other_column, other_row) = if down {
            (column, row + 1)
        } else {
            (column + 1, row)
        };
        let t = match (self.value(column, row), self.value(other_column, other_row)) {
            (Some(a), Some(b)) if a.is_finite() && b.is_finite() && a != b => {
                (f64::from(self.level) - f64::from(a)) / (f64::from(b) - f64::from(a))
            }
            _ => 0.5,
        };
        let (x, y) = (column as f64 - 1.0, row as f64 - 1.0);
        if down { [x, y + t] } else { [x + t, y] }
    }
}
