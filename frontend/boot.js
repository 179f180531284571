// Shows that the app is loading. If it cannot be loaded or has stopped, shows why and what to do.
// It works without the app and in old browsers, so it uses nothing that is younger than 2016.
(function () {
  // The words of the loading screen, together with those in index.html. All other words are in src/core/texts.
  var TEXTS = {
    slow: "Still loading. The connection is slow.",
    noWasm: "This browser cannot run Tidings",
    noWasmHelp: "WebAssembly is turned off for this site, or the browser is too old. Change its settings, or update it.",
    notLoaded: "Tidings could not be loaded",
    notLoadedHelp:
      "A part of the app could not be loaded. Check your connection, then reload the page. If that does not help, a filter blocks the app, or the browser is too old.",
    stopped: "Tidings has stopped",
    stoppedHelp: "An unexpected error has stopped the app. Reload the page to continue.",
  };
  // After this time, in milliseconds, the screen calls the load slow and offers a reload.
  var SLOW_MS = 10000;

  var boot = document.getElementById("boot");
  var card = boot.firstElementChild;
  var alert = card.querySelector("[role=alert]");
  var button = card.querySelector("button");

  // Shows the first failure only, because later ones are its consequences.
  function fail(title, text, cause) {
    if (!alert.textContent.trim()) {
      card.className = "welcome__card";
      // Shorten paths and addresses to their last segment.
      [title, text, String(cause || "").replace(/[^\s'"]*\//g, "").slice(0, 200)].forEach(function (text, line) {
        alert.children[line].textContent = text;
      });
      button.hidden = false;
    }
  }

  function notLoaded(cause) {
    if (!window.WebAssembly) fail(TEXTS.noWasm, TEXTS.noWasmHelp);
    fail(TEXTS.notLoaded, TEXTS.notLoadedHelp, cause);
  }

  // The app calls this when it panics. After that nothing in the document can be relied on.
  function stopped(cause) {
    console.error(cause);
    document.body.textContent = "";
    document.body.appendChild(boot);
    fail(TEXTS.stopped, TEXTS.stoppedHelp, cause);
    button.focus();
  }
  window.tidingsStopped = stopped;

  function failed(error) {
    // A RuntimeError without a panic means that WebAssembly has no memory left.
    if (window.WebAssembly && error instanceof WebAssembly.RuntimeError) stopped(error);
    // The app removes this screen when it has started. After that, errors of other scripts are not shown here.
    else if (boot.parentNode) notLoaded(error);
  }

  button.onclick = function () {
    location.reload();
  };
  // Listen in the capture phase: the event of a script that failed to load does not bubble.
  addEventListener(
    "error",
    function (event) {
      if (event.error || event.target.tagName == "SCRIPT") failed(event.error);
    },
    true
  );
  addEventListener("unhandledrejection", function (event) {
    failed(event.reason);
  });
  setTimeout(function () {
    card.querySelector("[role=status]").textContent = TEXTS.slow;
    button.hidden = false;
  }, SLOW_MS);
  if (!window.WebAssembly || !("noModule" in document.createElement("script"))) notLoaded();
})();
