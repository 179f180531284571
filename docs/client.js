// A client for Tidings: follows channels and publishes, whatever becomes of the connection. PROTOCOL.md says why.
function tidings(url, { name, token, onMessage, onGap = console.warn, onToken = () => {}, onEnd = console.warn }) {
  const channels = new Map(), outbox = []; // what is followed, by name; what the log has not, in order
  let socket, online, silence, waiting, farewell, heartbeat = 5000, attempt = 0, lastId = 0; // online: since when
  const hello = () => socket.send(JSON.stringify({ type: "hello", version: 1, name, token }));
  const ask = (it) => { it.live = false; it.id = ++lastId; socket.send(JSON.stringify({ ...it.request, id: it.id })); };
  const publishNext = () => { if (online && outbox[0] && !outbox[0].id) ask(outbox[0]); }; // in order: one at a time
  const isMissing = (it, last) => { // messages up to `last`; they are asked for once, after that there is a gap
    if (!it?.live || last <= it.request.since.offset) return false;
    const { channel, since } = it.request, again = it.hole !== since.offset;
    if (again) { it.hole = since.offset; ask(it); } else { since.offset = last; onGap(channel, { reason: "unknown" }); }
    return again;
  };
  const on = {
    welcome(welcome) {
      online = Date.now(); heartbeat = welcome.heartbeat_ms; hear(); if (welcome.token) onToken(token = welcome.token);
      channels.forEach((it) => { it.hole = null; ask(it); });
      if (outbox[0]) ask(outbox[0]);
    },
    subscribed({ id, channel, position, gap }, it = channels.get(channel)) {
      if (it?.id === id) { it.live = true; it.request.since = position; if (gap) onGap(channel, gap); }
    },
    message(message, it = channels.get(message.channel)) {
      if (!it?.live || message.offset <= it.request.since.offset || isMissing(it, message.prev)) return;
      it.request.since.offset = message.offset; onMessage(message, { ...it.request.since });
    },
    heartbeat({ heads = [] }) { for (const head of heads) isMissing(channels.get(head.channel), head.offset); },
    accepted({ id, offset }) { if (outbox[0]?.id === id) { outbox.shift().accept(offset); publishNext(); } },
    closing(closing) { farewell = closing; },
    error({ id, code, message: reason, retry_after_ms }) {
      if (!online && token && code === "invalid_token") { token = undefined; return hello(); }
      if (!online) { farewell = { code: retry_after_ms ? 4000 : 4500, reason, retry_after_ms }; return lose({}); }
      const it = [outbox[0], ...channels.values()].find((it) => it?.id && it.id === id);
      if (it && retry_after_ms) setTimeout(() => { if (online && it.id === id) ask(it); }, retry_after_ms);
      else it?.refuse({ code, reason });
    },
  };
  const hear = () => { clearTimeout(silence); silence = setTimeout(lose, 2 * heartbeat, {}); };
  const open = () => {
    waiting = farewell = null; socket = new WebSocket(url); socket.onopen = hello; socket.onclose = lose; hear();
    socket.onmessage = ({ data }) => { const message = JSON.parse(data); hear(); on[message.type]?.(message); };
  };
  const lose = ({ code }) => { // below 4500, or without a code: come back
    clearTimeout(silence); socket.onopen = socket.onmessage = socket.onclose = null; socket.close();
    attempt = online && Date.now() - online > 5000 ? 0 : attempt + 1; online = 0;
    if ((farewell?.code ?? code) >= 4500) return onEnd(farewell);
    waiting = setTimeout(open, farewell?.retry_after_ms ?? Math.random() * Math.min(20000, 500 * 2 ** attempt));
  };
  globalThis.addEventListener?.("online", () => { if (waiting) { clearTimeout(waiting); open(); } });
  const follow = (channel, since) => {
    const refuse = (error) => { channels.delete(channel); onGap(channel, error); };
    const it = { request: { type: "subscribe", channel, since }, refuse }; channels.set(channel, it); online && ask(it);
  };
  const publish = (channel, payload) => new Promise((accept, reject) => {
    const uuid = crypto.randomUUID().slice(13).replace("-4", "-7"), time = Date.now().toString(16).padStart(12, "0");
    const request = { type: "publish", channel, message_id: time.replace(/^.{8}/, "$&-") + uuid, payload };
    outbox.push({ request, accept, refuse(error) { outbox.shift(); reject(error); publishNext(); } }); publishNext();
  });
  open(); return { follow, publish };
}
