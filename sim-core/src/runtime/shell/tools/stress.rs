//! stress and dd: tools that use what a container has.

use std::time::Duration;

use super::io::{Io, MAX_TEXT};
use super::{Pause, Turn};

/// The most that dd writes.
const MAX_FILE: u64 = 8 << 20;

/// A size of these tools' arguments: `250M`, `1G`, `4k`, `512`.
fn size(text: &str) -> Option<u64> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..at].parse().ok()?;
    let shift = match text[at..].trim_end_matches('B').trim_end_matches('b') {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        _ => return None,
    };
    number.checked_shl(shift)
}

/// `stress --vm N --vm-bytes SIZE [--timeout SECONDS]`: more memory than the container may use is its end.
pub(super) fn stress(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let value = |names: [&str; 2]| {
        let place = arguments.iter().position(|word| names.contains(&word.as_str()));
        let joined = arguments.iter().find_map(|word| word.strip_prefix(&format!("{}=", names[0])));
        joined.or_else(|| place.and_then(|at| arguments.get(at + 1)).map(String::as_str)).map(str::to_owned)
    };
    let count = |names: [&str; 2]| value(names).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let (cpus, workers) = (count(["--cpu", "-c"]), count(["--vm", "-m"]));
    let timeout = value(["--timeout", "-t"]).and_then(|text| text.trim_end_matches('s').parse().ok());
    if cpus + workers == 0 {
        io.err("stress: FAIL: [1] (244) No hogs specified\n");
        return Ok(1);
    }
    if io.memory().turn == 0 {
        io.memory().turn = 1;
        let pid = io.pid;
        io.out(&format!("stress: info: [{pid}] dispatching hogs: {cpus} cpu, 0 io, {workers} vm, 0 hdd\n"));
    }
    let each = value(["--vm-bytes", "--vm-bytes"]).and_then(|text| size(&text)).unwrap_or(256 << 20);
    let wanted = each.saturating_mul(workers);
    if io.host.memory_limit().is_some_and(|limit| wanted > limit) {
        // It takes a moment to fill the memory.
        io.wait_until(io.started + Duration::from_secs(1))?;
        io.host.run_out_of_memory();
        return Err(Pause::Until(io.now() + Duration::from_secs(1)));
    }
    let Some(seconds) = timeout else {
        return Err(Pause::Until(io.now() + Duration::from_secs(3_600)));
    };
    io.wait_until(io.started + Duration::from_secs(seconds))?;
    let pid = io.pid;
    io.out(&format!("stress: info: [{pid}] successful run completed in {seconds}s\n"));
    Ok(0)
}

/// `dd if=FILE of=FILE bs=SIZE count=N`
pub(super) fn dd(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let value = |name: &str| {
        let found = arguments.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.map(str::to_owned)
    };
    let (block, count) = (
        value("bs").and_then(|text| size(&text)).unwrap_or(512),
        value("count").and_then(|text| size(&text)),
    );
    let wanted = count.map(|count| count.saturating_mul(block));
    let text = match value("if").as_deref() {
        Some("/dev/zero" | "/dev/urandom" | "/dev/random") => {
            let Some(wanted) = wanted else {
                io.complain("error writing: No space left on device");
                return Ok(1);
            };
            if wanted > MAX_FILE {
                io.complain(&format!(
                    "error writing '{}': No space left on device",
                    value("of").unwrap_or_default()
                ));
                return Ok(1);
            }
            "\0".repeat(usize::try_from(wanted).unwrap_or(0))
        }
        Some(file) => match io.read_text(file) {
            Ok(text) => text,
            Err(error) => {
                let failed = if io.is_gnu() { "failed to open" } else { "can't open" };
                io.complain(&format!("{failed} '{file}': {error}"));
                return Ok(1);
            }
        },
        None => io.stdin()?,
    };
    let length = usize::try_from(wanted.unwrap_or(u64::MAX)).unwrap_or(usize::MAX).min(text.len());
    let text: String = if text.is_char_boundary(length) { text[..length].to_owned() } else { text };
    let bytes = text.len() as u64;
    match value("of") {
        Some(file) if file != "/dev/null" => {
            let (path, now) = (io.path(&file), io.now());
            if let Err(error) = io.files().write(&path, text.as_bytes(), now) {
                let failed = if io.is_gnu() { "failed to open" } else { "can't open" };
                io.complain(&format!("{failed} '{file}': {error}"));
                return Ok(1);
            }
        }
        Some(_) => {}
        None if text.len() <= MAX_TEXT => io.out(&text),
        None => {}
    }
    let (whole, part) = (bytes / block.max(1), u64::from(!bytes.is_multiple_of(block.max(1))));
    io.err(&format!("{whole}+{part} records in\n{whole}+{part} records out\n"));
    let text = match (io.is_gnu(), bytes < 1_000) {
        (true, true) => format!("{bytes} bytes copied, 0.001 s, {} kB/s\n", bytes),
        (true, false) => {
            let decimal = |units: &[(&str, u64)]| {
                let found = units.iter().rev().find(|(_, size)| bytes >= *size).or(units.first());
                found.map_or(String::new(), |(unit, size)| {
                    let tenths = (bytes * 10 + size / 2) / size;
                    let text = format!("{}.{}", tenths / 10, tenths % 10);
                    format!(
                        "{} {unit}",
                        if tenths >= 100 { text.split('.').next().unwrap_or_default() } else { &text }
                    )
                })
            };
            let short = decimal(&[("kB", 1_000), ("MB", 1_000_000)]);
            let binary = decimal(&[("KiB", 1 << 10), ("MiB", 1 << 20)]);
            format!(
                "{bytes} bytes ({short}, {binary}) copied, 0.001 s, {}.{} GB/s\n",
                bytes / 1_000_000,
                bytes / 100_000 % 10
            )
        }
        (false, _) => {
            format!("{bytes} bytes ({}) copied, 0.001000 seconds, {}/s\n", human(bytes), human(bytes * 1_000))
        }
    };
    io.err(&text);
    Ok(0)
}

/// A size as busybox's dd shows it, `1.0MB`.
fn human(bytes: u64) -> String {
    super::find::human(bytes) + "B"
}
