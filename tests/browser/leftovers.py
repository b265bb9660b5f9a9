"""All that an origin keeps in a browser, wherever it can, looked through for pictures and names."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

INVENTORY = """async (name) => {
  const latin = (bytes) => new TextDecoder("latin1").decode(bytes);
  const signs = [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47], [0x57, 0x45, 0x42, 0x50, 0x56, 0x50, 0x38]]
    .map((sign) => latin(new Uint8Array(sign)));
  signs.push("iVBORw0KGgo", "data:image", "UklGR", "image/jpeg;base64");
  const wide = [...name].map((letter) => `${letter}\\0`).join("").slice(0, -1);
  const items = [];
  const look = async (where, path, data) => {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), text = latin(bytes);
    items.push({
      where, path, bytes: bytes.length,
      sha256: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
      picture: signs.some((sign) => text.includes(sign)),
      named: [name, wide].some((word) => text.includes(word) || path.includes(word)),
    });
  };
  const walk = async (folder, path) => {
    for await (const [each, handle] of folder.entries()) {
      if (handle.kind === "directory") await walk(handle, `${path}${each}/`);
      else await look("OPFS", path + each, await (await handle.getFile()).arrayBuffer());
    }
  };
  await walk(await navigator.storage.getDirectory(), "");
  for (const cache of await caches.keys()) {
    for (const request of await (await caches.open(cache)).keys()) {
      const response = await (await caches.open(cache)).match(request);
      await look("Cache Storage", `${cache} ${request.url}`, await response.arrayBuffer());
    }
  }
  const whole = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  for (const { name: base } of await indexedDB.databases()) {
    const opened = await whole(indexedDB.open(base));
    for (const store of opened.objectStoreNames) {
      for (const value of await whole(opened.transaction(store).objectStore(store).getAll())) {
        const data = value instanceof Blob ? await value.arrayBuffer() : JSON.stringify(value);
        await look("IndexedDB", `${base} ${store}`, data);
      }
    }
    opened.close();
  }
  for (const [where, storage] of Object.entries({ localStorage, sessionStorage })) {
    for (const [key, value] of Object.entries(storage)) await look(where, key, value);
  }
  if (document.cookie) await look("cookies", "", document.cookie);
  return items;
}"""

PLANT = """async ([name, picture]) => {
  const bytes = Uint8Array.from(picture), root = await navigator.storage.getDirectory(), create = true;
  const file = await (await root.getDirectoryHandle("deep", { create })).getFileHandle("x", { create });
  const stream = await file.createWritable();
  await stream.write(bytes);
  await stream.close();
  await (await caches.open("other")).put("/x", new Response(bytes));
  localStorage.setItem("x", name);
  sessionStorage.setItem("x", `data:image/png;base64,${btoa("x")}`);
  document.cookie = `x=${name}`;
  await new Promise((resolve) => {
    const asked = indexedDB.open("base");
    asked.onupgradeneeded = () => asked.result.createObjectStore("store", { autoIncrement: true });
    asked.onsuccess = () => {
      const store = asked.result.transaction("store", "readwrite").objectStore("store");
      const adding = store.add(new Blob([bytes]));
      adding.onsuccess = () => { asked.result.close(); resolve(); };
    };
  });
}"""
"""Puts a picture or a name into each place, to see that it is found there."""


@dataclass(frozen=True)
class Item:
    """Something that is kept: where, how much, and whether a picture or the photo's name is in it."""

    where: str
    path: str
    bytes: int
    sha256: str
    picture: bool
    named: bool


def own_files(site: Path) -> set[str]:
    """Hashes of the site's own files, pictures among them."""
    return {sha256(path.read_bytes()).hexdigest() for path in site.rglob("*") if path.is_file()}


def traces(page: Page, name: str, own: set[str]) -> list[Item]:
    """What is kept of photos: all that holds a picture or the name, and is no file of the site."""
    found: list[dict[str, Any]] = page.evaluate(INVENTORY, name)
    items = [Item(**item) for item in found]
    return [item for item in items if (item.picture or item.named) and item.sha256 not in own]


def said(items: list[Item]) -> str:
    """The same in words that don't change from run to run: places, and what is in them."""
    places = sorted({f"{item.where} {item.path.partition('/')[0]}".strip() for item in items})
    found = {
        "pictures": any(item.picture for item in items),
        "its name": any(item.named for item in items),
    }
    kinds = [kind for kind, is_there in found.items() if is_there]
    return f"{' and '.join(kinds)} in {', '.join(places)}" if items else "nothing"
