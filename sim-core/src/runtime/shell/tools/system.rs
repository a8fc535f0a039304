//! Tools that tell about the container and its node.

use super::Turn;
use super::io::Io;
use super::options::Options;
use crate::network::resolver::Lookup;
use crate::runtime::User;
use crate::runtime::shell::host::known_user;

pub(super) fn succeed(_: &mut Io<'_>) -> Turn {
    Ok(0)
}

/// Clears the terminal, as a terminal is told to.
pub(super) fn clear(io: &mut Io<'_>) -> Turn {
    // Busybox leaves what was scrolled off.
    io.out(if io.is_gnu() { "\x1b[H\x1b[2J\x1b[3J" } else { "\x1b[H\x1b[J" });
    Ok(0)
}

pub(super) fn fail(_: &mut Io<'_>) -> Turn {
    Ok(1)
}

pub(super) fn whoami(io: &mut Io<'_>) -> Turn {
    let uid = io.host.user().uid;
    match known_user(uid) {
        Some(name) => io.out(&format!("{name}\n")),
        None if io.is_gnu() => {
            io.complain(&format!("cannot find name for user ID {uid}"));
            return Ok(1);
        }
        None => {
            io.complain(&format!("unknown uid {uid}"));
            return Ok(1);
        }
    }
    Ok(0)
}

pub(super) fn nproc(io: &mut Io<'_>) -> Turn {
    let (cpus, _) = io.host.node_capacity();
    io.out(&format!("{cpus}\n"));
    Ok(0)
}

pub(super) fn id(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "ugnGr") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let User { uid, gid, groups } = io.host.user();
    let name = |id: u32| known_user(id).map_or_else(|| id.to_string(), str::to_owned);
    let full = |id: u32| known_user(id).map_or_else(|| id.to_string(), |name| format!("{id}({name})"));
    let shown = |id: u32| if options.has('n') { name(id) } else { id.to_string() };
    let text = if options.has('u') {
        shown(uid)
    } else if options.has('g') {
        shown(gid)
    } else if options.has('G') {
        groups.iter().map(|group| shown(*group)).collect::<Vec<_>>().join(" ")
    } else {
        let groups: Vec<String> = groups.iter().map(|group| full(*group)).collect();
        format!("uid={} gid={} groups={}", full(uid), full(gid), groups.join(","))
    };
    io.out(&format!("{text}\n"));
    Ok(0)
}

pub(super) fn hostname(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "ifsdIA") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let name = io.host.hostname();
    // The name that /etc/hosts has first for the pod's address: with a subdomain it has one.
    let full = match io.lookup(&name) {
        Lookup::Found { name, .. } => name,
        _ => name.clone(),
    };
    let short = full.split('.').next().unwrap_or_default().to_owned();
    let text = if options.has('i') {
        io.host.ip()
    } else if options.has('I') {
        // The GNU tool ends the list with a blank.
        format!("{} ", io.host.ip())
    } else if options.has('f') {
        full
    } else if options.has('d') {
        full.split_once('.').map(|(_, domain)| domain.to_owned()).unwrap_or_default()
    } else if options.has('s') {
        short
    } else {
        name
    };
    io.out(&format!("{text}\n"));
    Ok(0)
}

pub(super) fn uname(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "asnrvmpo") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let hostname = io.host.hostname();
    let parts = [
        ('s', "Linux"),
        ('n', hostname.as_str()),
        ('r', "6.6.0"),
        ('v', "#1 SMP PREEMPT_DYNAMIC"),
        ('m', "x86_64"),
        ('o', if io.is_gnu() { "GNU/Linux" } else { "Linux" }),
    ];
    let all = options.has('a');
    let none = !parts.iter().any(|(flag, _)| options.has(*flag)) && !all;
    let shown = parts.iter().filter(|(flag, _)| all || options.has(*flag) || (none && *flag == 's'));
    let line = shown.map(|(_, text)| *text).collect::<Vec<_>>().join(" ");
    io.out(&format!("{line}\n"));
    Ok(0)
}

pub(super) fn uptime(io: &mut Io<'_>) -> Turn {
    let up = io.now().since_start().as_secs();
    let clock = io.now().timestamp().strftime("%H:%M:%S").to_string();
    let (days, hours, minutes) = (up / 86_400, up / 3_600 % 24, up / 60 % 60);
    let day = match days {
        0 => String::new(),
        1 => "1 day, ".to_owned(),
        days => format!("{days} days, "),
    };
    let time = if hours > 0 { format!("{hours:2}:{minutes:02}") } else { format!("{minutes} min") };
    io.out(&format!(" {clock} up {day}{time},  0 users,  load average: 0.00, 0.00, 0.00\n"));
    Ok(0)
}

