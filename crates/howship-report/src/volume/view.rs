//! What is drawn, from where, and how large.

use crate::Mesh;

/// A surface with its colour.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Name for messages.
    pub name: &'a str,
    /// World mm.
    pub mesh: &'a Mesh,
    /// Linear-light RGB, 0 to 1.
    pub colour: [f32; 3],
    /// Lies on or under another surface: drawn a little nearer to the eye, and shines through what hides it.
    pub marker: bool,
}

/// Where the eye is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Name in print.
    pub name: &'static str,
    /// Unit vector from the eye into the scene, world LPS.
    pub direction: [f64; 3],
    /// Unit vector that is up in the picture, perpendicular to `direction`.
    pub up: [f64; 3],
}

impl View {
    fn right(&self) -> [f64; 3] {
        let (d, u) = (self.direction, self.up);
        std::array::from_fn(|i| {
            let (j, k) = ((i + 1) % 3, (i + 2) % 3);
            d[j] * u[k] - d[k] * u[j]
        })
    }

    /// Across, down, and away from the eye, mm.
    pub(super) fn camera(&self, point: [f64; 3]) -> [f64; 3] {
        let dot = |axis: [f64; 3]| -> f64 { (0..3).map(|i| axis[i] * point[i]).sum() };
        [dot(self.right()), -dot(self.up), dot(self.direction)]
    }
}

/// Size and quality of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RenderOptions {
    /// Pixels of the longer side of the scene, margins aside.
    pub pixels: usize,
    /// Samples per pixel and direction.
    pub supersampling: usize,
    /// Empty pixels around the scene.
    pub margin: usize,
    /// Millimetres per pixel; fitted to the scene where absent.
    pub mm_per_pixel: Option<f64>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            pixels: 720,
            supersampling: 3,
            margin: 24,
            mm_per_pixel: None,
        }
    }
}
