// A client for Tidings: follows channels and publishes, whatever becomes of the connection. PROTOCOL.md says why.
// `token` is the application's own, `guest` one that `onToken` gave on an earlier visit. A guest who is refused becomes
// another guest. A refused `token` ends the client; `resume(token)` goes on with a new one, and sends what is unsent.
function tidings(url, options) {
  const { name, onMessage, onGap = console.warn, onToken = () => {}, onEnd = console.warn } = options;
  let { token, guest } = options; // `tell` calls the application; what that throws is reported, and stops nothing here
  const tell = (...call) => { try { call.shift()(...call); } catch (error) { setTimeout(() => { throw error; }); } };
  const channels = new Map(), outbox = []; // what is followed, by name; what the log does not have, in order
  const unnamed = []; // errors of this connection that could not say which request they refuse
  let socket, silence, waiting, farewell, hasEnded, heartbeat, bytesMax = Infinity; // `farewell`: why it closes
  let online = 0, attempt = 0, hellos = 0, lastId = 0, careful = false; // `online`: since when

  // A request has no `id` before it is sent on this connection. A channel is `live` once its `subscribe` is answered.
  const requests = () => [...channels.values(), ...outbox.slice(0, 1)]; // one publish at a time keeps the order
  const unanswered = () => requests().filter((it) => it.id && !it.live && !it.paused);
  // Half of a surrogate pair is no JSON that others can read: U+FFFD takes its place.
  const write = (message) => JSON.stringify(message).replace(/\\(?:ud[89a-f]..|.)/g, (it) => (it[5] ? "\ufffd" : it));
  const ask = (it) => {
    Object.assign(it, { id: ++lastId, live: false, asked: Date.now() });
    const text = write({ ...it.request, id: it.id }), bytes = new TextEncoder().encode(text).length;
    if (bytes <= bytesMax) socket.send(text);
    else it.refuse({ code: "payload_too_large", reason: `It has ${bytes} bytes; the server accepts ${bytesMax}.` });
  };
  const pump = () => { // sends what is not sent yet; one at a time if `careful`
    if (farewell?.code === "closed") while (outbox[0]) outbox[0].refuse({ code: "closed" });
    const open = unanswered(); // if there are no more of them than unnamed errors, the errors are for these
    if (open.length <= unnamed.length) unnamed.splice(0).forEach((error) => open.shift()?.refuse(error));
    const next = () => online && !unnamed[0] && !(careful && unanswered()[0]) && requests().find((it) => !it.id);
    for (let it; (it = next()); ) ask(it);
    careful &&= !requests().every((it) => it.live);
  };
  const isMissing = (it, last) => { // messages up to `last`; they are asked for once, after that there is a gap
    if (!it?.live || last <= it.request.since.offset) return false;
    const { channel, since } = it.request, again = it.hole !== since.offset;
    if (again) { Object.assign(it, { hole: since.offset, id: 0, live: false }); pump(); }
    else { since.offset = last; tell(onGap, channel, { reason: "unknown" }); }
    return again;
  };
  const on = {
    welcome({ heartbeat_ms, limits, token: given }) {
      online = Date.now(); hellos = 0; heartbeat = heartbeat_ms; bytesMax = limits.frame_bytes_max; hear();
      if (given) tell(onToken, guest = given);
      pump();
    },
    subscribed({ id, channel, position, gap }, it = channels.get(channel)) {
      if (it?.id === id) { it.live = true; it.request.since = position; if (gap) tell(onGap, channel, gap); pump(); }
    },
    message(message, it = channels.get(message.channel)) {
      if (!it?.live || message.offset <= it.request.since.offset || isMissing(it, message.prev)) return;
      it.request.since.offset = message.offset; tell(onMessage, message, { ...it.request.since });
    },
    heartbeat({ heads = [] }) {
      for (const head of heads) isMissing(channels.get(head.channel), head.offset);
      const late = unanswered().find((it) => Date.now() - it.asked > 30000);
      if (late) { if (unnamed[0]) late.refuse(unnamed[0]); lose({}); }
    },
    accepted({ id, offset }) { if (outbox[0]?.id === id) { outbox.shift().accept(offset); pump(); } },
    closing(closing) { farewell = closing; },
    error({ id, code, message: reason, retry_after_ms: wait }) {
      if (!online && !token && guest && code === "invalid_token") { guest = undefined; return hello(); }
      if (!online) { farewell = { code, reason, retry_after_ms: wait, ends: wait === undefined }; return lose({}); }
      const it = requests().find((it) => it.id && it.id === id);
      const retry = () => { it.id = 0; it.paused = false; pump(); };
      if (it && wait >= 0) { it.paused = true; setTimeout(() => it.paused && it.id === id && retry(), wait); }
      else if (it) it.refuse({ code, reason });
      else if (!id && wait === undefined) unnamed.push({ code, reason });
      pump();
    },
  };
  const hear = () => { clearTimeout(silence); silence = setTimeout(lose, Math.min(2 * heartbeat, 2 ** 31 - 1), {}); };
  const hello = () => socket.send(write({ type: "hello", version: 1, name, token: token ?? guest }));
  const open = () => {
    waiting = farewell = null; hasEnded = false; heartbeat = 5000; globalThis.addEventListener?.("online", comeBack);
    socket = new WebSocket(url); socket.onopen = hello; socket.onclose = lose; hear();
    socket.onmessage = ({ data }) => { const message = JSON.parse(data); hear(); on[message.type]?.(message); };
  };
  const lose = ({ code }) => { // comes back, unless the code is 4500 or above, or `hello` was refused
    clearTimeout(silence); clearTimeout(waiting); waiting = null;
    socket.onopen = socket.onmessage = socket.onclose = null; socket.close();
    const suspects = unanswered(); code = farewell?.code ?? code;
    if ([1002, 1007, 1009].includes(code)) { // the server cannot read something: find out what, and give that up
      const error = { code: code === 1009 ? "payload_too_large" : "invalid_field", reason: "It cannot be read." };
      if (!online && ++hellos > 1) farewell = { ...error, ends: true };
      if (careful && suspects.length === 1) suspects[0].refuse(error);
      careful ||= suspects.length > 0;
    }
    for (const it of requests()) Object.assign(it, { id: 0, live: false, paused: false, hole: null });
    attempt = online && Date.now() - online > 5000 ? 0 : attempt + 1; online = 0; unnamed.length = 0;
    hasEnded = farewell?.ends || code >= 4500;
    if (hasEnded) { globalThis.removeEventListener?.("online", comeBack); return tell(onEnd, farewell ?? { code }); }
    waiting = setTimeout(open, farewell?.retry_after_ms ?? Math.random() * Math.min(20000, 500 * 2 ** attempt));
  };
  const comeBack = () => { if (waiting) { clearTimeout(waiting); open(); } };
  const follow = (channel, since = channels.get(channel)?.request.since) => { // again: goes on where it is
    const refuse = (error) => { channels.delete(channel); tell(onGap, channel, error); };
    channels.set(channel, { request: { type: "subscribe", channel, since: since && { ...since } }, refuse }); pump();
  };
  const publish = (channel, payload) => new Promise((accept, reject) => {
    // A UUID of version 7. A page without https has no `crypto.randomUUID`.
    const bytes = [...crypto.getRandomValues(new Uint8Array(9))];
    const random = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const digits = `${Date.now().toString(16).padStart(12, "0")}7${random.slice(0, 3)}8${random.slice(3)}`;
    const message_id = digits.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    const request = JSON.parse(write({ type: "publish", channel, message_id, payload })); // a copy
    outbox.push({ request, accept, refuse(error) { outbox.shift(); reject(error); } }); pump();
  });
  const resume = (newToken = token) => { token = newToken; if (hasEnded) open(); };
  const close = () => { farewell = { code: "closed", ends: true }; if (!hasEnded) lose({}); pump(); }; // and the outbox
  open(); return { follow, publish, resume, close };
}
