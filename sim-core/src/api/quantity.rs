//! [`Quantity`]: amounts like `500m` and `1Gi`, in whole numbers only.
//!
//! Parsing, rounding and the canonical text follow apimachinery `pkg/api/resource`.

use std::cmp::Ordering;
use std::fmt;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

/// What the API server says of a text that has not the shape of a quantity.
pub const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG: &str = "unable to parse quantity's suffix";

/// One unit in the billionths that amounts are counted in.
const NANOS: i128 = 1_000_000_000;
/// The largest amount, as upstream caps it: 2^63-1 units.
const MAX_NANOS: i128 = i64::MAX as i128 * NANOS;

/// Which suffixes the text had, and so the canonical text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    BinarySi,
    DecimalSi,
    DecimalExponent,
}

/// An amount of a resource. Compares by amount, not by how it is written.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Quantity = Quantity { nanos: 0, format: Format::DecimalSi };

    /// Parses the text of a quantity. Parts below a billionth are rounded away from zero; amounts above
    /// 2^63-1 become that.
    ///
    /// # Errors
    /// The API server's words.
    pub fn parse(text: &str) -> Result<Quantity, &'static str> {
        let (number, suffix) = split(text)?;
        let (format, base, exponent) = interpret_suffix(suffix)?;
        let (negative, digits) = match number.as_bytes().first() {
            Some(b'-') => (true, &number[1..]),
            Some(b'+') => (false, &number[1..]),
            _ => (false, number),
        };
        let nanos = scale(digits, base, exponent);
        Ok(Quantity { nanos: if negative { -nanos } else { nanos }, format })
    }

    /// The amount of an API field; text that is no quantity counts as nothing, because decoding refused it
    /// before.
    pub fn of(quantity: &ApiQuantity) -> Quantity {
        Quantity::parse(&quantity.0).unwrap_or(Quantity::ZERO)
    }

    /// Whole units, written with decimal suffixes.
    pub fn units(units: i64) -> Quantity {
        Quantity { nanos: i128::from(units) * NANOS, format: Format::DecimalSi }
    }

    /// Bytes, written with binary suffixes.
    pub fn bytes(bytes: i64) -> Quantity {
        Quantity { nanos: i128::from(bytes) * NANOS, format: Format::BinarySi }
    }

    /// Thousandths, rounded up: how CPU is counted.
    pub fn milli_value(self) -> i64 {
        saturate(div_ceil(self.nanos, NANOS / 1000))
    }

    /// Units, rounded up: how bytes are counted.
    pub fn value(self) -> i64 {
        saturate(div_ceil(self.nanos, NANOS))
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// -1, 0 or 1.
    pub fn sign(self) -> i32 {
        self.nanos.signum() as i32
    }

    /// Whether it is a whole number of units.
    pub fn is_whole(self) -> bool {
        self.nanos % NANOS == 0
    }

    /// The sum, written as `self` is (or as `other`, when `self` is nothing).
    #[must_use]
    pub fn plus(self, other: Quantity) -> Quantity {
        let format = if self.is_zero() { other.format } else { self.format };
        Quantity { nanos: self.nanos.saturating_add(other.nanos), format }
    }

    /// The difference, written as `self` is (or as `other`, when `self` is nothing).
    #[must_use]
    pub fn minus(self, other: Quantity) -> Quantity {
        let format = if self.is_zero() { other.format } else { self.format };
        Quantity { nanos: self.nanos.saturating_sub(other.nanos), format }
    }

    /// Rounded up to thousandths, as the defaults of resource lists are.
    #[must_use]
    pub fn rounded_up_to_milli(self) -> Quantity {
        let milli = NANOS / 1000;
        let nanos = if self.nanos % milli == 0 { self.nanos } else { div_away(self.nanos, milli) * milli };
        Quantity { nanos, ..self }
    }

    /// The API's form, canonical.
    pub fn to_api(self) -> ApiQuantity {
        ApiQuantity(self.to_string())
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Quantity) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Quantity) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Quantity) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl fmt::Display for Quantity {
    /// The canonical text. Models Quantity.CanonicalizeBytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let small = self.nanos.abs() < 1024 * NANOS;
        if self.format == Format::BinarySi && !small && self.is_whole() {
            let (amount, times) = remove_factors(self.nanos / NANOS, 1024);
            return write!(f, "{amount}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][times]);
        }
        let (mut amount, times) = remove_factors(self.nanos, 10);
        let mut exponent = times as i32 - 9;
        while exponent % 3 != 0 {
            amount *= 10;
            exponent -= 1;
        }
        match (self.format, exponent) {
            (_, 0) => write!(f, "{amount}"),
            (Format::DecimalExponent, _) => write!(f, "{amount}e{exponent}"),
            _ => {
                let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
                write!(f, "{amount}{}", suffixes[((exponent + 9) / 3) as usize])
            }
        }
    }
}

