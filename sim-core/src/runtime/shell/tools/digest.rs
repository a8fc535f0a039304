//! md5sum and sha256sum.

use super::Turn;
use super::io::Io;

pub(super) fn sum(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let name = io.name();
    let hash = |bytes: &[u8]| if name == "md5sum" { md5(bytes) } else { sha256(bytes) };
    let operands: Vec<&String> = arguments.iter().filter(|word| !word.starts_with("--")).collect();
    let (checks, files): (Vec<&String>, Vec<&String>) = operands.into_iter().partition(|word| *word == "-c");
    if files.is_empty() || files.iter().all(|file| *file == "-") {
        let text = io.stdin()?;
        io.out(&format!("{}  -\n", hash(text.as_bytes())));
        return Ok(0);
    }
    let mut status = 0;
    for file in files {
        let path = io.path(file);
        let bytes = match io.files().read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let text = if io.is_gnu() {
                    format!("{file}: {error}")
                } else {
                    format!("can't open '{file}': {error}")
                };
                io.complain(&text);
                status = 1;
                continue;
            }
        };
        if checks.is_empty() {
            io.out(&format!("{}  {file}\n", hash(&bytes)));
            continue;
        }
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Some((wanted, named)) = line.split_once("  ") else { continue };
            let path = io.path(named);
            let same = io.files().read(&path).is_ok_and(|bytes| hash(&bytes) == wanted);
            io.out(&format!("{named}: {}\n", if same { "OK" } else { "FAILED" }));
            status = if same { status } else { 1 };
        }
    }
    Ok(status)
}

fn hex(words: impl Iterator<Item = u8>) -> String {
    words.map(|byte| format!("{byte:02x}")).collect()
}

/// A message with the padding that both hashes need; its length stands at the end, in `length`'s order.
fn padded(bytes: &[u8], length: [u8; 8]) -> Vec<u8> {
    let mut message = bytes.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend(length);
    message
}

/// The first digits of the cube roots of the primes. See FIPS 180-4.
const K256: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// SHA-256, in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    let mut state: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    let bits = (bytes.len() as u64).wrapping_mul(8);
    for block in padded(bytes, bits.to_be_bytes()).chunks_exact(64) {
        let mut w = [0_u32; 64];
        for (word, piece) in w.iter_mut().zip(block.chunks_exact(4)) {
            *word = u32::from_be_bytes([piece[0], piece[1], piece[2], piece[3]]);
        }
        for at in 16..64 {
            let (a, b) = (w[at - 15], w[at - 2]);
            let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            w[at] = w[at - 16].wrapping_add(s0).wrapping_add(w[at - 7]).wrapping_add(s1);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (k, w) in K256.iter().zip(w) {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let t1 = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(*k).wrapping_add(w);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let t2 = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e) = (g, f, e, d.wrapping_add(t1));
            (d, c, b, a) = (c, b, a, t1.wrapping_add(t2));
        }
        for (known, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *known = known.wrapping_add(new);
        }
    }
    hex(state.iter().flat_map(|word| word.to_be_bytes()))
}

/// How far each step of MD5 rotates, four of a kind. See RFC 1321.
const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The sines of RFC 1321.
const SINES: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];

/// MD5, in hexadecimal.
fn md5(bytes: &[u8]) -> String {
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let bits = (bytes.len() as u64).wrapping_mul(8);
    for block in padded(bytes, bits.to_le_bytes()).chunks_exact(64) {
        let mut words = [0_u32; 16];
        for (word, piece) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = u32::from_le_bytes([piece[0], piece[1], piece[2], piece[3]]);
        }
        let [mut a, mut b, mut c, mut d] = state;
        for (step, sine) in SINES.iter().enumerate() {
            let (mixed, at) = match step / 16 {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), (5 * step + 1) % 16),
                2 => (b ^ c ^ d, (3 * step + 5) % 16),
                _ => (c ^ (b | !d), (7 * step) % 16),
            };
            let sum = a.wrapping_add(mixed).wrapping_add(*sine).wrapping_add(words[at]);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(SHIFTS[step / 16][step % 4]));
        }
        for (known, new) in state.iter_mut().zip([a, b, c, d]) {
            *known = known.wrapping_add(new);
        }
    }
    hex(state.iter().flat_map(|word| word.to_le_bytes()))
}
