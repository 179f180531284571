//! WebSocket frames (RFC 6455 section 5.2) in which every field can be wrong.

/// The kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// A continuation.
    Continuation = 0,
    /// A text, or its first fragment.
    Text = 1,
    /// Binary data, or its first fragment.
    Binary = 2,
    /// A close.
    Close = 8,
    /// A ping.
    Ping = 9,
    /// A pong.
    Pong = 10,
}

/// The masking key. Any value works.
const KEY: [u8; 4] = [0x1f, 0x2e, 0x3d, 0x4c];

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Whether it is the last frame of its message.
    pub fin: bool,
    /// The three reserved bits.
    pub reserved: u8,
    /// The opcode.
    pub opcode: u8,
    /// Whether the payload is masked.
    pub masked: bool,
    /// The length in the header, if it differs from the payload's.
    pub declared: Option<u64>,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Frame {
    /// Makes a valid frame with a whole message.
    pub fn new(opcode: Opcode, payload: &[u8]) -> Self {
        let opcode = opcode as u8;
        Self { fin: true, reserved: 0, opcode, masked: true, declared: None, payload: payload.to_vec() }
    }

    /// Makes a close frame.
    pub fn closing(code: u16, reason: &str) -> Self {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend_from_slice(reason.as_bytes());
        Self::new(Opcode::Close, &payload)
    }

    /// Clears the FIN bit: more frames of the message follow.
    #[must_use]
    pub fn unfinished(self) -> Self {
        Self { fin: false, ..self }
    }

    /// Removes the mask.
    #[must_use]
    pub fn unmasked(self) -> Self {
        Self { masked: false, ..self }
    }

    /// Sets the reserved bits.
    #[must_use]
    pub fn reserved(self, reserved: u8) -> Self {
        Self { reserved, ..self }
    }

    /// Sets the length in the header to `bytes`.
    #[must_use]
    pub fn declaring(self, bytes: u64) -> Self {
        Self { declared: Some(bytes), ..self }
    }

    /// Returns the kind, if the opcode is known.
    pub fn opcode(&self) -> Option<Opcode> {
        use Opcode::{Binary, Close, Continuation, Ping, Pong, Text};
        [Continuation, Text, Binary, Close, Ping, Pong].into_iter().find(|known| *known as u8 == self.opcode)
    }

    /// Returns the code and the reason of a close frame, if it has them.
    pub fn close(&self) -> Option<(u16, String)> {
        let (code, reason) = self.payload.split_first_chunk()?;
        Some((u16::from_be_bytes(*code), String::from_utf8_lossy(reason).into_owned()))
    }

    /// Describes the frame in words.
    pub fn describe(&self) -> String {
        let kind =
            self.opcode().map_or_else(|| format!("opcode {}", self.opcode), |opcode| format!("{opcode:?}"));
        if let (Some(Opcode::Close), Some((code, reason))) = (self.opcode(), self.close()) {
            return format!("Close {code} “{reason}”");
        }
        let text: String = String::from_utf8_lossy(&self.payload).chars().take(300).collect();
        format!("{kind} {text}")
    }

    /// Encodes the frame.
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

    /// Decodes a server's frame from the beginning of `bytes`. Returns it with its length, or `None` if it is
    /// incomplete.
    ///
    /// # Panics
    /// If a server must not send such a frame.
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
