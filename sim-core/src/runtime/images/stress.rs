//! `polinux/stress` and `vish/stress`: they use as much as they are told to.

use super::{agnhost, packages, words};
use crate::api::quantity::Quantity;
use crate::runtime::image::{ExitPlan, ImageSpec};

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        size_bytes: 3_976_172,
        packages: packages::BUSYBOX | packages::ALPINE | packages::STRESS,
        command: words(&["stress", "--verbose", "--vm", "1", "--vm-bytes", "256M"]),
        ..ImageSpec::server("stress", &[])
    }
}

/// `vish/stress`, of Kubernetes' pages on CPU and memory: a program and nothing else.
pub(super) fn vish() -> ImageSpec {
    ImageSpec {
        size_bytes: 1_554_187,
        packages: 0,
        entrypoint: words(&["/stress"]),
        programs: words(&["/stress"]),
        termination_code: 2,
        ..ImageSpec::server("vish/stress", &[])
    }
}

/// `vish/stress` as its arguments make it: `-cpus N`, `-mem-total`, `-mem-alloc-size`, `-mem-alloc-sleep`.
pub(super) fn as_told(spec: &ImageSpec, arguments: &[String], limit: Option<u64>) -> ImageSpec {
    let mut told = spec.clone();
    let value = |name: &str, default: &str| agnhost::text(arguments, name).unwrap_or(default).to_owned();
    let (total, chunk) = (value("mem-total", "0"), value("mem-alloc-size", "4Ki"));
    let sleep = value("mem-alloc-sleep", "1ms");
    let bytes =
        |text: &str| Quantity::parse(text).ok().and_then(|quantity| u64::try_from(quantity.value()).ok());
    let pause_ms = match sleep.strip_suffix("ms") {
        Some(text) => text.parse().unwrap_or(1),
        None => sleep.trim_end_matches('s').parse::<u64>().unwrap_or(1).saturating_mul(1_000),
    };
    let (wanted, step) = (bytes(&total).unwrap_or(0), bytes(&chunk).unwrap_or(4_096).max(1));
    let took_ms = |bytes: u64| (bytes / step).saturating_mul(pause_ms);
    let said =
        |after: u64, line: u32, text: &str| format!("I{{{{klog {after}}}}}       1 main.go:{line}] {text}");
    let start = format!(
        "Allocating \"{total}\" memory, in \"{chunk}\" chunks, with a {sleep} sleep between allocations"
    );
    told.log = vec![said(0, 26, &start)];
    for _ in 0..agnhost::number::<u32>(arguments, "cpus").unwrap_or(0).min(64) {
        told.log.push(said(0, 39, "Spawning a thread to consume CPU"));
    }
    match limit.filter(|limit| *limit < wanted) {
        Some(limit) => {
            told.exit = Some(ExitPlan { after_ms: took_ms(limit), code: 137, log: Vec::new() });
        }
        None => told.log.push(said(took_ms(wanted), 29, &format!("Allocated \"{total}\" memory"))),
    }
    told
}
