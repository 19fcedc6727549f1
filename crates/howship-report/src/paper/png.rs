use crate::Error;

/// Colour channels of an image handed to the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    Grey,
    Rgb,
    Rgba,
}

/// An 8-bit PNG; `pixels` runs row by row from the top.
pub(crate) fn encode(
    width: usize,
    height: usize,
    channels: Channels,
    pixels: &[u8],
) -> Result<Vec<u8>, Error> {
    let fail = |reason: String| Error::Png {
        width,
        height,
        reason,
    };
    let side = |n: usize| u32::try_from(n).map_err(|_| fail("too large".into()));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side(width)?, side(height)?);
    encoder.set_color(match channels {
        Channels::Grey => png::ColorType::Grayscale,
        Channels::Rgb => png::ColorType::Rgb,
        Channels::Rgba => png::ColorType::Rgba,
    });
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|e| fail(e.to_string()))?;
    writer
        .write_image_data(pixels)
        .map_err(|e| fail(e.to_string()))?;
    writer.finish().map_err(|e| fail(e.to_string()))?;
    Ok(bytes)
}

/// The image as a `data:` address.
pub(crate) fn data_url(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", super::base64::encode(png))
}
