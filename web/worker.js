/**
 * The worker under a name that stays. Pages of other origins can't start it by its address, so they start a file of
 * their own, whose one line imports this.
 */

import "./worker/worker.js";
