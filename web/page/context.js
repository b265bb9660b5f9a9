/**
 * What the shell (main.js) gives to the views, and what it expects of them. Types only.
 *
 * A view is a folder with a module that exports `mount(root, app)`, called once, when the view is first needed. `root`
 * is its <section>; the shell hides and shows it (main[data-view]) and calls `show` and `hide`.
 */

/** @import { Cutout, Edit, Finish, Options, Region } from "../shared/protocol.js" */
/** @import { Photo } from "./photo.js" */
/** @import { Kept } from "./editor/kept.js" */
/** @import { Keeper } from "./pwa/keeper.js" */
/** @import { router } from "./router.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Store } from "./store.js" */
/** @import { WorkerClient } from "../client/worker-client.js" */

/**
 * @typedef {object} View
 * @property {() => void} show  The view is on the page from now on.
 * @property {() => void} hide  It is not: what needs a camera, a clock or frames stops.
 */

/**
 * The editor shows one photo; the job itself (progress, cancel, errors) is the shell's (app.js), which tells it.
 * @typedef {object} Stage
 * @property {(photo: Photo) => void} showPhoto  A photo is being cut out; any cutout before is out of date.
 * @property {(cutout: Cutout, title: string, owner?: Owner) => void} showCutout  It was; `title` is the model's.
 */
/** @typedef {View & Stage & { readonly unsaved: boolean }} EditorView  `unsaved`: another photo would end work that is in no file. */
/** @typedef {View & { add: (photos: Photo[]) => void, clear: () => Promise<void> }} BatchView  `add` goes to the view itself: `app.router.go("batch")`. */

/**
 * A cutout that is there already, and what its owner did to it and wants to hear of.
 * @typedef {object} Made
 * @property {Cutout} cutout
 * @property {string} title    The model's.
 * @property {Region} [region] What the network was told to look at.
 * @property {Edited} [edited]
 * @property {(edited: Edited) => boolean} [onChange]  Called at each change by hand; `master` is another one where the network ran again. Says whether the owner keeps it.
 */
/** @typedef {Pick<Made, "edited" | "onChange" | "region">} Owner */
/** @typedef {{ master: Blob, edits: readonly Edit[], finish: Finish, picture: Blob | null }} Edited */

/**
 * @typedef {object} AppContext
 * @property {WorkerClient} client
 * @property {() => Promise<Settings>} settings  `(await settings()).settle()` asks for a licence where needed and gives what to run with.
 * @property {Store} store
 * @property {Keeper} keeper  What this browser keeps, and whether that does without network.
 * @property {Kept} kept      The photo in the editor, as it outlives a visit.
 * @property {() => Promise<void>} clearBatch  Deletes all photos of batches, in work or left, but those of other tabs.
 * @property {typeof router} router
 * @property {(text: string, options?: { tone?: "info" | "warning" }) => void} note  A line above the view; "" takes it away.
 * @property {(text: string) => void} announce  Said to those who hear the page: the one polite live region.
 * @property {(photo: Photo, made?: Made) => void} openEditor  Shows a photo in the editor and, unless it was made already, cuts it out.
 * @property {(photos: Photo[]) => void} openBatch
 * @property {(photo: Photo, options?: Options) => Promise<void>} cutOut  Cuts the editor's photo out again, for instance with another `region`.
 */

export {};
