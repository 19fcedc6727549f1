/// Bounds-checked reading of numbers in a stated byte order.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) big_endian: bool,
}

macro_rules! number {
    ($name:ident, $type:ty) => {
        pub(crate) fn $name(&self, at: usize) -> Option<$type> {
            let bytes = self.bytes.get(at..at.checked_add(size_of::<$type>())?)?;
            let bytes = bytes.try_into().ok()?;
            Some(if self.big_endian {
                <$type>::from_be_bytes(bytes)
            } else {
                <$type>::from_le_bytes(bytes)
            })
        }
    };
}

impl<'a> View<'a> {
    pub(crate) fn little(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            big_endian: false,
        }
    }

    number!(u8, u8);
    number!(i16, i16);
    number!(u32, u32);
    number!(i32, i32);
    number!(i64, i64);
    number!(f32, f32);
    number!(f64, f64);

    /// Text up to the first NUL, without trailing blanks.
    pub(crate) fn text(&self, at: usize, length: usize) -> Option<String> {
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
        Some(String::from_utf8_lossy(&bytes[..end]).trim_end().to_owned())
    }
}
