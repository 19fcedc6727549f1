use crate::Error;
use nalgebra::Vector3;
use std::io::Write;

/// Triangles over shared vertices.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mesh {
    /// World positions in mm (LPS).
    pub vertices: Vec<[f32; 3]>,
    /// Places in `vertices`, anticlockwise seen from outside.
    pub triangles: Vec<[u32; 3]>,
}

impl Mesh {
    /// Corners of a triangle; `None` if it names a vertex that is not there.
    fn corners(&self, triangle: [u32; 3]) -> Option<[Vector3<f64>; 3]> {
        let corner = |i: u32| {
            let vertex = self.vertices.get(i as usize)?;
            Some(Vector3::from(vertex.map(f64::from)))
        };
        Some([
            corner(triangle[0])?,
            corner(triangle[1])?,
            corner(triangle[2])?,
        ])
    }

    /// Area of all triangles in mm².
    #[must_use]
    pub fn area_mm2(&self) -> f64 {
        let area = |[a, b, c]: [Vector3<f64>; 3]| (b - a).cross(&(c - a)).norm() / 2.0;
        self.triangles
            .iter()
            .filter_map(|&t| self.corners(t))
            .map(area)
            .sum()
    }

    /// Volume in mm³ by the divergence theorem; of use only where the surface is closed.
    ///
    /// Measured from the first vertex, so that objects far from the origin lose no digits.
    #[must_use]
    pub fn volume_mm3(&self) -> f64 {
        let Some(&first) = self.vertices.first() else {
            return 0.0;
        };
        let origin = Vector3::from(first.map(f64::from));
        let signed = |[a, b, c]: [Vector3<f64>; 3]| {
            (a - origin).dot(&(b - origin).cross(&(c - origin))) / 6.0
        };
        self.triangles
            .iter()
            .filter_map(|&t| self.corners(t))
            .map(signed)
            .sum()
    }

    /// Outward unit normal of each vertex, weighted by the areas around it; 0 where there is none.
    #[must_use]
    pub fn vertex_normals(&self) -> Vec<[f32; 3]> {
        let mut sums = vec![Vector3::zeros(); self.vertices.len()];
        for &triangle in &self.triangles {
            let Some([a, b, c]) = self.corners(triangle) else {
                continue;
            };
            let normal = (b - a).cross(&(c - a));
            for i in triangle {
                sums[i as usize] += normal;
            }
        }
        let unit = |sum: Vector3<f64>| sum.try_normalize(0.0).unwrap_or_default();
        sums.into_iter()
            .map(|sum| unit(sum).map(|v| v as f32).into())
            .collect()
    }

    /// Smooths in place by pairs of steps, inwards and back out (Taubin, SIGGRAPH 1995).
    ///
    /// Noise goes and the volume stays (within about 1 % after 10 pairs). Usual steps are 0.5 and 0.53.
    /// Every vertex moves towards the mean of those it shares an edge with.
    ///
    /// # Errors
    /// The inward step is not between 0 and 1, or the outward one is not from the inward one to 1.
    pub fn smooth(&mut self, pairs: usize, inward: f64, outward: f64) -> Result<(), Error> {
        let refuse = |parameter, value, requirement| {
            Err(Error::Parameter {
                operation: "smooth",
                parameter,
                value,
                requirement,
            })
        };
        if !(0.0..1.0).contains(&inward) {
            return refuse("inward", inward, "from 0 to below 1");
        }
        if !(inward..=1.0).contains(&outward) {
            return refuse("outward", outward, "from the inward step to 1");
        }
        let neighbours = self.neighbours();
        for _ in 0..pairs {
            self.step(&neighbours, inward);
            self.step(&neighbours, -outward);
        }
        Ok(())
    }

