// Reports the page's errors to the tests. It runs before the page's own scripts.
(() => {
  const report = (kind, ...parts) => {
    const text = parts.map((part) => part?.stack ? `${part}\n${part.stack}` : String(part)).join(" ");
    const request = new XMLHttpRequest();
    // Waits for the answer, so that no report is lost when the page is left.
    request.open("POST", "/console-of-the-tests", false);
    try {
      request.send(`${kind}: ${text}`);
    } catch {
      // A browser that closes answers nothing.
    }
  };
  const { error } = console;
  console.error = (...parts) => {
    error.apply(console, parts);
    report("console.error", ...parts);
  };
  // With `true` also those of elements, such as a script that cannot be loaded.
  addEventListener("error", (event) => {
    const source = event.target?.src ?? event.target?.href;
    if (event.message === undefined && source) report("Failed to load resource", source);
    else report("Uncaught", event.message, event.error ?? "");
  }, true);
  addEventListener("unhandledrejection", (event) => report("Uncaught (in promise)", event.reason));
  addEventListener("securitypolicyviolation", (event) => {
    report("Content Security Policy", event.violatedDirective, event.blockedURI);
  });
})();
