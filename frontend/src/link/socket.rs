//! One WebSocket with its closures. They live and go together.

use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

/// What a socket tells.
pub(super) enum Told {
    Opened,
    Text(String),
    Closed { code: u16, reason: String },
}

/// An open socket, or one being opened. Dropping it closes it and silences it.
pub(super) struct Socket {
    socket: WebSocket,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Begins to open a socket; `tell` hears what becomes of it.
    pub(super) fn open(url: &str, tell: impl Fn(Told) + Clone + 'static) -> Result<Self, JsValue> {
        let socket = WebSocket::new(url)?;
        let tell_open = tell.clone();
        let on_open = Closure::<dyn FnMut()>::new(move || tell_open(Told::Opened));
        let tell_message = tell.clone();
        let on_message = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            // Binary frames are none of the protocol's.
            if let Some(text) = event.data().as_string() {
                tell_message(Told::Text(text));
            }
        });
        // `error` is always followed by `close`, which knows more.
        let on_close = Closure::<dyn FnMut(_)>::new(move |event: CloseEvent| {
            tell(Told::Closed { code: event.code(), reason: event.reason() });
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self { socket, _on_open: on_open, _on_message: on_message, _on_close: on_close })
    }

    /// Sends a text. A socket that is closing drops it; its `close` is already on the way.
    pub(super) fn send(&self, text: &str) {
        let _ = self.socket.send_with_str(text);
    }

    /// Closes the socket and tells nothing more of it.
    pub(super) fn silence(&self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.silence();
    }
}
