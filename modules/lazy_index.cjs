// Loads the provider's constructs one by one. `lib/index.js` of @cdktf/provider-aws requires 2,212
// modules at once, 11 s of a synth; `lib/lazy-index.js`, shipped beside it, has the same exports as
// getters. Where that file is missing, nothing changes.
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

const resolve = Module._resolveFilename;
const eager = path.join("provider-aws", "lib", "index.js");

Module._resolveFilename = function (...request) {
  const file = resolve.apply(this, request);
  if (typeof file === "string" && file.endsWith(eager)) {
    const lazy = path.join(path.dirname(file), "lazy-index.js");
    if (fs.existsSync(lazy)) return lazy;
  }
  return file;
};
