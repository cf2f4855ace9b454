use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    napi_build::setup();
    if let Some(folder) = std::env::var_os("NAPI_TYPE_DEF_TMP_FOLDER") {
        // The macros say on their own what they cannot write.
        let _ = std::fs::create_dir_all(folder);
    }
    // The I/O threads outlive any one environment: Node must not unload the library when the last worker thread that
    // loaded it ends.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        // Functions of the same code are kept once, where the linker can do that: 80 kB.
        if linker_takes("-Wl,--icf=all") == Some(true) {
            println!("cargo:rustc-cdylib-link-arg=-Wl,--icf=all");
        }
    }
}

/// Whether an empty library can be linked with this argument; nothing where that cannot be tried.
fn linker_takes(argument: &str) -> Option<bool> {
    let out_dir = std::env::var_os("OUT_DIR")?;
    let source = Path::new(&out_dir).join("probe.rs");
    std::fs::write(&source, "").ok()?;
    let mut rustc = Command::new(std::env::var_os("RUSTC")?);
    rustc
        .args([
            "--crate-name",
            "probe",
            "--crate-type",
            "cdylib",
            "--target",
        ])
        .arg(std::env::var_os("TARGET")?)
        .arg(format!("-Clink-arg={argument}"))
        .arg("--out-dir")
        .arg(&out_dir)
        .arg(&source);
    if let Some(linker) = std::env::var_os("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={}", linker.to_string_lossy()));
    }
    let status = rustc.stdout(Stdio::null()).stderr(Stdio::null()).status();
    Some(status.ok()?.success())
}
