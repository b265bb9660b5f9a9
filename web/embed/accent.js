/** The colour a host gives to the tool's buttons. */

/** What `accent` sets, and only on elements that are filled with it: text in it could be too faint to read. */
const PROPERTIES = ["--accent", "--on-accent"];

/**
 * @param {CSSStyleDeclaration} style  Of the document's root.
 * @param {string} colour  `#rrggbb`, or "" for the tool's own.
 */
export function paint(style, colour) {
  for (const name of PROPERTIES) style.removeProperty(name);
  if (colour === "") return;
  style.setProperty("--accent", colour);
  style.setProperty("--on-accent", luminance(colour) > 0.179 ? "#000000" : "#ffffff"); // where both contrast alike
}

/**
 * Relative luminance, 0 to 1, as WCAG 2 reckons it.
 * @param {string} colour  `#rrggbb`
 */
export function luminance(colour) {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const level = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
