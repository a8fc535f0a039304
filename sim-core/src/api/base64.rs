//! Text in base64, with Go's complaints.

/// The bytes of a text in base64.
///
/// Models encoding/base64: Encoding.decodeQuantum, which lets breaks of lines and spare bits be.
///
/// # Errors
/// Go's words, `illegal base64 data at input byte 3`.
pub fn decode(text: &str) -> Result<Vec<u8>, String> {
    quanta(text).map_err(|at| format!("illegal base64 data at input byte {at}"))
}

/// The bytes, or where the text is wrong.
fn quanta(text: &str) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::new();
    let (mut group, mut count) = (0u32, 0u32);
    let mut letters = text.bytes().enumerate().filter(|(_, letter)| !matches!(letter, b'\n' | b'\r'));
    while let Some((at, letter)) = letters.next() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if count > 1 => {
                if count == 2 {
                    match letters.next() {
                        Some((_, b'=')) => {}
                        Some((at, _)) => return Err(at - 1),
                        None => return Err(text.len()),
                    }
                }
                if let Some((at, _)) = letters.next() {
                    return Err(at);
                }
                let kept = group << (6 * (4 - count));
                bytes.extend(kept.to_be_bytes().into_iter().skip(1).take(count as usize - 1));
                return Ok(bytes);
            }
            _ => return Err(at),
        };
        group = group << 6 | u32::from(value);
        count += 1;
        if count == 4 {
            bytes.extend(&group.to_be_bytes()[1..]);
            (group, count) = (0, 0);
        }
    }
    if count > 0 { Err(text.len() - count as usize) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn what_go_takes_is_taken() {
        assert_eq!(decode("aGVsbG8=").unwrap(), b"hello");
        assert_eq!(decode("aGVs\nbG8=\n").unwrap(), b"hello");
        assert_eq!(decode("YR==").unwrap(), b"a");
        assert_eq!(decode("").unwrap(), b"");
    }

    #[test]
    fn go_says_where_it_stumbles() {
        let refused = |text: &str| decode(text).unwrap_err();
        for (text, at) in [
            ("!", 0),
            ("YQ", 0),
            ("YWJjYQ", 4),
            ("YQ=", 3),
            ("Y===", 1),
            ("YQ==a", 4),
            ("YQ=a", 2),
            ("YW J", 2),
        ] {
            assert_eq!(refused(text), format!("illegal base64 data at input byte {at}"), "{text}");
        }
    }
}
