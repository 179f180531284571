//! Finds the end of a request body (RFC 9112 sections 6.3 and 7.1), so that the next request can be held back.

/// The rest of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// This many bytes.
    Length(u64),
    /// Chunks, each preceded by its size.
    Chunked(Chunk),
}

/// The state of the parser of a chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chunk {
    /// In the size, with the value so far.
    Size(u64),
    /// After the size, in the same line. The value is the size.
    Extension(u64),
    /// In the data. The value is the number of remaining bytes, including the line end after the data.
    Data(u64),
    /// After the last chunk, at the start of a line.
    TrailerStart,
    /// After the last chunk, within a line.
    Trailer,
    /// After the empty line that ends the body.
    End,
}

impl Body {
    /// A chunked body before its first byte.
    pub(crate) const CHUNKED: Self = Self::Chunked(Chunk::Size(0));

    /// Consumes the bytes that belong to the body, and returns their number.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Length(left) => take_data(left, bytes.len()),
            Self::Chunked(chunk) => {
                let mut taken = 0;
                while taken < bytes.len() && *chunk != Chunk::End {
                    taken += chunk.take(&bytes[taken..]);
                }
                taken
            }
        }
    }

    /// Returns whether the body is complete.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunk::End))
    }
}

impl Chunk {
    /// Consumes at least one of the bytes, and returns the number of consumed bytes.
    fn take(&mut self, bytes: &[u8]) -> usize {
        if let Self::Data(left) = self {
            let taken = take_data(left, bytes.len());
            if *left == 0 {
                *self = Self::Size(0);
            }
            return taken;
        }
        let byte = bytes.first().copied().unwrap_or_default();
        let digit = char::from(byte).to_digit(16).map(u64::from);
        *self = match (*self, byte) {
            // The dispatcher refuses an invalid size, so it is ignored here.
            (Self::Size(size), _) if let Some(digit) = digit => {
                Self::Size(size.saturating_mul(16).saturating_add(digit))
            }
            (Self::Size(0) | Self::Extension(0), b'\n') => Self::TrailerStart,
            (Self::Size(size) | Self::Extension(size), b'\n') => {
                Self::Data(size.saturating_add(LINE_END_BYTES))
            }
            (Self::Size(size) | Self::Extension(size), _) => Self::Extension(size),
            (Self::TrailerStart, b'\n') => Self::End,
            (Self::TrailerStart, b'\r') => Self::TrailerStart,
            (Self::Trailer, b'\n') => Self::TrailerStart,
            (Self::TrailerStart | Self::Trailer, _) => Self::Trailer,
            (Self::Data(_) | Self::End, _) => *self,
        };
        1
    }
}

/// Bytes of the line end after a chunk's data.
const LINE_END_BYTES: u64 = 2;

fn take_data(left: &mut u64, there: usize) -> usize {
    let taken = usize::try_from(*left).map_or(there, |left| left.min(there));
    *left -= taken as u64;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_or_the_last_chunk_ends_a_body() {
        let next = b"GET / HTTP/1.1\r\n\r\n";
        for (body, framing) in [
            (&b"0123456789"[..], Body::Length(10)),
            (b"", Body::Length(0)),
            (b"4\r\nWiki\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", Body::CHUNKED),
            (b"00A\r\n0\r\n\r\n56789\r\n000\r\nTrailer: 0\r\nOther: b\r\n\r\n", Body::CHUNKED),
            (b"0\r\n\r\n", Body::CHUNKED),
        ] {
            let bytes = [body, next].concat();
            for cut in 0..bytes.len() {
                let (mut here, mut taken) = (framing, 0);
                for part in [&bytes[..cut], &bytes[cut..]] {
                    taken += here.take(part);
                }
                let told = String::from_utf8_lossy(body);
                assert!(here.is_complete(), "{told:?} cut at {cut}: {here:?}");
                assert_eq!(taken, body.len(), "{told:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn an_endless_size_causes_no_panic() {
        let mut body = Body::CHUNKED;
        assert_eq!(body.take(&[b'f'; 1000]), 1000);
        assert!(!body.is_complete());
    }
}
