/** The build puts client-zip’s index.js here (tools/parts.toml); its types come from npm. */
export * from "client-zip";
