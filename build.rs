fn main() {
    napi_build::setup();
    // The I/O threads outlive any one environment: Node must not unload the library when the last worker thread that
    // loaded it ends.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
