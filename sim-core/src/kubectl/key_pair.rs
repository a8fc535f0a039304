//! Whether a certificate and a private key belong together, with the words of Go's `crypto/tls`.
//!
//! Nothing is computed: the public half stands in both, and is looked for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// DER of the object identifiers of RSA and elliptic-curve keys.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ELLIPTIC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// A number of an RSA key that is this long is its modulus, which comes first.
const MODULUS_MIN: usize = 64;

/// Complains unless `key` is the key of `cert`, both PEM.
///
/// Models Go's crypto/tls: X509KeyPair.
///
/// # Errors
/// Go's complaint.
pub fn check(cert: &str, key: &str) -> Result<(), String> {
    let (cert, skipped) = block(cert, |kind| kind == "CERTIFICATE");
    let Some(cert) = cert else {
        return Err(match skipped.as_slice() {
            [one] if one.ends_with("PRIVATE KEY") => {
                "tls: failed to find certificate PEM data in certificate \
                input, but did find a private key; PEM inputs may have been switched"
                    .to_owned()
            }
            _ => missing("certificate", "\"CERTIFICATE\" PEM block in certificate", &skipped),
        });
    };
    let (found, skipped) = block(key, |kind| kind == "PRIVATE KEY" || kind.ends_with(" PRIVATE KEY"));
    let Some(found) = found else {
        return Err(if skipped == ["CERTIFICATE"] {
            "tls: found a certificate rather than a key in the PEM for the private key".to_owned()
        } else {
            missing("key", "PEM block with type ending in \"PRIVATE KEY\" in key", &skipped)
        });
    };
    let is_rsa = has(&found, RSA) || key.contains("RSA PRIVATE KEY");
    let is_elliptic = has(&found, ELLIPTIC) || key.contains("EC PRIVATE KEY");
    if is_rsa && !has(&cert, RSA) || is_elliptic && !has(&cert, ELLIPTIC) {
        return Err("tls: private key type does not match public key type".to_owned());
    }
    let public = if is_rsa { modulus(&found) } else { point(&found) };
    match public {
        Some(public) if !has(&cert, public) => Err("tls: private key does not match public key".to_owned()),
        _ => Ok(()),
    }
}

fn missing(what: &str, block: &str, skipped: &[String]) -> String {
    if skipped.is_empty() {
        return format!("tls: failed to find any PEM data in {what} input");
    }
    format!(
        "tls: failed to find {block} input after skipping PEM blocks of the following types: [{}]",
        skipped.join(" ")
    )
}

/// The bytes of the first block whose type is wanted, and the types of those before it.
fn block(text: &str, wanted: impl Fn(&str) -> bool) -> (Option<Vec<u8>>, Vec<String>) {
    let mut skipped = Vec::new();
    for part in text.split("-----BEGIN ").skip(1) {
        let Some((kind, rest)) = part.split_once("-----") else { continue };
        let Some((body, _)) = rest.split_once(&format!("-----END {kind}-----")) else { continue };
        let body: String = body.split_whitespace().collect();
        let Ok(bytes) = STANDARD.decode(body) else { continue };
        if wanted(kind) {
            return (Some(bytes), skipped);
        }
        skipped.push(kind.to_owned());
    }
    (None, skipped)
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The first long INTEGER of the key.
fn modulus(key: &[u8]) -> Option<&[u8]> {
    (0..key.len()).find_map(|at| element(key, at, 0x02).filter(|number| number.len() >= MODULUS_MIN))
}

/// The public point of an elliptic key: its last BIT STRING, when it has one.
fn point(key: &[u8]) -> Option<&[u8]> {
    let found = (0..key.len()).rev().find_map(|at| element(key, at, 0x03).filter(|bits| bits.len() > 32))?;
    found.get(1..)
}

/// The content of the DER element of type `tag` at `at`.
fn element(bytes: &[u8], at: usize, tag: u8) -> Option<&[u8]> {
    let (found, length) = (*bytes.get(at)?, *bytes.get(at + 1)?);
    if found != tag {
        return None;
    }
    let (length, start) = match length {
        short @ 0..=0x7f => (usize::from(short), at + 2),
        0x81 => (usize::from(*bytes.get(at + 2)?), at + 3),
        0x82 => (usize::from(*bytes.get(at + 2)?) << 8 | usize::from(*bytes.get(at + 3)?), at + 4),
        _ => return None,
    };
    bytes.get(start..start + length)
}
