//! Interpreters of languages, of which only what the documentation's pages run is played: pi, by perl.

use super::Turn;
use super::io::Io;

/// Whether the command line holds the program, or asks for the version.
pub(super) fn says_what(words: &[String]) -> bool {
    words.iter().skip(1).any(|word| {
        let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
        letters.is_some_and(|letters| letters.ends_with(['e', 'c', 'V', 'v'])) || word == "--version"
    })
}

/// `perl -Mbignum=bpi -wle 'print bpi(N)'`; anything else is refused in so many words.
pub(super) fn run(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let program = arguments.last().map_or("", String::as_str);
    let digits = program.split_once("bpi(").and_then(|(_, rest)| rest.split_once(')')?.0.trim().parse().ok());
    if let Some(digits) = digits.filter(|_| io.name() == "perl") {
        io.out(&format!("{}\n", pi(digits)));
        return Ok(0);
    }
    let name = io.name();
    io.err(&format!("{name}: the simulator runs no programs in this language\n"));
    Ok(1)
}

/// The most digits that are worked out.
const MAX_DIGITS: usize = 10_000;

/// Pi to so many digits, rounded, by Machin's formula in numbers of nine decimal digits each.
fn pi(digits: usize) -> String {
    let digits = digits.clamp(1, MAX_DIGITS);
    let length = digits / 9 + 4;
    let mut sum = vec![0u64; length];
    arctangent(&mut sum, 16, 5, false);
    arctangent(&mut sum, 4, 239, true);
    let mut text = sum[0].to_string();
    sum[1..].iter().for_each(|group| text.push_str(&format!("{group:09}")));
    let mut kept: Vec<u8> = text.bytes().take(digits + 1).map(|byte| byte - b'0').collect();
    let rounds_up = kept.pop().is_some_and(|digit| digit >= 5);
    let mut at = kept.len();
    while rounds_up && at > 0 {
        at -= 1;
        kept[at] = (kept[at] + 1) % 10;
        if kept[at] != 0 {
            break;
        }
    }
    let mut shown: String = kept.iter().map(|digit| char::from(b'0' + digit)).collect();
    if digits > 1 {
        shown.insert(1, '.');
    }
    shown
}

/// A digit group's base.
const BASE: u64 = 1_000_000_000;

/// Adds `factor` times the arctangent of 1/`x` to `sum`, or takes it away.
fn arctangent(sum: &mut [u64], factor: u64, x: u64, minus: bool) {
    let mut power = vec![0u64; sum.len()];
    power[0] = factor;
    divide(&mut power, x);
    let mut odd = 1;
    while power.iter().any(|group| *group > 0) {
        let mut term = power.clone();
        divide(&mut term, odd);
        add(sum, &term, minus != (odd % 4 == 3));
        divide(&mut power, x * x);
        odd += 2;
    }
}

fn divide(number: &mut [u64], by: u64) {
    let mut rest = 0;
    for group in number {
        let value = rest * BASE + *group;
        (*group, rest) = (value / by, value % by);
    }
}

fn add(sum: &mut [u64], term: &[u64], minus: bool) {
    let mut carry = 0;
    for (group, other) in sum.iter_mut().zip(term).rev() {
        let other = other + carry;
        carry = 0;
        if minus {
            if *group < other {
                *group += BASE;
                carry = 1;
            }
            *group -= other;
        } else {
            *group += other;
            carry = *group / BASE;
            *group %= BASE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::pi;

    #[test]
    fn pi_is_pi() {
        assert_eq!(pi(1), "3");
        assert_eq!(pi(10), "3.141592654");
        assert!(pi(2_000).starts_with("3.14159265358979323846264338327950288419716939937510"));
        // The Feynman point, at the 762nd decimal.
        assert_eq!(&pi(2_000)[763..769], "999999");
        assert_eq!(pi(2_000).len(), 2_001);
    }
}
