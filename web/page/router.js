/** Which view the page shows, and its place in the address and in the browser's history. */

/** @typedef {"home" | "editor" | "batch" | "camera"} ViewName */
/** @typedef {(view: ViewName, before: ViewName) => void} ViewListener */

/** @type {readonly ViewName[]} */
export const VIEWS = ["home", "editor", "batch", "camera"];

class Router {
  /** @type {ViewName} */
  #view = "home";
  /** @type {ViewListener[]} */
  #listeners = [];

  /** The view that is shown. */
  get view() {
    return this.#view;
  }

  /**
   * Listens to the address from now on, and shows what it names. The editor is empty after a reload: home is shown then.
   */
  start() {
    addEventListener("popstate", () => this.#show(named()));
    const first = named();
    this.go(first === "editor" ? "home" : first, { push: false });
  }

  /**
   * Shows a view. Without `push` it takes the place of the one before in the history.
   * @param {ViewName} view
   * @param {{ push?: boolean }} [options]
   */
  go(view, { push = true } = {}) {
    const address = view === "home" ? `${location.pathname}${location.search}` : `#${view}`;
    if (view !== named()) history[push ? "pushState" : "replaceState"](null, "", address);
    this.#show(view);
  }

  /** @param {ViewListener} listener */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** @param {ViewName} view */
  #show(view) {
    const before = this.#view;
    this.#view = view;
    if (view !== before) this.#listeners.forEach((listener) => listener(view, before));
  }
}

export const router = new Router();

/** @returns {ViewName} */
function named() {
  return VIEWS.find((view) => location.hash === `#${view}`) ?? "home";
}
