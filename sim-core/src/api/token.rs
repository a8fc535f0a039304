//! Service account tokens: JSON Web Tokens with the API server's claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Whom the API server's tokens are from and for.
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// What a token says.
#[derive(Clone, Debug, Default)]
pub struct Claims<'a> {
    /// The account's namespace.
    pub namespace: &'a str,
    /// The account's name and uid.
    pub account: (&'a str, &'a str),
    /// Whom it is for; the API server when empty.
    pub audiences: &'a [String],
    /// Kind, name and uid of the object that it ends with.
    pub bound_to: Option<(&'a str, &'a str, &'a str)>,
    /// When it was made, in Unix seconds.
    pub issued_at: i64,
    /// For how long it is good, in seconds.
    pub lasts: i64,
}

/// The token. Its signature is no secret: nobody in a simulation checks it.
///
/// Models pkg/serviceaccount: Claims.
pub fn token(claims: &Claims<'_>) -> String {
    let audiences =
        if claims.audiences.is_empty() { vec![ISSUER.to_owned()] } else { claims.audiences.to_vec() };
    let (account, uid) = claims.account;
    let mut private = json!({
        "namespace": claims.namespace,
        "serviceaccount": {"name": account, "uid": uid},
    });
    if let Some((kind, name, uid)) = claims.bound_to {
        private[kind] = json!({ "name": name, "uid": uid });
    }
    let body = json!({
        "aud": audiences,
        "exp": claims.issued_at + claims.lasts,
        "iat": claims.issued_at,
        "iss": ISSUER,
        "kubernetes.io": private,
        "nbf": claims.issued_at,
        "sub": format!("system:serviceaccount:{}:{account}", claims.namespace),
    });
    signed(&body)
}

/// The token that a Secret holds for as long as it is there.
///
/// Models pkg/serviceaccount: LegacyClaims.
pub fn of_secret(namespace: &str, account: (&str, &str), secret: &str) -> String {
    let (name, uid) = account;
    signed(&json!({
        "iss": "kubernetes/serviceaccount",
        "kubernetes.io/serviceaccount/namespace": namespace,
        "kubernetes.io/serviceaccount/secret.name": secret,
        "kubernetes.io/serviceaccount/service-account.name": name,
        "kubernetes.io/serviceaccount/service-account.uid": uid,
        "sub": format!("system:serviceaccount:{namespace}:{name}"),
    }))
}

fn signed(body: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "RS256", "kid": "sts-sim"})), part(body));
    let signature = URL_SAFE_NO_PAD.encode(noise(signed.as_bytes(), 256));
    format!("{signed}.{signature}")
}

/// The certificate of the API server's authority: the form of one, and no key behind it.
pub fn certificate(seed: u64) -> String {
    let bytes = noise(&seed.to_be_bytes(), 777);
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut lines = vec!["-----BEGIN CERTIFICATE-----".to_owned()];
    lines.extend(text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()));
    lines.push("-----END CERTIFICATE-----\n".to_owned());
    lines.join("\n")
}

/// Bytes in base64, as kubeconfigs carry certificates.
pub fn encoded(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Bytes that look like noise and depend on nothing but `input`: FNV-1a, then xorshift.
fn noise(input: &[u8], count: usize) -> Vec<u8> {
    let mut state = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}
