//! The images that ship with the product, one a file.

mod agnhost;
mod alpine;
mod bases;
mod busybox;
mod crash_looper;
mod httpd;
mod mysql;
mod nginx;
mod pause;
mod postgres;
mod python_app;
mod redis;
mod slow_starter;
mod stress;

use super::image::ImageSpec;
use super::packages;

/// Every shipped image.
pub fn catalogue() -> Vec<ImageSpec> {
    let mut all = vec![
        agnhost::spec(),
        alpine::spec(),
        bases::bash(),
        bases::curl(),
        bases::debian(),
        bases::ubuntu(),
        mysql::spec("mariadb"),
        mysql::spec("mysql"),
        stress::vish(),
        busybox::spec(),
        crash_looper::spec(),
        httpd::spec(),
        nginx::slim(),
        nginx::spec(),
        pause::spec(),
        postgres::spec(),
        python_app::spec(),
        redis::spec(),
        slow_starter::spec(),
        stress::spec(),
    ];
    all.extend(bases::others());
    all
}

/// An image as its program's arguments, its environment and its memory make it; `None` when they change nothing.
pub fn as_told(
    spec: &ImageSpec,
    arguments: &[String],
    env: &[(String, String)],
    limit: Option<u64>,
) -> Option<ImageSpec> {
    match spec.name.as_str() {
        "agnhost" => Some(agnhost::as_told(spec, arguments)),
        "vish/stress" => Some(stress::as_told(spec, arguments, limit)),
        "mariadb" | "mysql" => Some(mysql::as_told(spec, env)),
        _ => None,
    }
}

/// Owned words.
fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Owned pairs.
fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
