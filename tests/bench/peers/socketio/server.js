// Socket.IO: its rooms, over WebSocket only.
const { createServer } = require('node:http');
const { Server } = require('socket.io');

const http = createServer();
// Nobody is to be cut off, or asked, while ten thousand others connect.
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, pingInterval: 600000 });

io.on('connection', (socket) => {
  socket.on('join', (name) => {
    socket.join(name);
    socket.emit('joined');
  });
  socket.on('say', (name, data) => io.to(name).emit('m', data));
  socket.on('echo', (data) => socket.emit('m', data));
});
http.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});
