<?php
// Swoole in base mode: one process, one loop, a set of connections for each room.
$socket = socket_create_listen(0);
socket_getsockname($socket, $host, $port);
socket_close($socket);

$server = new Swoole\WebSocket\Server('127.0.0.1', $port, SWOOLE_BASE);
$server->set(['worker_num' => 1, 'max_connection' => 20000, 'backlog' => 4096, 'open_tcp_nodelay' => true,
    'package_max_length' => 1024 * 1024, 'buffer_output_size' => 64 * 1024 * 1024, 'log_level' => SWOOLE_LOG_ERROR]);
$places = [];
$rooms = [];

$server->on('workerStart', fn () => print("listening on http://127.0.0.1:$port\n"));
$server->on('open', function ($server, $request) use (&$places, &$rooms) {
    [, $verb, $name] = explode('/', $request->server['request_uri']);
    $places[$request->fd] = [$verb, $name];
    if ($verb === 'sub' || $verb === 'both') {
        $rooms[$name][$request->fd] = true;
    }
});
$server->on('message', function ($server, $frame) use (&$places, &$rooms) {
    [$verb, $name] = $places[$frame->fd];
    if ($verb === 'echo') {
        $server->push($frame->fd, $frame->data);
    } elseif ($verb !== 'sub') {
        foreach ($rooms[$name] ?? [] as $reader => $_) {
            $server->push($reader, $frame->data);
        }
    }
});
$server->on('close', function ($server, $fd) use (&$places, &$rooms) {
    if (isset($places[$fd])) {
        unset($rooms[$places[$fd][1]][$fd], $places[$fd]);
    }
});
$server->start();
