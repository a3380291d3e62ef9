//! On what a figure was measured: without it no figure means anything.

use std::fs;

/// Machine, build and versions, in lines.
pub(super) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".to_owned());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let build = if cfg!(debug_assertions) { "debug: figures mean nothing, use --profile dist" } else { "optimised" };
    format!(
        "machine   {processor}, {cores} cores, memory {memory}, Linux {}\nbuild     ipledger {} ({build}), sled 0.34\nload      {load} \
         (average of the last minute, before this run; more than 1 is noise)",
        kernel.trim(),
        env!("CARGO_PKG_VERSION")
    )
}

/// The value of the first line of this name.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}
