/** The editor's line icons: paths on 24 by 24. */

export const ICONS = {
  view: "M12 3v18M8 8l-4 4 4 4M16 8l4 4-4 4",
  subject: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M9 12h6M12 9v6",
  brush: "M20 4 11 13M9 13c2 0 3 1 3 3 0 3-3 5-8 4 2-1 1-3 2-5 .5-1.300 1.500-2 3-2z",
  background: "M4 5h16v14H4zM4 16l5-5 5 5 2-2 4 4M15.500 9v.01",
  crop: "M7 3v14h14M3 7h14v14",
  edges: "M12 4a8 8 0 0 0 0 16M15 5v.01M18 7.500v.01M19.500 11v.01M19.500 14v.01M17.500 17.500v.01M15 19v.01",
  export: "M12 4v12m0 0 5-5m-5 5-5-5M4 20h16",
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  reset: "M4 4v6h6M5 10a8 8 0 1 1-1 5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
};
