//! Bytes into the parts of an input. The byte 0xff, which no text holds, ends a part.

/// What is left of the bytes.
pub struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// One byte; 0 where there is none.
    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    /// The bytes up to the next 0xff.
    pub fn bytes(&mut self) -> &'a [u8] {
        let mut parts = self.0.splitn(2, |byte| *byte == 0xff);
        let first = parts.next().unwrap_or_default();
        self.0 = parts.next().unwrap_or_default();
        first
    }

    /// The same as text.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}
