//! The allocator of what is Rust in the addon, where the system's costs a quarter of the CPU of work in bulk.
//!
//! mimalloc 2, and not 3: Node loads an addon in any thread, and a worker thread that loads it first ends before the
//! process does. mimalloc takes the first thread for the main one. Version 3.3 gives up the main thread's heap when that
//! thread ends, and hands it to the next thread that gets the same id (microsoft/mimalloc#1287): a null pointer is read.
//! Version 2 never gives it up. `__test__/process.test.mjs` loads the addon in workers first.
//!
//! With dynamic thread-local storage: the static kind is what a library gets that is there when the process starts. One
//! that is loaded later has to fit into what is left, which other addons want, too.
//!
//! Only where all of that was tried, on x64 with glibc: other platforms keep the allocator of their system.
//!
//! Not in tests: a memory checker has to see what is allocated.

#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64",
    not(test)
))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
