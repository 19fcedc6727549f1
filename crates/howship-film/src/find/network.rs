//! The forward pass of the two small networks: convolutions, pooling, bilinear doubling, in f32.

use wide::f32x8;

/// An image with channels: `data[(y * width + x) * channels + c]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    pub(crate) data: Vec<f32>,
}

impl Tensor {
    pub(crate) fn zeros(height: usize, width: usize, channels: usize) -> Self {
        Self {
            height,
            width,
            channels,
            data: vec![0.0; height * width * channels],
        }
    }

    /// A border of zeros: rows and columns before and after.
    fn padded(&self, before: usize, after: usize) -> Self {
        let mut out = Self::zeros(
            self.height + before + after,
            self.width + before + after,
            self.channels,
        );
        let line = self.width * self.channels;
        for y in 0..self.height {
            let to = ((y + before) * out.width + before) * self.channels;
            out.data[to..to + line].copy_from_slice(&self.data[y * line..(y + 1) * line]);
        }
        out
    }
}

/// Output channels that are summed together: named as one vector, for a compiler left to itself vectorised along the
/// taps and spent its time on shuffling.
const LANES: usize = 8;
/// Output pixels that are summed together.
const PIXELS: usize = 4;

/// A convolution with zero padding, the normalisation folded in.
#[derive(Debug, Clone)]
pub(crate) struct Convolution {
    size: usize,
    stride: usize,
    inputs: usize,
    outputs: usize,
    /// By groups of [`LANES`] outputs: `[group][row][column][input][lane]`.
    kernel: Vec<f32x8>,
    bias: Vec<f32>,
    rectified: bool,
}

/// What a convolution is, without its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) size: usize,
    pub(crate) stride: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) rectified: bool,
}

impl Layer {
    pub(crate) const fn numbers(&self) -> usize {
        self.size * self.size * self.inputs * self.outputs + self.outputs
    }
}

impl Convolution {
    /// From the kernel in the order row, column, input, output, and the biases after it.
    pub(crate) fn new(layer: Layer, numbers: &[f32]) -> Self {
        let Layer {
            size,
            stride,
            inputs,
            outputs,
            rectified,
        } = layer;
        let taps = size * size * inputs;
        let groups = outputs.div_ceil(LANES);
        let mut kernel = vec![[0f32; LANES]; groups * taps];
        for (tap, row) in numbers.chunks_exact(outputs).take(taps).enumerate() {
            for (o, &value) in row.iter().enumerate() {
                kernel[(o / LANES) * taps + tap][o % LANES] = value;
            }
        }
        let bias = numbers[taps * outputs..].to_vec();
        Self {
            size,
            stride,
            inputs,
            outputs,
            kernel: kernel.into_iter().map(f32x8::new).collect(),
            bias,
            rectified,
        }
    }

    pub(crate) fn apply(&self, input: &Tensor) -> Tensor {
        let (height, width) = (
            input.height.div_ceil(self.stride),
            input.width.div_ceil(self.stride),
        );
        // As many zeros as the last window needs, the smaller half before.
        let needed = ((width - 1) * self.stride + self.size).saturating_sub(input.width);
        // Room for the pixels that a last, incomplete group reads.
        let padded = input.padded(needed / 2, needed - needed / 2);
        let mut out = Tensor::zeros(height, width, self.outputs);
        let taps = self.size * self.size * self.inputs;
        for y in 0..height {
            let mut x = 0;
            while x < width {
                let count = PIXELS.min(width - x);
                // A short group starts earlier and repeats pixels.
                let start = if count < PIXELS {
                    width.saturating_sub(PIXELS)
                } else {
                    x
                };
                for (group, kernel) in self.kernel.chunks_exact(taps).enumerate() {
                    let sums = self.window(&padded, kernel, y * self.stride, start * self.stride);
                    self.store(&mut out, &sums, group, y, start);
                }
                x += PIXELS;
            }
        }
        out
    }

    /// Sums of one group of outputs at [`PIXELS`] neighbours.
    #[inline]
    fn window(
        &self,
        padded: &Tensor,
        kernel: &[f32x8],
        row: usize,
        column: usize,
    ) -> [[f32; LANES]; PIXELS] {
        let line = self.size * self.inputs;
        let step = self.stride * self.inputs;
        let mut sums = [f32x8::ZERO; PIXELS];
        for (dy, taps) in kernel.chunks_exact(line).enumerate() {
            let base = ((row + dy) * padded.width + column) * self.inputs;
            let source = &padded.data[base..base + (PIXELS - 1) * step + line];
            let (a, b, c, d) = (
                &source[..line],
                &source[step..step + line],
                &source[2 * step..2 * step + line],
                &source[3 * step..3 * step + line],
            );
            for ((((&k, &a), &b), &c), &d) in taps.iter().zip(a).zip(b).zip(c).zip(d) {
                sums[0] += f32x8::splat(a) * k;
                sums[1] += f32x8::splat(b) * k;
                sums[2] += f32x8::splat(c) * k;
                sums[3] += f32x8::splat(d) * k;
            }
        }
        sums.map(f32x8::to_array)
    }

    fn store(
        &self,
        out: &mut Tensor,
        sums: &[[f32; LANES]; PIXELS],
        group: usize,
        y: usize,
        start: usize,
    ) {
        let first = group * LANES;
        let lanes = LANES.min(self.outputs - first);
        for (p, sum) in sums.iter().enumerate() {
            let at = (y * out.width + start + p) * self.outputs + first;
            let bias = &self.bias[first..first + lanes];
            for ((o, s), b) in out.data[at..at + lanes].iter_mut().zip(sum).zip(bias) {
                let value = s + b;
                *o = if self.rectified {
                    value.max(0.0)
                } else {
                    value
                };
            }
        }
    }
}

