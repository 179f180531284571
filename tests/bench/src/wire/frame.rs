//! Frames (RFC 6455 section 5).

/// The kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Binary data.
    Binary,
    /// A close.
    Close,
    /// A ping.
    Ping,
    /// A pong.
    Pong,
    /// A frame that no server here sends: a fragment, or an unknown opcode.
    Other,
}

impl Kind {
    fn of(first: u8) -> Self {
        match first {
            0x81 => Self::Text,
            0x82 => Self::Binary,
            0x88 => Self::Close,
            0x89 => Self::Ping,
            0x8a => Self::Pong,
            _ => Self::Other,
        }
    }

    fn first(self) -> u8 {
        match self {
            Self::Text | Self::Other => 0x81,
            Self::Binary => 0x82,
            Self::Close => 0x88,
            Self::Ping => 0x89,
            Self::Pong => 0x8a,
        }
    }
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The kind of the frame.
    pub kind: Kind,
    /// The masking key of a client's payload.
    pub mask: Option<[u8; 4]>,
    /// Length of the header in bytes.
    pub bytes: usize,
    /// Length of the payload in bytes.
    pub payload_bytes: usize,
}

impl Header {
    /// Decodes a header. Returns `None` if it is incomplete.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        let (payload_bytes, mut end) = match second & 0x7f {
            126 => (usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), 4),
            127 => (usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?, 10),
            short => (usize::from(short), 2),
        };
        let mask = if second & 0x80 == 0 {
            None
        } else {
            let mask = *bytes.get(end..)?.first_chunk()?;
            end += 4;
            Some(mask)
        };
        Some(Self { kind: Kind::of(first), mask, bytes: end, payload_bytes })
    }

    /// Returns the length of the whole frame in bytes.
    pub fn frame_bytes(&self) -> usize {
        self.bytes + self.payload_bytes
    }
}

/// Appends a frame. A client must mask it, a server must not.
pub fn write(kind: Kind, payload: &[u8], mask: Option<[u8; 4]>, out: &mut Vec<u8>) {
    let masked = if mask.is_some() { 0x80 } else { 0 };
    out.push(kind.first());
    match payload.len() {
        short @ 0..126 => out.push(masked | short as u8),
        medium @ 126..65536 => {
            out.push(masked | 126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(masked | 127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    let Some(mask) = mask else { return out.extend_from_slice(payload) };
    out.extend_from_slice(&mask);
    let begin = out.len();
    out.extend_from_slice(payload);
    if let Some(payload) = out.get_mut(begin..) {
        apply(mask, payload);
    }
}

/// Masks or unmasks a payload.
pub fn apply(mask: [u8; 4], payload: &mut [u8]) {
    for chunk in payload.chunks_mut(4) {
        for (byte, key) in chunk.iter_mut().zip(mask) {
            *byte ^= key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_at_each_length_of_header() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            for mask in [None, Some([1, 2, 3, 4])] {
                let payload = vec![7; length];
                let mut bytes = Vec::new();
                write(Kind::Text, &payload, mask, &mut bytes);
                let header = Header::read(&bytes).unwrap();
                assert_eq!((header.kind, header.mask, header.payload_bytes), (Kind::Text, mask, length));
                assert_eq!(header.frame_bytes(), bytes.len());
                let mut read = bytes.split_off(header.bytes);
                apply(mask.unwrap_or_default(), &mut read);
                assert_eq!(read, payload);
            }
        }
    }

    #[test]
    fn half_a_header_is_none() {
        let mut bytes = Vec::new();
        write(Kind::Binary, &[0; 300], Some([9; 4]), &mut bytes);
        assert!((0..8).all(|end| Header::read(&bytes[..end]).is_none()));
        assert!(Header::read(&bytes[..8]).is_some());
    }
}
