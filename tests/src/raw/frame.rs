//! Frames as RFC 6455 section 5.2 has them, with every field free to be wrong.

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// The next part of a message.
    Continuation = 0,
    /// A text, or its first part.
    Text = 1,
    /// Bytes, or their first part.
    Binary = 2,
    /// The end.
    Close = 8,
    /// A question for life.
    Ping = 9,
    /// The answer to it.
    Pong = 10,
}

/// The key that masks what is sent. Any will do.
const KEY: [u8; 4] = [0x1f, 0x2e, 0x3d, 0x4c];

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Whether it is the last of its message.
    pub fin: bool,
    /// The three reserved bits.
    pub reserved: u8,
    /// What it is, as a number.
    pub opcode: u8,
    /// Whether the payload is masked when it is sent.
    pub masked: bool,
    /// The length that the header declares, where it is not the payload's.
    pub declared: Option<u64>,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A proper frame that is a whole message.
    pub fn new(opcode: Opcode, payload: &[u8]) -> Self {
        let opcode = opcode as u8;
        Self { fin: true, reserved: 0, opcode, masked: true, declared: None, payload: payload.to_vec() }
    }

    /// A close frame.
    pub fn closing(code: u16, reason: &str) -> Self {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend_from_slice(reason.as_bytes());
        Self::new(Opcode::Close, &payload)
    }

    /// The same, with more of its message to follow.
    #[must_use]
    pub fn unfinished(self) -> Self {
        Self { fin: false, ..self }
    }

    /// The same, without a mask.
    #[must_use]
    pub fn unmasked(self) -> Self {
        Self { masked: false, ..self }
    }

    /// The same, with reserved bits set.
    #[must_use]
    pub fn reserved(self, reserved: u8) -> Self {
        Self { reserved, ..self }
    }

    /// The same, with a header that promises `bytes`.
    #[must_use]
    pub fn declaring(self, bytes: u64) -> Self {
        Self { declared: Some(bytes), ..self }
    }

    /// What it is, where that has a name.
    pub fn opcode(&self) -> Option<Opcode> {
        use Opcode::{Binary, Close, Continuation, Ping, Pong, Text};
        [Continuation, Text, Binary, Close, Ping, Pong].into_iter().find(|known| *known as u8 == self.opcode)
    }

    /// The code and the reason of a close frame that has them.
    pub fn close(&self) -> Option<(u16, String)> {
        let (code, reason) = self.payload.split_first_chunk()?;
        Some((u16::from_be_bytes(*code), String::from_utf8_lossy(reason).into_owned()))
    }

    /// The frame in words.
    pub fn describe(&self) -> String {
        let kind =
            self.opcode().map_or_else(|| format!("opcode {}", self.opcode), |opcode| format!("{opcode:?}"));
        if let (Some(Opcode::Close), Some((code, reason))) = (self.opcode(), self.close()) {
            return format!("Close {code} “{reason}”");
        }
        let text: String = String::from_utf8_lossy(&self.payload).chars().take(300).collect();
        format!("{kind} {text}")
    }

    /// The frame in bytes.
    pub fn encode(&self) -> Vec<u8> {
        let length = self.declared.unwrap_or(self.payload.len() as u64);
        let mask_bit = if self.masked { 0x80 } else { 0 };
        let mut bytes = vec![u8::from(self.fin) << 7 | self.reserved << 4 | self.opcode];
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short @ 0..=125), _) => bytes.push(mask_bit | short),
            (_, Ok(middle)) => {
                bytes.push(mask_bit | 126);
                bytes.extend(middle.to_be_bytes());
            }
            _ => {
                bytes.push(mask_bit | 127);
                bytes.extend(length.to_be_bytes());
            }
        }
        if self.masked {
            bytes.extend(KEY);
            bytes.extend(self.payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        } else {
            bytes.extend(&self.payload);
        }
        bytes
    }

    /// Reads a frame of the server's from the beginning of `bytes`, and tells how many bytes it took; nothing where
    /// it is not complete.
    ///
    /// # Panics
    /// Where a server must not send such a frame.
    pub fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        assert_eq!(second & 0x80, 0, "a server's frames are not masked");
        assert_eq!(first & 0x70, 0, "no extension was agreed on, so the reserved bits are 0");
        let (length, rest) = match second {
            126 => rest
                .split_first_chunk()
                .map(|(&length, rest)| (u64::from(u16::from_be_bytes(length)), rest))?,
            127 => rest.split_first_chunk().map(|(&length, rest)| (u64::from_be_bytes(length), rest))?,
            short => (u64::from(short), rest),
        };
        let payload = rest.get(..usize::try_from(length).ok()?)?.to_vec();
        let taken = bytes.len() - rest.len() + payload.len();
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
        Some((Self { fin, reserved: 0, opcode, masked: false, declared: None, payload }, taken))
    }
}
