//! The images that ship with the product, one a file.

mod alpine;
mod bases;
mod busybox;
mod crash_looper;
mod httpd;
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
    vec![
        alpine::spec(),
        bases::debian(),
        bases::ubuntu(),
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
    ]
}

/// Owned words.
fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Owned pairs.
fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
