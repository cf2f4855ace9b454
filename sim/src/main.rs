//! Starts a simulated server and prints its address.
//!
//! It exits when standard input closes, so that no server outlives the test that started it.

use std::io::Write as _;
use std::process::ExitCode;

use tokio::io::AsyncReadExt as _;
use twenty_sim::{HELP, Sim, SimOptions};

/// Records are many small allocations. This allocator halves their cost; benchmarks must not measure the simulator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let options = match SimOptions::from_args(args) {
        Ok(options) => options,
        Err(message) => return fail(&message),
    };
    let sim = match Sim::start(options).await {
        Ok(sim) => sim,
        Err(error) => return fail(&error.to_string()),
    };
    let tokens = sim.state().keys.tokens();
    let ready = serde_json::json!({
        "baseUrl": sim.base_url(),
        "apiKey": tokens.full,
        "apiKeys": tokens,
        "roles": twenty_sim::workspace::Roles::of_workspace(),
        "pid": std::process::id(),
    });
    println!("{ready}");
    let _ = std::io::stdout().flush();
    tokio::select! {
        () = stdin_closed() => {}
        () = terminated() => {}
    }
    sim.stop().await;
    // Reading standard input blocks a thread, and the runtime would wait for it.
    std::process::exit(0);
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        // Without the signal, closing standard input still ends the server.
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut bytes = [0_u8; 256];
    while matches!(stdin.read(&mut bytes).await, Ok(n) if n > 0) {}
}

fn fail(message: &str) -> ExitCode {
    eprintln!("twenty-sim: {message}\n`twenty-sim --help` lists the options.");
    ExitCode::FAILURE
}
