//! Compresses the built page, so that the server does not have to.

use std::path::Path;
use std::process::Command;

use crate::process;
use crate::steps::say;

/// Writes a `.br` and a `.gz` beside each file of the directory. Node.js has both in its library and comes with npm, which
/// wasm-opt needs anyway, so this crate needs no dependency.
const SCRIPT: &str = r"
const { readdirSync, readFileSync, writeFileSync } = require('fs'), zlib = require('zlib');
const folder = process.argv[1];
const size = (of) => ({ params: {
    [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_LGWIN]: 22,
    [zlib.constants.BROTLI_PARAM_SIZE_HINT]: of.length } });
let sent = 0;
for (const name of readdirSync(folder).filter((name) => !/\.(br|gz)$/.test(name))) {
    const file = readFileSync(`${folder}/${name}`);
    const brotli = zlib.brotliCompressSync(file, size(file));
    writeFileSync(`${folder}/${name}.br`, brotli);
    writeFileSync(`${folder}/${name}.gz`, zlib.gzipSync(file, { level: 9 }));
    sent += brotli.length;
    if (brotli.length > 4000) console.log(`      ${String(brotli.length).padStart(7)} bytes of brotli: ${name}`);
}
console.log(`      ${String(sent).padStart(7)} bytes of brotli in total`);
";

/// Compresses the files in `folder`. Without Node.js they are served uncompressed.
pub(crate) fn all(folder: &Path) {
    let mut node = Command::new("node");
    node.args(["-e", SCRIPT]).arg(folder);
    if !process::succeeds(&mut node).unwrap_or(false) {
        say("Node.js was not found, so the app is served uncompressed. Install Node.js to change that.");
    }
}
