use super::surface::Mesh;
use crate::Error;
use std::collections::BTreeMap;

impl Mesh {
    /// A coarser mesh: vertices within one cube of `cell_mm` become their mean (Rossignac and Borrel 1993).
    ///
    /// For pictures: details below the cell vanish and the surface may touch itself. Triangles that
    /// collapse or come twice are dropped.
    ///
    /// # Errors
    /// The cell is not positive and finite.
    pub fn decimate(&self, cell_mm: f64) -> Result<Self, Error> {
        if !(cell_mm > 0.0 && cell_mm.is_finite()) {
            let (operation, parameter) = ("decimate", "cell_mm");
            let requirement = "positive and finite";
            return Err(Error::Parameter {
                operation,
                parameter,
                value: cell_mm,
                requirement,
            });
        }
        // Float to integer casts saturate, so any finite position has a cell.
        let cell = |v: &[f32; 3]| v.map(|c| (f64::from(c) / cell_mm).floor() as i64);
        let mut clusters: BTreeMap<[i64; 3], usize> = BTreeMap::new();
        let mut sums: Vec<([f64; 3], f64)> = Vec::new();
        let mut cluster_of = Vec::with_capacity(self.vertices.len());
        for vertex in &self.vertices {
            let cluster = *clusters.entry(cell(vertex)).or_insert_with(|| {
                sums.push(([0.0; 3], 0.0));
                sums.len() - 1
            });
            let (sum, n) = &mut sums[cluster];
            (0..3).for_each(|a| sum[a] += f64::from(vertex[a]));
            *n += 1.0;
            cluster_of.push(cluster as u32);
        }
        let vertices = sums
            .iter()
            .map(|(sum, n)| sum.map(|s| (s / n) as f32))
            .collect();
        let mut mesh = Self {
            vertices,
            triangles: self.coarse_triangles(&cluster_of),
        };
        mesh.drop_unused_vertices();
        Ok(mesh)
    }

    fn coarse_triangles(&self, cluster_of: &[u32]) -> Vec<[u32; 3]> {
        let known = |t: &&[u32; 3]| t.iter().all(|&v| (v as usize) < cluster_of.len());
        let mut triangles: Vec<[u32; 3]> = self
            .triangles
            .iter()
            .filter(known)
            .map(|t| t.map(|v| cluster_of[v as usize]))
            .filter(|[a, b, c]| a != b && b != c && c != a)
            // The smallest number first, in the same sense of rotation.
            .map(|[a, b, c]| {
                if a < b && a < c {
                    [a, b, c]
                } else if b < c {
                    [b, c, a]
                } else {
                    [c, a, b]
                }
            })
            .collect();
        triangles.sort_unstable();
        triangles.dedup();
        triangles
    }
}
