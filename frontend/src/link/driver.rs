//! Runs a [`Session`] over the browser's WebSocket: inputs in, actions done, one timer for the rest.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use shared::ids::MessageId;
use shared::protocol::{CloseCode, codec};
use shared::session::{Action, Event, Input, Session, SessionConfig, Status};
use shared::time::Timestamp;
use wasm_bindgen::prelude::{Closure, JsCast};

use super::socket::{Socket, Told};
use crate::browser::clock;
use crate::core::wire::{Frame, Frames, WireKind};

/// While the page is hidden nothing is drawn, and what has come is handed over this seldom, in milliseconds.
const HIDDEN_FLUSH_MS: u64 = 250;

/// What has come since the last time, in order.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Event>,
    pub(crate) frames: Frames,
}

/// A handle to the one driver of the page. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Driver(StoredValue<Rc<RefCell<Inner>>, LocalStorage>);

struct Inner {
    session: Session,
    socket: Option<Socket>,
    /// The socket before, kept until the next input: it may be the one whose closure is running.
    retired: Option<Socket>,
    /// The browser's timer, and when it runs out.
    timer: Option<(i32, Timestamp)>,
    on_timer: Closure<dyn FnMut()>,
    batch: Batch,
    flush_is_due: bool,
    flushed_at: Timestamp,
    on_batch: Rc<dyn Fn(Batch)>,
}

impl Driver {
    /// A driver at rest. It hands over what happened once a frame, so that a flood of messages costs one update of
    /// the page for each frame and not one for each message.
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
                retired: None,
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

    /// Begins as somebody, with a session that knows nothing else yet. To be called before [`Input::Start`].
    pub(crate) fn begin(self, config: SessionConfig) {
        let session = Session::new(config, clock::seed(), clock::now());
        self.0.with_value(|inner| inner.borrow_mut().session = session);
    }

    /// Tells the session something.
    pub(crate) fn input(self, input: Input) {
        self.0.with_value(|inner| handle(inner, input));
    }

    /// A new id for a message.
    pub(crate) fn new_message_id(self) -> MessageId {
        self.0.with_value(|inner| inner.borrow_mut().session.new_message_id(clock::now()))
    }

    /// Timers sleep with the machine and in hidden tabs, so each sign of waking is passed on.
    fn listen(self) {
        for name in ["online", "focus"] {
            drop(window_event_listener_untyped(name, move |_| self.input(Input::Woken)));
        }
        // A page that was left may be kept, in case the reader goes back: it must not keep its connection, or the
        // reader would still count as present.
        let was_on = StoredValue::new(false);
        drop(window_event_listener_untyped("pagehide", move |_| {
            let status = self.0.with_value(|inner| inner.borrow().session.status());
            was_on.set_value(!matches!(status, Status::Stopped | Status::Ended { .. }));
            self.input(Input::Stop);
        }));
        drop(window_event_listener_untyped("pageshow", move |_| {
            let input = if was_on.get_value() { Input::Start } else { Input::Woken };
            self.input(input);
        }));
        drop(window_event_listener_untyped("visibilitychange", move |_| {
            if is_hidden() {
                // The frame that was asked for will not be drawn.
                self.0.with_value(flush);
            } else {
                self.input(Input::Woken);
            }
        }));
    }
}

/// Whether nobody can see the page.
pub(crate) fn is_hidden() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Hidden
}

fn handle(this: &Rc<RefCell<Inner>>, input: Input) {
    let mut inner = this.borrow_mut();
    inner.retired = None;
    if input == Input::Woken {
        clock::catch_up();
    }
    let mut next = Some(input);
    // To ask the browser takes longer than to read a message.
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

fn told(this: &Rc<RefCell<Inner>>, told: Told) {
    let input = match told {
        Told::Opened => {
            this.borrow_mut().note(WireKind::Open, socket_url());
            Input::Opened
        }
        Told::Text(text) => {
            let decoded = codec::decode_server(&text);
            this.borrow_mut().note(WireKind::Received, text);
            // What cannot be read is shown on the wire panel and otherwise left alone, like an unknown type.
            let Ok(message) = decoded else { return this.borrow_mut().schedule_flush(this) };
            Input::Received(message)
        }
        Told::Closed { code, reason } => {
            let mut inner = this.borrow_mut();
            inner.note(WireKind::Close, format!("{code} {reason}").trim_end().to_owned());
            inner.retired = inner.socket.take();
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
        let tell = move |what| {
            if let Some(this) = weak.upgrade() {
                told(&this, what);
            }
        };
        self.socket = Socket::open(&socket_url(), tell).ok();
        self.socket.is_some()
    }

    fn send(&mut self, text: String) {
        if let Some(socket) = &self.socket {
            socket.send(&text);
            self.note(WireKind::Sent, text);
        }
    }

    fn close(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.silence();
            self.retired = Some(socket);
            self.note(WireKind::Close, "by this page".to_owned());
        }
    }

    fn note(&mut self, kind: WireKind, text: String) {
        self.batch.frames.push(Frame::new(kind, clock::now(), text));
    }

    /// Sees to it that the session is asked at its deadline, or before. Each message that is heard puts the deadline off:
    /// a timer that runs out before it finds nothing to do, and is set anew.
    fn set_timer(&mut self, now: Timestamp) {
        let deadline = self.session.poll_timeout();
        if let (Some((_, runs_out)), Some(deadline)) = (self.timer, deadline)
            && runs_out <= deadline
        {
            return;
        }
        if let Some((timer, _)) = self.timer.take() {
            window().clear_timeout_with_handle(timer);
        }
        let Some(deadline) = deadline else { return };
        // Longer waits than a day would overflow the browser's 32 bits; it is asked again then.
        let wait = deadline.since(now).min(Duration::from_secs(86_400));
        let callback = self.on_timer.as_ref().unchecked_ref();
        let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        let timer = window().set_timeout_with_callback_and_timeout_and_arguments_0(callback, wait_ms);
        self.timer = timer.ok().map(|timer| (timer, now + wait));
    }

    fn schedule_flush(&mut self, this: &Rc<RefCell<Self>>) {
        let nothing = self.batch.events.is_empty() && self.batch.frames.is_empty();
        if nothing || self.flush_is_due {
            return;
        }
        self.flush_is_due = true;
        let this = Rc::clone(this);
        let run = move || flush(&this);
        if !is_hidden() {
            request_animation_frame(run);
        } else if clock::now().since(self.flushed_at) >= Duration::from_millis(HIDDEN_FLUSH_MS) {
            queue_microtask(run);
        } else {
            set_timeout(run, Duration::from_millis(HIDDEN_FLUSH_MS));
        }
    }
}

/// `/ws` of the site that the page came from, so that one bundle works everywhere.
fn socket_url() -> String {
    let location = location();
    let secure = location.protocol().is_ok_and(|protocol| protocol == "https:");
    let scheme = if secure { "wss" } else { "ws" };
    format!("{scheme}://{}/ws", location.host().unwrap_or_default())
}
