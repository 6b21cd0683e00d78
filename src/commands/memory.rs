//! What becomes of memory that is freed.

/// Keeps it for the next use, instead of giving it back to the system.
///
/// A training update allocates and frees arrays of tens of megabytes. glibc maps each anew and the
/// kernel clears its pages every time, which took a third of the time at the paper's size.
#[allow(unsafe_code)]
pub fn keep_what_is_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` sets two parameters of the allocator and touches no memory of ours.
    unsafe {
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
    }
}