    /// Pairs of vertices that share an edge, both ways, sorted.
    fn neighbours(&self) -> Vec<(u32, u32)> {
        let known = |t: &&[u32; 3]| t.iter().all(|&v| (v as usize) < self.vertices.len());
        let mut pairs: Vec<(u32, u32)> = self
            .triangles
            .iter()
            .filter(known)
            .flat_map(|&[a, b, c]| [(a, b), (b, a), (b, c), (c, b), (c, a), (a, c)])
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    fn step(&mut self, neighbours: &[(u32, u32)], share: f64) {
        let old = self.vertices.clone();
        let position = |i: u32| Vector3::from(old[i as usize].map(f64::from));
        for around in neighbours.chunk_by(|a, b| a.0 == b.0) {
            let here = around[0].0;
            let sum: Vector3<f64> = around.iter().map(|&(_, other)| position(other)).sum();
            let from = position(here);
            let to = from + (sum / around.len() as f64 - from) * share;
            self.vertices[here as usize] = to.map(|v| v as f32).into();
        }
    }

    /// Removes vertices that no triangle uses; the others keep their order.
    pub fn drop_unused_vertices(&mut self) {
        let mut number = vec![u32::MAX; self.vertices.len()];
        self.triangles
            .retain(|t| t.iter().all(|&v| (v as usize) < number.len()));
        for triangle in &self.triangles {
            for &vertex in triangle {
                number[vertex as usize] = 0;
            }
        }
        let mut kept = Vec::new();
        for (number, vertex) in number.iter_mut().zip(&self.vertices) {
            if *number == 0 {
                *number = kept.len() as u32;
                kept.push(*vertex);
            }
        }
        self.vertices = kept;
        for triangle in &mut self.triangles {
            *triangle = triangle.map(|vertex| number[vertex as usize]);
        }
    }

    /// Writes binary STL, in mm (LPS).
    ///
    /// # Errors
    /// The writer fails, or there are more than 2^32 triangles.
    pub fn write_stl(&self, mut to: impl Write) -> Result<(), Error> {
        let mut header = [0u8; 80];
        let title = b"Howship surface, mm, LPS";
        header[..title.len()].copy_from_slice(title);
        let solid: Vec<_> = self
            .triangles
            .iter()
            .filter_map(|&t| self.corners(t))
            .collect();
        let mut bytes = Vec::with_capacity(84 + 50 * solid.len());
        bytes.extend(header);
        bytes.extend(self.count(solid.len())?.to_le_bytes());
        for [a, b, c] in solid {
            let normal = (b - a)
                .cross(&(c - a))
                .try_normalize(0.0)
                .unwrap_or_default();
            for vector in [normal, a, b, c] {
                vector
                    .iter()
                    .for_each(|&v| bytes.extend((v as f32).to_le_bytes()));
            }
            bytes.extend([0, 0]);
        }
        to.write_all(&bytes).map_err(written)
    }

    /// Writes binary PLY with vertex normals, in mm (LPS).
    ///
    /// # Errors
    /// The writer fails, or there are more than 2^32 vertices or triangles.
    pub fn write_ply(&self, mut to: impl Write) -> Result<(), Error> {
        let header = format!(
            "ply\nformat binary_little_endian 1.0\ncomment mm, LPS\nelement vertex {}\n\
             property float x\nproperty float y\nproperty float z\n\
             property float nx\nproperty float ny\nproperty float nz\n\
             element face {}\nproperty list uchar uint vertex_indices\nend_header\n",
            self.count(self.vertices.len())?,
            self.count(self.triangles.len())?,
        );
        let mut bytes = header.into_bytes();
        for (vertex, normal) in self.vertices.iter().zip(self.vertex_normals()) {
            vertex
                .iter()
                .chain(&normal)
                .for_each(|v| bytes.extend(v.to_le_bytes()));
        }
        for triangle in &self.triangles {
            bytes.push(3);
            triangle.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
        }
        to.write_all(&bytes).map_err(written)
    }

    fn count(&self, n: usize) -> Result<u32, Error> {
        u32::try_from(n).map_err(|_| Error::Write {
            reason: format!("{n} elements, above 2^32"),
        })
    }
}

fn written(error: std::io::Error) -> Error {
    Error::Write {
        reason: error.to_string(),
    }
}
