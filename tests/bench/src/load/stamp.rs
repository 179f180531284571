//! The stamp in each message: its publisher, its number and its time.

/// Size of a stamp in bytes.
pub const STAMP_BYTES: usize = 4 + 12 + 16;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The part of a message that the receiver decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The publisher's index.
    pub publisher: u16,
    /// The message's number among its publisher's, from 0.
    pub number: u64,
    /// Time of sending, in ns since the generator was created.
    pub sent_ns: u64,
}

impl Stamp {
    /// Writes `bytes` bytes that end in the stamp. The digits have a fixed width, so decoding is cheap. The stamp is at
    /// the end, so the receiver finds it without decoding the rest.
    pub fn write(&self, bytes: usize, out: &mut Vec<u8>) {
        out.resize(out.len() + bytes.saturating_sub(STAMP_BYTES), b'.');
        let mut hex = |value: u64, digits: u32| {
            out.extend((0..digits).rev().map(|digit| DIGITS[(value >> (digit * 4)) as usize & 15]));
        };
        hex(u64::from(self.publisher), 4);
        hex(self.number, 12);
        hex(self.sent_ns, 16);
    }

    /// Decodes the stamp at the end of `data`.
    pub fn read(data: &[u8]) -> Option<Self> {
        let data: &[u8; STAMP_BYTES] = data.last_chunk()?;
        let number = |range: std::ops::Range<usize>| {
            data[range].iter().fold(0_u64, |value, &digit| {
                // The low four bits of `0`-`9` are the value. Those of `a`-`f` are 1 to 6, and bit 6 is set.
                value << 4 | u64::from((digit & 15) + (digit >> 6) * 9)
            })
        };
        Some(Self { publisher: number(0..4) as u16, number: number(4..16), sent_ns: number(16..32) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        let stamp = Stamp { publisher: 0xa9f, number: 0x0123_4567_89ab, sent_ns: u64::MAX - 5 };
        let mut out = Vec::new();
        stamp.write(128, &mut out);
        assert_eq!(out.len(), 128);
        assert_eq!(Stamp::read(&out), Some(stamp));
        assert_eq!(Stamp::read(&out[97..]), None);
    }
}
