# uWebSockets: its own publish/subscribe. Python sees each message once; the readers are the library's.
import sys

from socketify import App, CompressOptions

UNSENT_BYTES_MAX = 64 * 1024 * 1024
MESSAGE_BYTES_MAX = 1024 * 1024

app = App()


def upgrade(response, request, context):
    _, verb, name = request.get_url().split("/")
    fields = [request.get_header(f"sec-websocket-{field}") for field in ("key", "protocol", "extensions")]
    response.upgrade(*fields, context, (verb, name))


def opened(socket):
    verb, name = socket.get_user_data()
    if verb in ("sub", "both"):
        socket.subscribe(name)


def message(socket, data, opcode):
    verb, name = socket.get_user_data()
    if verb == "echo":
        socket.send(data, opcode)
    elif verb != "sub":
        app.publish(name, data, opcode)


app.ws("/*", {
    "compression": CompressOptions.DISABLED,
    "max_payload_length": MESSAGE_BYTES_MAX,
    "max_backpressure": UNSENT_BYTES_MAX,
    "idle_timeout": 0,
    "upgrade": upgrade,
    "open": opened,
    "message": message,
})
app.listen(
    {"port": int(sys.argv[1]), "host": "127.0.0.1"},
    lambda config: print(f"listening on http://127.0.0.1:{config.port}", flush=True),
)
app.run()
