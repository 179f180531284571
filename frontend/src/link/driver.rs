//! Runs a [`Session`] over the browser's WebSocket: feeds it inputs, executes its actions, and sets one timer for its
//! deadlines. The state of the app gets the events in batches, once a frame.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use shared::protocol::{CloseCode, codec};
use shared::session::{Action, Event, Input, Session, SessionConfig, Status};
use shared::time::Timestamp;
use wasm_bindgen::prelude::{Closure, JsCast};
use web_sys::Event as DomEvent;

use super::socket::{Socket, SocketEvent};
use crate::browser::clock;
use crate::browser::listen::listen_for_good;
use crate::browser::visibility::is_hidden;
use crate::core::texts::words;
use crate::core::wire::{Frame, Frames, WireKind};

/// Interval between batches while the tab is hidden, in milliseconds. Nothing is rendered then, so there are no frames.
const HIDDEN_FLUSH_MS: u64 = 250;

/// Maximum size of the received texts of a batch, in bytes. Above it, the batch is delivered at once: the browser may run the
/// requested frame or timer late, or never while the window is covered.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The events and frames since the last batch, in order.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Event>,
    pub(crate) frames: Frames,
    /// Size of the received texts, in bytes.
    bytes: usize,
}

/// A handle to the app's only driver. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Driver(StoredValue<Rc<RefCell<Inner>>, LocalStorage>);

struct Inner {
    session: Session,
    socket: Option<Socket>,
    /// The browser's timer, and when it fires.
    timer: Option<(i32, Timestamp)>,
    on_timer: Closure<dyn FnMut()>,
    batch: Batch,
    flush_is_due: bool,
    flushed_at: Timestamp,
    on_batch: Rc<dyn Fn(Batch)>,
}

impl Driver {
    /// Creates a driver that is not connected. It calls `on_batch` at most once a frame, so a flood of messages costs one
    /// update per frame and not one per message.
    pub(crate) fn new(on_batch: impl Fn(Batch) + 'static) -> Self {
        let now = clock::now();
        let inner = Rc::new_cyclic(|this: &std::rc::Weak<RefCell<Inner>>| {
            let this = this.clone();
            let on_timer = Closure::<dyn FnMut()>::new(move || {
                if let Some(this) = this.upgrade() {
                    this.borrow_mut().timer = None;
                    handle(&this, Input::Elapsed);
                }
            });
            RefCell::new(Inner {
                session: Session::new(SessionConfig::default(), clock::seed(), now),
                socket: None,
                timer: None,
                on_timer,
                batch: Batch::default(),
                flush_is_due: false,
                flushed_at: Timestamp(0),
                on_batch: Rc::new(on_batch),
            })
        });
        let driver = Self(StoredValue::new_local(inner));
        driver.listen();
        driver
    }

    /// Replaces the session with a new one of `config`. Call it before [`Input::Start`].
    pub(crate) fn begin(self, config: SessionConfig) {
        let session = Session::new(config, clock::seed(), clock::now());
        self.0.with_value(|inner| inner.borrow_mut().session = session);
    }

    /// Feeds an input to the session.
    pub(crate) fn input(self, input: Input) {
        self.0.with_value(|inner| handle(inner, input));
    }

    /// Forwards each sign that the machine or the tab has woken up, because timers do not run while they sleep.
    fn listen(self) {
        for name in ["online", "focus"] {
            listen_for_good(name, move |_: DomEvent| self.input(Input::Woken));
        }
        // The browser may keep a page that the reader has left, for the back button. Such a page must close its connection,
        // or the reader would still count as present.
        let was_connected = StoredValue::new(false);
        listen_for_good("pagehide", move |_: DomEvent| {
            let status = self.0.with_value(|inner| inner.borrow().session.status());
            was_connected.set_value(!matches!(status, Status::Stopped | Status::Ended { .. }));
            self.input(Input::Stop);
        });
        listen_for_good("pageshow", move |_: DomEvent| {
            let input = if was_connected.get_value() { Input::Start } else { Input::Woken };
            self.input(input);
        });
        listen_for_good("visibilitychange", move |_: DomEvent| {
            if is_hidden() {
                // The requested animation frame will not run.
                self.0.with_value(flush);
            } else {
                self.input(Input::Woken);
            }
        });
    }
}

fn handle(this: &Rc<RefCell<Inner>>, input: Input) {
    let mut inner = this.borrow_mut();
    if input == Input::Woken {
        clock::catch_up();
    }
    let mut next = Some(input);
    // Read the clock once: it takes longer than decoding a message.
    let now = clock::now();
    while let Some(input) = next.take() {
        inner.session.handle(input, now);
        while let Some(action) = inner.session.poll_action() {
            match action {
                Action::Open => {
                    if !inner.open(this) {
                        next = Some(Input::Closed { code: None });
                    }
                }
                Action::Send(message) => inner.send(codec::encode_client(&message)),
                Action::Close => inner.close(),
                Action::Emit(event) => inner.batch.events.push(event),
            }
        }
    }
    inner.set_timer(now);
    inner.schedule_flush(this);
}