/// Splits into the number with its sign and the suffix. Models parseQuantityString.
fn split(text: &str) -> Result<(&str, &str), &'static str> {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    if text.is_empty() {
        return Err(FORMAT_WRONG);
    }
    let start = usize::from(matches!(bytes[0], b'+' | b'-'));
    let mut end = digits(start);
    let mut count = end - start;
    if bytes.get(end) == Some(&b'.') {
        let after = digits(end + 1);
        count += after - end - 1;
        end = after;
    }
    let mut at = end;
    while bytes.get(at).is_some_and(|byte| b"eEinumkKMGTP".contains(byte)) {
        at += 1;
    }
    at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    if digits(at) != bytes.len() || count == 0 {
        return Err(FORMAT_WRONG);
    }
    Ok((&text[..end], &text[end..]))
}

/// The suffix's format and the power it stands for.
fn interpret_suffix(suffix: &str) -> Result<(Format, i128, i32), &'static str> {
    let decimal = |exponent| Ok((Format::DecimalSi, 10, exponent));
    let binary = |exponent| Ok((Format::BinarySi, 1024, exponent));
    match suffix {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E']).ok_or(SUFFIX_WRONG)?;
            let exponent: i64 = exponent.parse().map_err(|_| SUFFIX_WRONG)?;
            Ok((Format::DecimalExponent, 10, exponent.clamp(-100, 100) as i32))
        }
    }
}

/// `digits` times `base` to the `exponent`, in billionths, rounded up and capped.
fn scale(digits: &str, base: i128, exponent: i32) -> i128 {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut mantissa: i128 = 0;
    let mut shift = 9 + if base == 10 { exponent } else { 0 };
    let mut inexact = false;
    for (index, digit) in whole.bytes().chain(fraction.bytes()).enumerate() {
        if index >= whole.len() && mantissa > MAX_NANOS {
            // Beyond 27 digits only the rounding depends on what follows.
            inexact |= digit != b'0';
            continue;
        }
        mantissa = mantissa.saturating_mul(10).saturating_add(i128::from(digit - b'0'));
        shift -= i32::from(index >= whole.len());
    }
    if base == 1024 {
        mantissa = mantissa.saturating_mul(1024_i128.pow(exponent.unsigned_abs()));
    }
    while shift > 0 && mantissa != 0 && mantissa <= MAX_NANOS {
        mantissa = mantissa.saturating_mul(10);
        shift -= 1;
    }
    while shift < 0 && mantissa != 0 {
        inexact |= mantissa % 10 != 0;
        mantissa /= 10;
        shift += 1;
    }
    mantissa.saturating_add(i128::from(inexact)).min(MAX_NANOS)
}

fn remove_factors(mut value: i128, base: i128) -> (i128, usize) {
    let mut times = 0;
    while value != 0 && value % base == 0 {
        value /= base;
        times += 1;
    }
    (value, times)
}

fn div_ceil(value: i128, by: i128) -> i128 {
    value.div_euclid(by) + i128::from(value.rem_euclid(by) != 0)
}

fn div_away(value: i128, by: i128) -> i128 {
    let magnitude = (value.abs() + by - 1) / by;
    if value < 0 { -magnitude } else { magnitude }
}

fn saturate(value: i128) -> i64 {
    value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Quantity::parse(text).map(|quantity| quantity.to_string()).unwrap_or_else(str::to_owned)
    }

    #[test]
    fn canonical_text_is_as_upstream_prints_it() {
        let pairs = [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1Gi", "1Gi"),
            ("1500Mi", "1500Mi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("100Ki", "100Ki"),
            ("1e3", "1e3"),
            ("1E3", "1e3"),
            ("12E", "9223372036854775807"),
            ("1E", "1E"),
            ("0", "0"),
            ("00", "0"),
            ("+5", "5"),
            ("-1.5", "-1500m"),
            ("100k", "100k"),
            ("2000k", "2M"),
            ("0.1n", "1n"),
            (".5", "500m"),
            ("5.", "5"),
            ("1Ki", "1Ki"),
            ("1023", "1023"),
        ];
        for (text, expected) in pairs {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn bad_text_is_refused_in_upstreams_words() {
        for text in ["", "lots", "1 Gi", "1Gi ", "-", ".", "1.2.3", "ten"] {
            assert_eq!(Quantity::parse(text).unwrap_err(), FORMAT_WRONG, "{text}");
        }
        for text in ["1KiB", "1kk", "1K", "1e"] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
        assert_eq!(Quantity::parse("1K").unwrap_err(), SUFFIX_WRONG);
    }

    #[test]
    fn sums_keep_the_first_ones_suffixes() {
        let sum =
            |a: &str, b: &str| Quantity::parse(a).unwrap().plus(Quantity::parse(b).unwrap()).to_string();
        assert_eq!(sum("250m", "1"), "1250m");
        assert_eq!(sum("1Gi", "512Mi"), "1536Mi");
        assert!(Quantity::parse("1Gi").unwrap() > Quantity::parse("1G").unwrap());
        assert_eq!(Quantity::parse("1Gi").unwrap(), Quantity::parse("1024Mi").unwrap());
        assert_eq!(Quantity::parse("100m").unwrap().value(), 1);
        assert_eq!(Quantity::parse("1.5").unwrap().milli_value(), 1500);
    }
}
