//! The pod-template-hash.
//!
//! Upstream hashes Go's own dump of the template's struct. Ours hashes its JSON as one line: as steady, in the same
//! alphabet and of the same length, but another value. Models pkg/controller: ComputeHash.

use k8s_openapi::api::core::v1::PodTemplateSpec;

use crate::api::to_value;

/// The label that tells a Deployment's ReplicaSets and their pods apart.
pub(super) const LABEL: &str = "pod-template-hash";

/// The letters of encoded hashes, as apimachinery's util/rand has them.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The template's hash; a collision count makes it another one.
pub(in crate::controllers) fn of_template(
    template: &PodTemplateSpec,
    collision_count: Option<i32>,
) -> String {
    let mut bytes = to_value(template).to_string().into_bytes();
    bytes.push(b'\n');
    if let Some(count) = collision_count {
        bytes.extend_from_slice(&i64::from(count).to_le_bytes());
    }
    encode(fnv1a(&bytes))
}

/// Models apimachinery/util/rand: SafeEncodeString, of the number's decimal digits.
fn encode(hash: u32) -> String {
    hash.to_string().bytes().map(|digit| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()])).collect()
}

fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
