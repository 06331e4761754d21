// Verifies Sigstore bundles with Sigstore's own library: interop.mjs MODULES PUBLIC_KEY BUNDLE...
//
// The key is the one that the reader trusts; the hint in a bundle only finds it.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [modules, publicKey, ...bundles] = process.argv.slice(2);
const require = createRequire(resolve(modules, "package.json"));
const { bundleFromJSON } = require("@sigstore/bundle");
const { Verifier, toSignedEntity } = require("@sigstore/verify");

const key = createPublicKey(readFileSync(publicKey, "utf8"));
const material = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  publicKey: () => ({ publicKey: key, validFor: () => true }),
};
const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0, timestampThreshold: 0 });

for (const path of bundles) {
  const json = JSON.parse(readFileSync(path, "utf8"));
  verifier.verify(toSignedEntity(bundleFromJSON(json)));
  // One byte of the payload more or less, and it must be refused.
  const payload = Buffer.from(json.dsseEnvelope.payload, "base64");
  payload[payload.length - 2] ^= 1;
  json.dsseEnvelope.payload = payload.toString("base64");
  let refused = false;
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(json)));
  } catch {
    refused = true;
  }
  if (!refused) {
    throw new Error(`${path} is accepted with another payload`);
  }
}
console.log(`${bundles.length} bundles`);
