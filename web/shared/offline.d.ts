/** What the page and the service worker (sw.js) say to each other, over a MessageChannel: one reply to each request. */

export type OfflineRequest =
  | { type: "keep"; groups: string[] } // answered by KeptFiles, when all of it is there or something went wrong
  | { type: "drop"; groups: string[] } // answered by what is left
  | { type: "claim"; version: string } // from a page of this version: serve me; answered by KeptFiles
  | { type: "take-shared" } // answered by Shared: photos that came from another app, given once
  | { type: "use" }; // to a version that waits: take over, if there is one page only; answered by Others

/** What is kept of each group of files (tools/offline.py); `whole` if nothing of it is missing. */
export interface KeptFiles {
  version: string;
  groups: Record<string, { bytes: number; whole: boolean }>;
  /** Why not everything that was asked for is here: no room, or no download. */
  trouble: "" | "full" | "failed";
}

export interface Shared {
  photos: File[];
}

/** How many pages there are beside the one that asks. */
export interface Others {
  others: number;
}

export type OfflineReply = KeptFiles | Shared | Others;
