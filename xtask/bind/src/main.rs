//! `xtask-bind INPUT OUT_DIR`: writes `frontend.js` and `frontend_bg.wasm` for the WebAssembly module `INPUT`.
//!
//! A separate program, so that `xtask` itself compiles without dependencies.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

/// The name of the output files, before `.js` and `_bg.wasm`. The module names it too, so it is the one that trunk uses.
const NAME: &str = "frontend";

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
        // As trunk does. The app's start names the module, so the default is not used.
        .omit_default_module_path(false)
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
