use super::surface::Mesh;
use super::tables::{EDGES, TRIANGLES};
use crate::Error;
use howship_image::{Geometry, Mask, Volume};
use nalgebra::{Matrix3, Vector3};
use rayon::prelude::*;

/// The surface where a volume crosses `level`; inside is at or above it.
///
/// Marching cubes (Lorensen and Cline, Comput Graph 1987) with one rule for all ambiguous faces (inside
/// corners that touch only across a face's diagonal are separated), so the surface has no cracks, every
/// edge has two triangles, and an object that does not reach the border of the grid is closed. Vertices
/// are shared, interpolated along the grid lines, in world mm (LPS); triangles run anticlockwise seen from
/// outside. At the border of the grid the surface is open. NaN is outside.
///
/// # Errors
/// The level is NaN; more than 2^32 vertices.
pub fn marching_cubes(volume: &Volume<f32>, level: f32) -> Result<Mesh, Error> {
    if level.is_nan() {
        let (operation, parameter) = ("marching_cubes", "level");
        let requirement = "a number";
        return Err(Error::Parameter {
            operation,
            parameter,
            value: f64::NAN,
            requirement,
        });
    }
    surface(volume.geometry(), volume.data(), level, None)
}

/// The closed surface of a mask, midway between inside and outside voxel centres.
///
/// As [`marching_cubes`] at one half, on a grid padded with background, so that it is closed at the border
/// too. With `within`, only the parts between voxels that are all in that mask. The steps of a binary mask
/// make its area too large (9 % for a ball at any isotropic voxel size, 18 % at spacings of 1 : 2 : 4):
/// smooth the mask with a Gaussian of about a voxel first, or the mesh after, where the area matters.
///
/// # Errors
/// The grids differ; more than 2^32 vertices; the padded grid is too large.
pub fn marching_cubes_mask(mask: &Mask, within: Option<&Mask>) -> Result<Mesh, Error> {
    let old = mask.geometry();
    if let Some(within) = within {
        old.require_same(within.geometry())?;
    }
    let origin = old.world([-1.0; 3]).coords.into();
    let geometry = Geometry::new(
        old.size().map(|n| n + 2),
        old.spacing(),
        origin,
        old.direction(),
    )?;
    let size = old.size();
    let mut values = vec![0.0f32; geometry.voxels()];
    let plane = geometry.size()[0] * geometry.size()[1];
    values[plane..]
        .par_chunks_mut(plane)
        .zip(mask.data().par_chunks(size[0] * size[1]))
        .for_each(|(out, slice)| {
            for (y, row) in slice.chunks(size[0]).enumerate() {
                let start = geometry.offset(1, y + 1, 0);
                let out = &mut out[start..start + size[0]];
                out.iter_mut()
                    .zip(row)
                    .for_each(|(o, &v)| *o = f32::from(u8::from(v != 0)));
            }
        });
    surface(&geometry, &values, 0.5, within)
}

/// Layers of cells handled by one thread.
const SLAB: usize = 16;

/// What one slab of layers gives.
struct Part {
    vertices: Vec<[f32; 3]>,
    /// Vertex numbers count from the slab's first; those beyond its own belong to the next slab.
    triangles: Vec<[u32; 3]>,
}

fn surface(
    geometry: &Geometry,
    values: &[f32],
    level: f32,
    within: Option<&Mask>,
) -> Result<Mesh, Error> {
    let to_mm = geometry.index_to_mm();
    let mirrored = to_mm.determinant() < 0.0;
    let field = Field {
        geometry,
        to_mm,
        mirrored,
        values,
        level,
        within,
    };
    let slabs = geometry.size()[2].div_ceil(SLAB);
    let parts: Vec<Part> = (0..slabs)
        .into_par_iter()
        .map(|slab| field.slab(slab * SLAB))
        .collect();
    let total: usize = parts.iter().map(|part| part.vertices.len()).sum();
    if total >= u32::MAX as usize {
        let (operation, parameter) = ("marching_cubes", "vertices");
        let (value, requirement) = (total as f64, "below 2^32; smooth or crop the volume");
        return Err(Error::Parameter {
            operation,
            parameter,
            value,
            requirement,
        });
    }
    let mut mesh = Mesh {
        vertices: Vec::with_capacity(total),
        triangles: Vec::new(),
    };
    for part in parts {
        let base = mesh.vertices.len() as u32;
        mesh.vertices.extend(part.vertices);
        mesh.triangles
            .extend(part.triangles.into_iter().map(|t| t.map(|v| v + base)));
    }
    if within.is_some() {
        mesh.drop_unused_vertices();
    }
    Ok(mesh)
}

struct Field<'a> {
    geometry: &'a Geometry,
    to_mm: Matrix3<f64>,
    /// A left-handed grid turns every triangle round.
    mirrored: bool,
    values: &'a [f32],
    level: f32,
    within: Option<&'a Mask>,
}

/// Vertex numbers on the grid lines of one z plane.
struct Plane {
    along_x: Vec<u32>,
    along_y: Vec<u32>,
    inside: Vec<bool>,
}

const NONE: u32 = u32::MAX;

