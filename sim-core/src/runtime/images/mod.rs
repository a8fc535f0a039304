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

use super::image::{Image, ImageSpec};
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

/// What a base puts into `/etc`, unless the image has its own.
pub fn base_files(image: &Image) -> Vec<(&'static str, String)> {
    let (own, tag) = (image.packages(), image.reference.tag.as_str());
    let mut files = Vec::new();
    if own == 0 {
        return files;
    }
    let is_debian = own & packages::DEBIAN != 0;
    let user =
        |name: &str, id: u32, home: &str, shell: &str| format!("{name}:x:{id}:{id}:{name}:{home}:{shell}\n");
    let no_shell = if is_debian { "/usr/sbin/nologin" } else { "/bin/false" };
    let mut passwd = format!("root:x:0:0:root:/root:{}\n", if is_debian { "/bin/bash" } else { "/bin/sh" });
    passwd += &user("daemon", 1, "/usr/sbin", no_shell);
    passwd += &user("bin", 2, "/bin", no_shell);
    passwd += &user("www-data", 33, "/var/www", no_shell);
    passwd += &user("nobody", 65_534, if is_debian { "/nonexistent" } else { "/home" }, no_shell);
    if image.spec.name == "nginx" {
        passwd += "nginx:x:101:101:nginx user:/nonexistent:/bin/false\n";
    }
    files.push(("/etc/passwd", passwd));
    let groups = [("root", 0), ("daemon", 1), ("bin", 2), ("tty", 5), ("www-data", 33), ("nogroup", 65_534)];
    files.push(("/etc/group", groups.map(|(name, id)| format!("{name}:x:{id}:\n")).concat()));
    if is_debian {
        let (number, name) = match tag {
            tag if tag.contains("trixie") => (13, "trixie"),
            tag if tag.contains("bullseye") => (11, "bullseye"),
            tag if tag.contains("bookworm") => (12, "bookworm"),
            _ if image.spec.name.starts_with("nginx") => nginx::debian(image.release()),
            _ => (12, "bookworm"),
        };
        files.push((
            "/etc/os-release",
            format!(
                "PRETTY_NAME=\"Debian GNU/Linux {number} ({name})\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"{number}\"\n\
                 VERSION=\"{number} ({name})\"\nVERSION_CODENAME={name}\nID=debian\nHOME_URL=\"https://www.debian.org/\"\n"
            ),
        ));
        files.push(("/etc/debian_version", format!("{number}.2\n")));
    } else if own & packages::ALPINE != 0 || tag.contains("alpine") {
        let release =
            "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.2\nPRETTY_NAME=\"Alpine Linux v3.22\"\n";
        files.push(("/etc/os-release", release.to_owned()));
        files.push(("/etc/alpine-release", "3.22.2\n".to_owned()));
    }
    files
}

/// Owned words.
fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Owned pairs.
fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
