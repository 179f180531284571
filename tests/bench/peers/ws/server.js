// ws: the broadcast of its README, one set of sockets for each room.
const { WebSocketServer, WebSocket } = require('ws');

const rooms = new Map();
const room = (name) => rooms.get(name) ?? rooms.set(name, new Set()).get(name);
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096, perMessageDeflate: false });

server.on('connection', (socket, request) => {
  const [, verb, name] = request.url.split('/');
  if (verb === 'echo') {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    return;
  }
  const readers = room(name);
  if (verb !== 'pub') {
    readers.add(socket);
    socket.on('close', () => readers.delete(socket));
  }
  if (verb !== 'sub') {
    socket.on('message', (data, isBinary) => {
      for (const reader of readers) {
        if (reader.readyState === WebSocket.OPEN) reader.send(data, { binary: isBinary });
      }
    });
  }
  socket.on('error', () => {});
});
server.on('listening', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
