//! `xtask-bind INPUT OUT_DIR`: writes `app.js` and `app_bg.wasm` for the WebAssembly module `INPUT`.
//!
//! A separate program, so that `xtask` itself compiles without dependencies.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

/// The name of the output files, before `.js` and `_bg.wasm`.
const NAME: &str = "app";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder] = arguments.as_slice() else {
        eprintln!("Usage: xtask-bind INPUT OUT_DIR");
        return ExitCode::from(2);
    };
    let outcome = Bindgen::new()
        .input_path(input)
        .out_name(NAME)
        .typescript(false)
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {input} cannot be bound: {error:#}");
            ExitCode::FAILURE
        }
    }
}
