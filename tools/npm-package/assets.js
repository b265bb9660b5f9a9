#!/usr/bin/env node
/**
 * Copies what alphacut.js loads at run time into a folder that a web server serves: npx alphacut-assets public/alphacut
 */

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const FILES = ["alphacut.js", "site.json", "worker.js", "worker", "runtime", "models", "LICENSE", "THIRD_PARTY.md"];

/** @param {string} folder */
function isOurs(folder) {
  const description = join(folder, "site.json");
  return existsSync(description) && "pyodide" in JSON.parse(readFileSync(description, "utf8"));
}

/** @param {string[]} given */
function main(given) {
  const [folder] = given;
  if (given.length !== 1 || !folder || folder.startsWith("-")) {
    console.error("usage: alphacut-assets <folder>\nCopies alphacut's files there; give its address as publicPath.");
    return 2;
  }
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0 && !isOurs(folder)) {
    console.error(`alphacut-assets: ${folder} holds other files; name a folder of its own, ${join(folder, "alphacut")} for instance`);
    return 1;
  }
  for (const name of FILES) {
    rmSync(join(folder, name), { recursive: true, force: true }); // names hold hashes: those of an older version would stay
    cpSync(join(HERE, name), join(folder, name), { recursive: true });
  }
  console.log(`alphacut-assets: ${resolve(folder)}`);
  return 0;
}

process.exitCode = main(process.argv.slice(2));
