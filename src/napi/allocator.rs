//! The addon's allocator. The system allocator takes a quarter of the CPU of bulk work.
//!
//! Why mimalloc 2 and not 3: Node loads an addon in any thread, and a worker thread that loads it first ends before the
//! process does. mimalloc takes the first thread for the main one. Version 3.3 releases the main thread's heap when
//! that thread ends, and gives it to the next thread with the same id (microsoft/mimalloc#1287): it then reads a null
//! pointer. Version 2 never releases it. `__test__/process.test.mjs` loads the addon in workers first.
//!
//! Thread-local storage is dynamic: static storage is for libraries that are loaded when the process starts. A library
//! loaded later has to fit into what is left of it, and other addons need that too.
//!
//! Only on x64 with glibc, where all of this was tried: other platforms keep their system's allocator.
//!
//! Not in tests: a memory checker has to see the allocations.

#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64",
    not(test)
))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
