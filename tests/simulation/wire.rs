//! Decodes WebSocket frames from a stream of bytes, as a client does (RFC 6455 section 5.2).

/// A server's frame. It is a whole message, and not masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    Ping,
    Pong,
    Close(Option<u16>),
}

/// Bytes of an incomplete frame.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    bytes: Vec<u8>,
    read: usize,
}

impl Decoder {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the next frame. An invalid one is an error of the server.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, String> {
        let rest = &self.bytes[self.read..];
        let [first, second, ..] = *rest else { return Ok(None) };
        if first & 0xf0 != 0x80 || second & 0x80 != 0 {
            return Err(format!("not a frame header: {first:#x} {second:#x}"));
        }
        let extended = match second {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(header) = rest.get(2..2 + extended) else { return Ok(None) };
        let length = match extended {
            0 => usize::from(second),
            _ => header.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
        };
        let begin = 2 + extended;
        let Some(payload) = rest.get(begin..begin + length) else { return Ok(None) };
        let frame = match first & 0x0f {
            1 => Frame::Text(String::from_utf8(payload.to_vec()).map_err(|error| error.to_string())?),
            8 => Frame::Close(payload.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]]))),
            9 => Frame::Ping,
            10 => Frame::Pong,
            opcode => return Err(format!("a frame has the opcode {opcode}")),
        };
        self.read += begin + length;
        Ok(Some(frame))
    }
}
