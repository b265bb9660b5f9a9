/** Tells what there is to measure on. */

export async function* run() {
  yield { userAgent: navigator.userAgent, cores: navigator.hardwareConcurrency, adapter: await adapter() };
}

async function adapter() {
  const found = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!found) return null;
  const { description, vendor, architecture } = found.info;
  const name = description || [vendor, architecture].filter(Boolean).join(" ");
  const software = Boolean(found.info.isFallbackAdapter) || /swiftshader|llvmpipe|lavapipe/i.test(name);
  return { name, software, half: found.features.has("shader-f16") };
}
