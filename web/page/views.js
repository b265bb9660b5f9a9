/** The views of the page: mounted when first needed, shown one at a time. */

import { AlphacutError } from "../shared/protocol.js";
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { router } from "./router.js";
import { note } from "./voice.js";

/** @import { AppContext, BatchView, EditorView, View } from "./context.js" */
/** @import { ViewName } from "./router.js" */

/** @type {View} */
const HOME = { show() {}, hide() {} };
const MODULES = {
  editor: () => import("./editor/editor.js"),
  batch: () => import("./batch/batch.js"),
  camera: () => import("./camera/camera.js"),
};

export class Views {
  #app;
  #main = byId("main");
  /** @type {Map<ViewName, Promise<View>>} */
  #mounted = new Map();
  /** @type {EditorView | null} */
  #editor = null;

  /** @param {AppContext} app */
  constructor(app) {
    this.#app = app;
    this.#mounted.set("home", Promise.resolve(HOME));
  }

  /** Follows the router from now on. */
  start() {
    router.onChange((view, before) => this.#change(view, before));
    router.start();
    for (const link of document.querySelectorAll("[data-go]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        router.go(this.#goal(link.getAttribute("data-go") ?? ""));
      });
    }
    document.addEventListener("wordschange", () => this.#draw());
    this.#draw();
  }

  /** @returns {Promise<BatchView | null>}  Null where it can't be loaded, which was said. */
  async batch() {
    return /** @type {Promise<BatchView | null>} */ (this.#view("batch"));
  }

  /**
   * @returns {Promise<EditorView>}
   * @throws {AlphacutError} `download-failed`
   */
  async editor() {
    const loaded = await this.#load("editor").catch((cause) => {
      throw new AlphacutError("download-failed", "The editor did not load.", {
        hint: "Check the connection and try again. If that does not help, reload the page: the site may have another version now.",
        details: String(cause),
        cause,
      });
    });
    return (this.#editor = /** @type {EditorView} */ (loaded));
  }

  /** Whether work in the editor would be lost if another photo took its place. */
  get unsaved() {
    return this.#editor?.unsaved ?? false;
  }

  /** "photo" is the photo in the editor, where there is one that is not in sight. @param {string} go */
  #goal(go) {
    if (go !== "photo") return /** @type {ViewName} */ (go);
    const elsewhere = router.view === "batch" || router.view === "camera";
    return elsewhere && document.documentElement.hasAttribute("data-photo") ? "editor" : "home";
  }

  /**
   * @param {ViewName} view
   * @param {ViewName} before
   */
  async #change(view, before) {
    this.#draw();
    scrollTo(0, 0);
    this.#main.focus({ preventScroll: true }); // what had the focus may be out of sight
    const [left, shown] = await Promise.all([this.#view(before), this.#view(view)]);
    left?.hide();
    if (router.view === view) shown?.show();
  }

  #draw() {
    const { view } = router;
    this.#main.dataset.view = view;
    for (const link of document.querySelectorAll("nav [data-go]")) {
      const here = link.getAttribute("data-go") === (view === "editor" || view === "home" ? "photo" : view);
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = t(`shell.title.${view}`);
  }

  /** @param {ViewName} name */
  async #view(name) {
    try {
      return await this.#load(name);
    } catch (error) {
      console.error(error);
      note(t("shell.view-failed"), { tone: "warning" });
      return null;
    }
  }

  /** A view that did not load is asked for again the next time. @param {ViewName} name */
  async #load(name) {
    const mounting = this.#mounted.get(name) ?? this.#mount(/** @type {keyof typeof MODULES} */ (name));
    this.#mounted.set(name, mounting);
    return mounting.catch((error) => {
      this.#mounted.delete(name);
      throw error;
    });
  }

  /** @param {keyof typeof MODULES} name @returns {Promise<View>} */
  async #mount(name) {
    return (await MODULES[name]()).mount(byId(`${name}-view`), this.#app);
  }
}
