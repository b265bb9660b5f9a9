/**
 * Makes these pages those of the site in whose folder they lie: snippets name its address, and the tool that is
 * embedded here has the page's theme.
 */

const EXAMPLE = "https://alphacut.example";
const site = new URL("../", import.meta.url);

/** Whether there is a site; pages that were opened from a disk, or put elsewhere, keep the example's address. */
async function isThere() {
  if (!site.protocol.startsWith("http")) return false;
  const answer = await fetch(new URL("site.json", site), { method: "HEAD" });
  return answer.ok;
}

function nameSite() {
  for (const code of document.querySelectorAll("code")) {
    const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      text.nodeValue = (text.nodeValue ?? "").replaceAll(`${EXAMPLE}/`, site.href).replaceAll(EXAMPLE, site.origin);
    }
  }
}

/** The theme is the reader's choice in the page's head, which the system's need not be. */
function followTheme() {
  const theme = document.body.getAttribute("data-md-color-scheme") === "slate" ? "dark" : "light";
  for (const tool of document.querySelectorAll(".live alpha-cut")) tool.setAttribute("theme", theme);
}

followTheme();
new MutationObserver(followTheme).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
if (await isThere()) nameSite();