impl Field<'_> {
    /// Vertices on the grid lines that start at `SLAB` planes, and triangles of the cells above them.
    fn slab(&self, first: usize) -> Part {
        let [nx, ny, nz] = self.geometry.size();
        let mut part = Part {
            vertices: Vec::new(),
            triangles: Vec::new(),
        };
        let last = (first + SLAB).min(nz);
        let mut count = 0u32;
        let mut below = self.plane(first, &mut count, Some(&mut part.vertices));
        for z in first..last {
            if z + 1 == nz {
                break;
            }
            let mut along_z = vec![NONE; nx * ny];
            let above_inside = self.inside(z + 1);
            for (i, number) in along_z.iter_mut().enumerate() {
                if below.inside[i] != above_inside[i] {
                    *number = count;
                    count += 1;
                    part.vertices.push(self.vertex(i + z * nx * ny, 2));
                }
            }
            // The plane that starts the next slab is numbered here as that slab will number it.
            let own = z + 1 < last;
            let above = self.plane(z + 1, &mut count, own.then_some(&mut part.vertices));
            for y in 0..ny - 1 {
                self.cells(y, z, &below, &above, &along_z, &mut part.triangles);
            }
            below = above;
        }
        part
    }

    fn inside(&self, z: usize) -> Vec<bool> {
        let plane = self.geometry.size()[0] * self.geometry.size()[1];
        self.values[z * plane..(z + 1) * plane]
            .iter()
            .map(|&v| v >= self.level)
            .collect()
    }

    /// Numbers the crossings within a plane; makes the vertices if it is this slab's.
    fn plane(&self, z: usize, count: &mut u32, mut to: Option<&mut Vec<[f32; 3]>>) -> Plane {
        let [nx, ny, _] = self.geometry.size();
        let inside = self.inside(z);
        let (mut along_x, mut along_y) = (vec![NONE; nx * ny], vec![NONE; nx * ny]);
        for y in 0..ny {
            let (row, after) = (y * nx, (y + 2).min(ny) * nx);
            // Most pairs of rows cross nothing.
            if inside[row..after].iter().all(|&i| i == inside[row]) {
                continue;
            }
            for i in row..row + nx {
                let ends = [
                    (i + 1 < row + nx, 1, &mut along_x),
                    (y + 1 < ny, nx, &mut along_y),
                ];
                for (axis, (fits, step, numbers)) in ends.into_iter().enumerate() {
                    if fits && inside[i] != inside[i + step] {
                        numbers[i] = *count;
                        *count += 1;
                        if let Some(vertices) = to.as_deref_mut() {
                            vertices.push(self.vertex(i + z * nx * ny, axis));
                        }
                    }
                }
            }
        }
        Plane {
            along_x,
            along_y,
            inside,
        }
    }

    /// Where the grid line from a voxel along an axis crosses the level, in world mm.
    fn vertex(&self, offset: usize, axis: usize) -> [f32; 3] {
        let [nx, ny, _] = self.geometry.size();
        let stride = [1, nx, nx * ny][axis];
        let (a, b) = (
            f64::from(self.values[offset]),
            f64::from(self.values[offset + stride]),
        );
        let share = (f64::from(self.level) - a) / (b - a);
        let mut index = self.geometry.voxel(offset).map(|i| i as f64);
        // Infinite or NaN neighbours leave nothing to interpolate: the middle is taken.
        index[axis] += if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.5
        };
        let world = self.to_mm * Vector3::from(index) + Vector3::from(self.geometry.origin());
        world.map(|v| v as f32).into()
    }

    /// Triangles of one row of cells.
    fn cells(
        &self,
        y: usize,
        z: usize,
        below: &Plane,
        above: &Plane,
        along_z: &[u32],
        triangles: &mut Vec<[u32; 3]>,
    ) {
        let nx = self.geometry.size()[0];
        let row = y * nx;
        // The four corners at one x as bits, spread to the even bits of the case.
        let column = |i: usize| {
            usize::from(below.inside[i])
                | usize::from(below.inside[i + nx]) << 2
                | usize::from(above.inside[i]) << 4
                | usize::from(above.inside[i + nx]) << 6
        };
        let mut right = column(row);
        for x in 0..nx - 1 {
            let i = row + x;
            let left = right;
            right = column(i + 1);
            let case = left | right << 1;
            if case == 0 || case == 255 || !self.wanted([x, y, z]) {
                continue;
            }
            let number = |edge: u8| {
                let edge = usize::from(edge);
                let from = EDGES[edge].0;
                let plane = if from < 4 { below } else { above };
                let place = i + (from & 1) + nx * (from >> 1 & 1);
                match edge / 4 {
                    0 => plane.along_x[place],
                    1 => plane.along_y[place],
                    _ => along_z[place],
                }
            };
            for triangle in &TRIANGLES[case] {
                let [a, b, c] = triangle.map(number);
                triangles.push(if self.mirrored { [a, c, b] } else { [a, b, c] });
            }
        }
    }

    /// Whether all corners of a cell lie in the restriction; beyond its grid the nearest voxel decides.
    fn wanted(&self, cell: [usize; 3]) -> bool {
        let Some(within) = self.within else {
            return true;
        };
        let size = within.size();
        (0..8).all(|corner| {
            let bits = [corner & 1, corner >> 1 & 1, corner >> 2];
            // This grid has one more voxel on each side.
            let at = |a: usize| (cell[a] + bits[a]).saturating_sub(1).min(size[a] - 1);
            within.at(at(0), at(1), at(2)) != 0
        })
    }
}
