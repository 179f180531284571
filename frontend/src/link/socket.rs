//! One WebSocket and its closures, which are dropped together.

use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

/// An event of a socket.
pub(super) enum SocketEvent {
    Opened,
    Text(String),
    Closed { code: u16, reason: String },
}

/// A socket that is open or opening. Dropping it closes it and ends its events.
pub(super) struct Socket {
    socket: WebSocket,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Starts to open a socket. Calls `notify` with each of its events.
    ///
    /// # Errors
    /// The browser's exception if it refuses the address.
    pub(super) fn open(url: &str, notify: impl Fn(SocketEvent) + Clone + 'static) -> Result<Self, JsValue> {
        let socket = WebSocket::new(url)?;
        let notify_open = notify.clone();
        let on_open = Closure::<dyn FnMut()>::new(move || notify_open(SocketEvent::Opened));
        let notify_message = notify.clone();
        let on_message = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            // Ignore binary frames: the protocol has none.
            if let Some(text) = event.data().as_string() {
                notify_message(SocketEvent::Text(text));
            }
        });
        // No listener for `error`: `close` always follows it and has more details.
        let on_close = Closure::<dyn FnMut(_)>::new(move |event: CloseEvent| {
            notify(SocketEvent::Closed { code: event.code(), reason: event.reason() });
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self { socket, _on_open: on_open, _on_message: on_message, _on_close: on_close })
    }

    /// Sends a text. A closing socket drops it, and its `close` event will follow.
    pub(super) fn send(&self, text: &str) {
        let _ = self.socket.send_with_str(text);
    }

    /// Closes the socket and ends its events.
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