fn handle_socket(this: &Rc<RefCell<Inner>>, event: SocketEvent) {
    let input = match event {
        SocketEvent::Opened => {
            this.borrow_mut().note(WireKind::Open, socket_url());
            Input::Opened
        }
        SocketEvent::Text(text) => {
            let decoded = codec::decode_server(&text);
            let mut inner = this.borrow_mut();
            inner.batch.bytes += text.len();
            inner.note(WireKind::Received, text);
            drop(inner);
            // A message that cannot be decoded is shown in the wire panel and otherwise ignored, like an unknown type.
            let Ok(message) = decoded else { return this.borrow_mut().schedule_flush(this) };
            Input::Received(message)
        }
        SocketEvent::Closed { code, reason } => {
            let mut inner = this.borrow_mut();
            inner.note(WireKind::Close, format!("{code} {reason}").trim_end().to_owned());
            inner.socket = None;
            Input::Closed { code: Some(CloseCode(code)) }
        }
    };
    handle(this, input);
}

fn flush(this: &Rc<RefCell<Inner>>) {
    let (batch, on_batch) = {
        let mut inner = this.borrow_mut();
        inner.flush_is_due = false;
        inner.flushed_at = clock::now();
        (std::mem::take(&mut inner.batch), Rc::clone(&inner.on_batch))
    };
    if !batch.events.is_empty() || !batch.frames.is_empty() {
        on_batch(batch);
    }
}

impl Inner {
    fn open(&mut self, this: &Rc<RefCell<Self>>) -> bool {
        let weak = Rc::downgrade(this);
        let notify = move |event| {
            if let Some(this) = weak.upgrade() {
                handle_socket(&this, event);
            }
        };
        self.socket = Socket::open(&socket_url(), notify).ok();
        self.socket.is_some()
    }

    fn send(&mut self, text: String) {
        if let Some(socket) = &self.socket {
            socket.send(&text);
            self.note(WireKind::Sent, text);
        }
    }

    fn close(&mut self) {
        if self.socket.take().is_some() {
            self.note(WireKind::Close, words().wire_closed_by_app.to_owned());
        }
    }

    fn note(&mut self, kind: WireKind, text: String) {
        self.batch.frames.push(Frame::new(kind, clock::now(), text));
    }

    /// Sets the timer so that it fires at the session's deadline or earlier. An earlier timer stays: each received message
    /// moves the deadline, and a timer that fires too early only sets a new one.
    fn set_timer(&mut self, now: Timestamp) {
        let deadline = self.session.poll_timeout();
        if let (Some((_, fires_at)), Some(deadline)) = (self.timer, deadline)
            && fires_at <= deadline
        {
            return;
        }
        if let Some((timer, _)) = self.timer.take() {
            window().clear_timeout_with_handle(timer);
        }
        let Some(deadline) = deadline else { return };
        // At most a day, because the browser counts milliseconds with 32 bits. Then the timer is set again.
        let wait = deadline.since(now).min(Duration::from_secs(86_400));
        let callback = self.on_timer.as_ref().unchecked_ref();
        let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        let timer = window().set_timeout_with_callback_and_timeout_and_arguments_0(callback, wait_ms);
        self.timer = timer.ok().map(|timer| (timer, now + wait));
    }

    fn schedule_flush(&mut self, this: &Rc<RefCell<Self>>) {
        let is_empty = self.batch.events.is_empty() && self.batch.frames.is_empty();
        let is_full = self.batch.bytes > BATCH_BYTES_MAX;
        if is_empty || (self.flush_is_due && !is_full) {
            return;
        }
        self.flush_is_due = true;
        let this = Rc::clone(this);
        let run = move || flush(&this);
        if is_full {
            self.batch.bytes = 0;
            queue_microtask(run);
        } else if !is_hidden() {
            request_animation_frame(run);
        } else if clock::now().since(self.flushed_at) >= Duration::from_millis(HIDDEN_FLUSH_MS) {
            queue_microtask(run);
        } else {
            set_timeout(run, Duration::from_millis(HIDDEN_FLUSH_MS));
        }
    }
}

/// Returns the address of `/ws` on the server that served the app, so that one bundle works everywhere.
fn socket_url() -> String {
    let location = location();
    let secure = location.protocol().is_ok_and(|protocol| protocol == "https:");
    let scheme = if secure { "wss" } else { "ws" };
    format!("{scheme}://{}/ws", location.host().unwrap_or_default())
}
