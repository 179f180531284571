// Finds elements as people and screen readers do: by role and accessible name. A script for WebDriver follows, which
// calls `look(sight)`. https://www.w3.org/TR/html-aam-1.0/ and https://www.w3.org/TR/accname-1.2/, as far as the app needs them.
const ROLES = {
  alert: "",
  button: "button, summary, input[type=button], input[type=submit]",
  checkbox: "input[type=checkbox]",
  combobox: "select:not([multiple])",
  complementary: "aside",
  dialog: "dialog",
  group: "fieldset",
  heading: "h1, h2, h3, h4, h5, h6",
  img: "",
  link: "a[href]",
  list: "ul, ol",
  listitem: "li",
  log: "",
  main: "main",
  navigation: "nav",
  option: "option",
  radio: "input[type=radio]",
  region: "section[aria-label]",
  status: "",
  textbox: "textarea, input:not([type]), input[type=text], input[type=url]",
};

// Roles whose name is their content, unless it is given.
const NAMED_BY_CONTENT = ["button", "link", "heading", "option"];

// An option is a part of its list, which draws it.
const isShown = (element) => {
  const drawn = element.closest("select") ?? element;
  return drawn.checkVisibility({ visibilityProperty: true }) && drawn.getClientRects().length > 0;
};
const isExposed = (element) => isShown(element) && !element.closest("[aria-hidden=true], [inert]");

const clean = (text) => (text ?? "").replace(/\s+/g, " ").trim();

const isSelectorOf = (role) => {
  if (!(role in ROLES)) throw new Error(`look.js does not know the role ${role}`);
  return `[role=${role}]${ROLES[role] && `, :is(${ROLES[role]}):not([role])`}`;
};
const roleOf = (element) => Object.keys(ROLES).find((role) => element.matches(isSelectorOf(role))) ?? "";

// The content as it is read aloud.
const contentOf = (node) => {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE || node.ariaHidden === "true" || !node.checkVisibility({ visibilityProperty: true })) return "";
  const given = node.getAttribute("aria-label") ?? node.getAttribute("alt");
  if (given) return given;
  const text = [...node.childNodes].map(contentOf).join("");
  return getComputedStyle(node).display.startsWith("inline") ? text : ` ${text} `;
};

const nameOf = (element) => {
  const labels = element.getAttribute("aria-labelledby")?.split(/\s+/).map((id) => document.getElementById(id));
  const controlLabels = [...(element.labels ?? [])];
  const isNamedByContent = NAMED_BY_CONTENT.includes(roleOf(element));
  const legend = element.matches("fieldset") && element.querySelector(":scope > legend");
  // A label may contain its control, which is not a part of the name.
  const labelText = (label) => [...label.childNodes].filter((node) => !node.contains(element)).map(contentOf).join("");
  return [
    labels?.map((label) => label && contentOf(label)).join(" "),
    element.getAttribute("aria-label"),
    controlLabels.map(labelText).join(" "),
    legend && contentOf(legend),
    isNamedByContent && [...element.childNodes].map(contentOf).join(""),
    element.title,
    element.placeholder,
  ].map((name) => clean(name || "")).find((name) => name) ?? "";
};

const matches = (text, { is, begins, has }) =>
  (is === undefined || text === clean(is)) &&
  (begins === undefined || text.startsWith(clean(begins))) &&
  (has === undefined || text.includes(clean(has)));

const candidates = (inside, { role, field, css }) => {
  if (role) return [...inside.querySelectorAll(isSelectorOf(role))].filter(isExposed);
  if (field) return [...inside.querySelectorAll("input, select, textarea")].filter(isExposed);
  return [...inside.querySelectorAll(css)].filter(isShown);
};

// Returns the visible elements of the last step, each inside of one of the step before.
const look = (sight) => sight.reduce(
  (outer, step) => [...new Set(outer.flatMap((inside) => candidates(inside, step)))]
    .filter((element) => !step.name || matches(nameOf(element), step.name))
    .filter((element) => !step.text || matches(clean(element.innerText), step.text))
    .filter((element) => !step.current || element.ariaCurrent),
  [document],
);