/// Largest of each 2 × 2 block.
pub(crate) fn halved(input: &Tensor) -> Tensor {
    let mut out = Tensor::zeros(input.height / 2, input.width / 2, input.channels);
    let c = input.channels;
    let line = input.width * c;
    for y in 0..out.height {
        for x in 0..out.width {
            let from = 2 * y * line + 2 * x * c;
            let to = (y * out.width + x) * c;
            for k in 0..c {
                let above = input.data[from + k].max(input.data[from + c + k]);
                let below = input.data[from + line + k].max(input.data[from + line + c + k]);
                out.data[to + k] = above.max(below);
            }
        }
    }
    out
}

/// Twice as large, bilinear between the centres of pixels, borders repeated.
pub(crate) fn doubled(input: &Tensor) -> Tensor {
    let c = input.channels;
    let mut out = Tensor::zeros(2 * input.height, 2 * input.width, c);
    let neighbours = |i: usize, count: usize| -> (usize, usize) {
        // Weight 0.75 on the own pixel, 0.25 on the one beside it.
        let own = i / 2;
        let beside = if i.is_multiple_of(2) {
            own.saturating_sub(1)
        } else {
            (own + 1).min(count - 1)
        };
        (own, beside)
    };
    for y in 0..out.height {
        let (y0, y1) = neighbours(y, input.height);
        for x in 0..out.width {
            let (x0, x1) = neighbours(x, input.width);
            let at = |y: usize, x: usize| &input.data[(y * input.width + x) * c..][..c];
            let (a, b, d, e) = (at(y0, x0), at(y0, x1), at(y1, x0), at(y1, x1));
            let to = (y * out.width + x) * c;
            for k in 0..c {
                out.data[to + k] = 0.5625 * a[k] + 0.1875 * (b[k] + d[k]) + 0.0625 * e[k];
            }
        }
    }
    out
}

/// Channels of `a`, then of `b`.
pub(crate) fn joined(a: &Tensor, b: &Tensor) -> Tensor {
    let mut out = Tensor::zeros(a.height, a.width, a.channels + b.channels);
    let parts = a
        .data
        .chunks_exact(a.channels)
        .zip(b.data.chunks_exact(b.channels));
    for (to, (x, y)) in out
        .data
        .chunks_exact_mut(a.channels + b.channels)
        .zip(parts)
    {
        to[..a.channels].copy_from_slice(x);
        to[a.channels..].copy_from_slice(y);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the sum as it is written in textbooks, at stride 1 and 2, for sizes that fill no group of lanes.
    #[test]
    fn a_convolution_is_the_plain_sum() {
        for (size, stride, outputs, side) in
            [(3, 1, 5, 7), (5, 2, 12, 12), (1, 1, 3, 6), (3, 1, 24, 9)]
        {
            let layer = Layer {
                size,
                stride,
                inputs: 3,
                outputs,
                rectified: false,
            };
            let number = |i: usize| ((i * 7919 % 101) as f32 - 50.0) / 37.0;
            let numbers: Vec<f32> = (0..layer.numbers()).map(number).collect();
            let mut input = Tensor::zeros(side, side, 3);
            input
                .data
                .iter_mut()
                .enumerate()
                .for_each(|(i, v)| *v = number(3 * i + 1));
            let out = Convolution::new(layer, &numbers).apply(&input);
            let before = ((side.div_ceil(stride) - 1) * stride + size).saturating_sub(side) / 2;
            for y in 0..out.height {
                for x in 0..out.width {
                    for o in 0..outputs {
                        let mut sum = f64::from(numbers[size * size * 3 * outputs + o]);
                        for (dy, dx, i) in (0..size).flat_map(|a| {
                            (0..size).flat_map(move |b| (0..3).map(move |c| (a, b, c)))
                        }) {
                            let (v, u) = (
                                (y * stride + dy).wrapping_sub(before),
                                (x * stride + dx).wrapping_sub(before),
                            );
                            if v < side && u < side {
                                let k = numbers[((dy * size + dx) * 3 + i) * outputs + o];
                                sum += f64::from(k) * f64::from(input.data[(v * side + u) * 3 + i]);
                            }
                        }
                        let found = f64::from(out.data[(y * out.width + x) * outputs + o]);
                        assert!((found - sum).abs() < 1e-4, "{size} {stride} {found} {sum}");
                    }
                }
            }
        }
    }

    #[test]
    fn doubling_keeps_a_plane() {
        let mut plane = Tensor::zeros(6, 6, 1);
        for y in 0..6 {
            for x in 0..6 {
                plane.data[y * 6 + x] = 2.0 * x as f32 - 3.0 * y as f32;
            }
        }
        let out = doubled(&plane);
        for y in 1..11 {
            for x in 1..11 {
                let (u, v) = ((x as f32 - 0.5) / 2.0, (y as f32 - 0.5) / 2.0);
                assert!((out.data[y * 12 + x] - (2.0 * u - 3.0 * v)).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn halving_takes_the_largest() {
        let input = Tensor {
            height: 2,
            width: 4,
            channels: 1,
            data: vec![1.0, 2.0, 0.0, -1.0, 3.0, 0.0, -5.0, -2.0],
        };
        assert_eq!(halved(&input).data, [3.0, 0.0]);
    }
}
