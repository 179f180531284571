// Shows that the app is being loaded, and says what is wrong and what to do when it cannot be loaded or has stopped.
// It works without the app, and in browsers that are too old for it: nothing here is younger than 2016.
(function () {
  var boot = document.getElementById("boot");
  var card = boot.firstElementChild;
  var alert = card.querySelector("[role=alert]");
  var button = card.querySelector("button");
  // How long the app may take before that is called slow, in milliseconds.
  var SLOW_MS = 10000;

  // Only the first failure is told: what follows is its consequence.
  function fail(title, text, cause) {
    if (!alert.textContent.trim()) {
      card.className = "welcome__card";
      // Of paths and addresses the last part says enough.
      [title, text, String(cause || "").replace(/[^\s'"]*\//g, "").slice(0, 200)].forEach(function (text, line) {
        alert.children[line].textContent = text;
      });
      button.hidden = false;
    }
  }

  function notLoaded(cause) {
    if (!window.WebAssembly) {
      fail(
        "This browser cannot run Tidings",
        "WebAssembly is turned off for this site, or the browser is too old. Change its settings, or update it."
      );
    }
    fail(
      "Tidings could not be loaded",
      "A part of the app did not arrive. Check your connection, then reload the page. If that does not help, something blocks the app on its way, or the browser is too old.",
      cause
    );
  }

  // The app calls this when it panics. Nothing that it shows can be relied on any more.
  function stopped(cause) {
    console.error(cause);
    document.body.textContent = "";
    document.body.appendChild(boot);
    fail("Tidings has stopped", "An error in the app has stopped it. Reload the page to go on.", cause);
    button.focus();
  }
  window.tidingsStopped = stopped;

  function failed(error) {
    // Outside a panic, WebAssembly stops so when it has no memory left.
    if (window.WebAssembly && error instanceof WebAssembly.RuntimeError) stopped(error);
    // The app takes the shell away when it has started. What scripts of others do then is not told here.
    else if (boot.parentNode) notLoaded(error);
  }

  button.onclick = function () {
    location.reload();
  };
  // Captured: that a script could not be loaded is told to its element only.
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
    card.querySelector("[role=status]").textContent = "Still loading. The connection is slow.";
    button.hidden = false;
  }, SLOW_MS);
  if (!window.WebAssembly || !("noModule" in document.createElement("script"))) notLoaded();
})();
