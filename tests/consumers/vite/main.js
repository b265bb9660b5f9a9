import * as alphacut from "alphacut";

globalThis.alphacut = alphacut;
