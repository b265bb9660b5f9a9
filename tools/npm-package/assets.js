#!/usr/bin/env node
/**
 * Copies what alphacut.js loads at run time into a folder that a web server serves: npx alphacut-assets public/alphacut
 */

import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const FILES = ["alphacut.js", "site.json", "worker.js", "worker", "runtime", "models", "LICENSE", "THIRD_PARTY.md"];

/** Stands in folders that this program made, which alone it replaces: a site, or another package, has the same files. */
const MARK = "alphacut-assets.txt";
const MARK_TEXT = "Copied by alphacut-assets, which replaces the files when it is called again.\n";

/**
 * Where a folder lies that need not be there yet, without links.
 * @param {string} folder  Absolute.
 * @returns {string}
 */
function real(folder) {
  return existsSync(folder) ? realpathSync(folder) : join(real(dirname(folder)), basename(folder));
}

/**
 * @param {string} folder  Both as `real` gives them.
 * @param {string} other
 */
function holds(folder, other) {
  return other === folder || other.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/**
 * Why nothing may be copied to a folder.
 * @param {string} folder
 */
function objection(folder) {
  const target = real(resolve(folder)), home = real(HERE);
  if (holds(home, target) || holds(target, home)) return "is, or holds, or lies in the package itself; name another folder";
  if (!existsSync(folder) || existsSync(join(folder, MARK)) || readdirSync(folder).length === 0) return "";
  return `holds other files than those that this program copied; name a folder of its own, ${join(folder, "alphacut")} for instance`;
}

/** @param {string[]} given */
function main(given) {
  const [folder] = given;
  if (given.length !== 1 || !folder || folder.startsWith("-")) {
    console.error("usage: alphacut-assets <folder>\nCopies alphacut's files there; give its address as publicPath.");
    return 2;
  }
  const why = objection(folder);
  if (why) {
    console.error(`alphacut-assets: ${folder} ${why}`);
    return 1;
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, MARK), MARK_TEXT); // first, so that a copy that was broken off can be made again
  for (const name of FILES) {
    rmSync(join(folder, name), { recursive: true, force: true }); // names hold hashes: those of an older version would stay
    cpSync(join(HERE, name), join(folder, name), { recursive: true });
  }
  console.log(`alphacut-assets: ${resolve(folder)}`);
  return 0;
}

process.exitCode = main(process.argv.slice(2));
