//! ping, in busybox's words.

use std::time::Duration;

use super::Turn;
use super::io::{Io, Pause};
use super::options::Options;
use crate::network::http::NetError;

/// Round-trip times in microseconds, in turn: a network without noise would look odd.
const ROUND_TRIPS: [u64; 4] = [71, 64, 58, 67];

pub(super) fn ping(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "c:w:W:i:q4s:I:t:A") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let Some(target) = options.operands.first() else {
        io.err("Usage: ping [OPTIONS] HOST\n");
        return Ok(1);
    };
    let count = options.value('c').and_then(|count| count.parse().ok()).unwrap_or(u64::MAX);
    if io.memory().turn == 0 {
        let Some(address) = io.lookup(target).address().map(str::to_owned) else {
            let message = if io.is_gnu() {
                format!("{target}: Name or service not known")
            } else {
                format!("bad address '{target}'")
            };
            io.complain(&message);
            return Ok(if io.is_gnu() { 2 } else { 1 });
        };
        io.out(&format!("PING {target} ({address}): 56 data bytes\n"));
        io.memory().text = address;
    }
    let address = io.memory().text.clone();
    // No port answers an echo; a refusal shows that the address is a live pod's all the same.
    let alive = matches!(io.host.connect(&address, 7), Ok(()) | Err(NetError::Refused));
    let sent = io.memory().turn;
    if sent < count {
        if alive {
            let time = ROUND_TRIPS[(sent % 4) as usize];
            if !options.has('q') {
                io.out(&format!("64 bytes from {address}: seq={sent} ttl=64 time=0.{time:03} ms\n"));
            }
            io.memory().count += 1;
        }
        io.memory().turn += 1;
        let wait = if sent + 1 == count && alive { 0 } else { 1 };
        if sent + 1 < count || wait > 0 {
            let next = io.now() + Duration::from_secs(wait);
            return Err(Pause::Until(next));
        }
    }
    let (sent, received) = (io.memory().turn, io.memory().count);
    let lost = 100 - received * 100 / sent.max(1);
    io.out(&format!(
        "\n--- {target} ping statistics ---\n\
         {sent} packets transmitted, {received} packets received, {lost}% packet loss\n"
    ));
    if received > 0 {
        let seen = &ROUND_TRIPS[..usize::try_from(received.min(4)).unwrap_or(4)];
        let (least, most) = (seen.iter().min().unwrap_or(&0), seen.iter().max().unwrap_or(&0));
        let mean = seen.iter().sum::<u64>() / seen.len() as u64;
        io.out(&format!("round-trip min/avg/max = 0.{least:03}/0.{mean:03}/0.{most:03} ms\n"));
    }
    Ok(i32::from(received == 0))
}