/// The node's memory, of which a simulated container uses a fixed part.
pub(super) fn free(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "hmgkb") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let scale = |kib: u64| {
        if options.has('h') {
            super::find::human(kib * 1_024)
        } else if options.has('m') {
            (kib / 1_024).to_string()
        } else if options.has('g') {
            (kib / 1_048_576).to_string()
        } else if options.has('b') {
            (kib * 1_024).to_string()
        } else {
            kib.to_string()
        }
    };
    io.out("              total        used        free      shared  buff/cache   available\n");
    let memory = [8_388_608, 1_048_576, 6_291_456, 0, 1_048_576, 7_340_032].map(scale);
    let columns = memory.map(|number| format!("{number:>12}")).join("");
    io.out(&format!("Mem:   {columns}\n"));
    let columns = [0, 0, 0].map(scale).map(|number| format!("{number:>12}")).join("");
    io.out(&format!("Swap:  {columns}\n"));
    Ok(0)
}

/// The image's own file system and the volumes. Sizes are one fixed figure: nothing here is ever full.
pub(super) fn df(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "hkmPaT") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let mut rows: Vec<(String, String)> =
        io.files().mounts().into_iter().map(|(path, source, _)| (source, path)).collect();
    if !rows.iter().any(|(_, path)| path == "/") {
        rows.insert(0, ("overlay".to_owned(), "/".to_owned()));
    }
    if let Some(operand) = options.operands.first() {
        let path = io.path(operand);
        if let Err(error) = io.files().stat(&path) {
            io.complain(&format!("{operand}: {error}"));
            return Ok(1);
        }
        let inside =
            |mount: &str| path == mount || path.starts_with(&format!("{}/", mount.trim_end_matches('/')));
        let best =
            rows.iter().filter(|(_, mount)| inside(mount)).max_by_key(|(_, mount)| mount.len()).cloned();
        rows = best.into_iter().collect();
    }
    let (total, used) = (16_777_216u64, 4_194_304u64);
    let gnu = io.is_gnu();
    let size = |kib: u64| match (options.has('h'), options.has('m')) {
        // GNU shows tenths only below ten.
        (true, _) if gnu => {
            let text = super::find::human(kib * 1_024);
            if text.len() > 4 { text.replacen(".0", "", 1) } else { text }
        }
        (true, _) => super::find::human(kib * 1_024),
        (_, true) => (kib / 1_024).to_string(),
        _ => kib.to_string(),
    };
    let rows: Vec<[String; 5]> = rows
        .into_iter()
        .map(|(source, path)| [source, size(total), size(used), size(total - used), path])
        .collect();
    let human = options.has('h');
    let text = if gnu { gnu_table(&rows, human) } else { busybox_table(&rows, human) };
    io.out(&text);
    Ok(0)
}

fn busybox_table(rows: &[[String; 5]], human: bool) -> String {
    let block = if human { "Size" } else { "1K-blocks" };
    let mut text = format!("Filesystem           {block:>9}      Used Available Use% Mounted on\n");
    for [source, total, used, free, path] in rows {
        // A long source pushes its numbers to a line of their own.
        let source = if source.len() > 20 { format!("{source}\n{:20}", "") } else { format!("{source:<20}") };
        text.push_str(&format!("{source} {total:>9} {used:>9} {free:>9}  25% {path}\n"));
    }
    text
}

/// GNU's columns are as wide as what is in them.
fn gnu_table(rows: &[[String; 5]], human: bool) -> String {
    let (block, free) = if human { ("Size", "Avail") } else { ("1K-blocks", "Available") };
    let heads = ["Filesystem", block, "Used", free];
    let width = |column: usize, least: usize| {
        let widest = rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        widest.max(heads[column].len()).max(least)
    };
    let [source, total, used, free] = [width(0, 14), width(1, 5), width(2, 5), width(3, 5)];
    let line = |cells: [&str; 4], percent: &str, path: &str| {
        let [a, b, c, d] = cells;
        format!("{a:<source$} {b:>total$} {c:>used$} {d:>free$} {percent:>4} {path}\n")
    };
    let mut text = line(heads, "Use%", "Mounted on");
    for [source, total, used, free, path] in rows {
        text.push_str(&line([source, total, used, free], "25%", path));
    }
    text
}

pub(super) fn mount(io: &mut Io<'_>) -> Turn {
    if !io.arguments().is_empty() {
        io.complain("permission denied (are you root?)");
        return Ok(1);
    }
    io.out("overlay on / type overlay (rw,relatime)\nproc on /proc type proc (rw,nosuid,nodev,noexec,relatime)\n");
    for (path, source, read_only) in io.files().mounts() {
        if path == "/" {
            continue;
        }
        let mode = if read_only { "ro" } else { "rw" };
        let kind = if source == "tmpfs" { "tmpfs" } else { "ext4" };
        io.out(&format!("{source} on {path} type {kind} ({mode},relatime)\n"));
    }
    Ok(0)
}
