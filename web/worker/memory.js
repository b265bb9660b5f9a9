/** Tells memory that ran out from other trouble; whoever fails for want of it says so in words of its own. */

/** What browsers, Emscripten and ONNX Runtime say. */
const NONE_LEFT = /out of memory|\bOOM\b|(fail\w*|unable|could not|cannot) (to )?allocate|allocation (failed|size)|bad_alloc|(enlarge|grow) (instance )?memory|memory size exceeded/i;

/** @param {unknown} cause */
export function isStarved(cause) {
  return NONE_LEFT.test(String(cause));
}
