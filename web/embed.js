/**
 * Defines <alpha-cut>, which shows the tool in a frame: `<script type="module" src="…/embed.js"></script>` and
 * `<alpha-cut model="u2netp"></alpha-cut>`. Attributes are those of `EmbedOptions` (web/shared/embed-options.js);
 * besides, `loading="lazy"` has the frame wait until it is near. Its content shows until the tool is ready.
 *
 * Events: `ready`, `progress`, `result`, `error`; their `detail` is the message (web/shared/embed-messages.js).
 */

import { AlphaCut, setSite } from "./api/element.js";

setSite(new URL("./", import.meta.url));
if (!customElements.get("alpha-cut")) customElements.define("alpha-cut", AlphaCut);

export { AlphaCut };
