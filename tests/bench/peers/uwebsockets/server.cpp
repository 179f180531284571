// uWebSockets: its own publish/subscribe, one loop, nothing else.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "App.h"

constexpr unsigned UNSENT_BYTES_MAX = 64 * 1024 * 1024;
constexpr unsigned MESSAGE_BYTES_MAX = 1024 * 1024;

struct Place {
    std::string verb, room;
};
using Socket = uWS::WebSocket<false, true, Place>;

int main(int, char **arguments) {
    uWS::App app;
    app.ws<Place>("/:verb/:room", {
        .compression = uWS::DISABLED,
        .maxPayloadLength = MESSAGE_BYTES_MAX,
        .idleTimeout = 0,
        .maxBackpressure = UNSENT_BYTES_MAX,
        .sendPingsAutomatically = false,
        .upgrade = [](auto *response, auto *request, auto *context) {
            Place place{std::string(request->getParameter(0)), std::string(request->getParameter(1))};
            response->template upgrade<Place>(std::move(place), request->getHeader("sec-websocket-key"),
                request->getHeader("sec-websocket-protocol"), request->getHeader("sec-websocket-extensions"), context);
        },
        .open = [](Socket *socket) {
            auto &place = *socket->getUserData();
            if (place.verb == "sub" || place.verb == "both") {
                socket->subscribe(place.room);
            }
        },
        .message = [&app](Socket *socket, std::string_view data, uWS::OpCode code) {
            auto &place = *socket->getUserData();
            if (place.verb == "echo") {
                socket->send(data, code);
            } else if (place.verb != "sub") {
                app.publish(place.room, data, code);
            }
        },
    });
    int port = std::atoi(arguments[1]);
    app.listen("127.0.0.1", port, [port](auto *listening) {
        if (!listening) {
            std::exit(1);
        }
        std::printf("listening on http://127.0.0.1:%d\n", port);
        std::fflush(stdout);
    });
    app.run();
}
