//! What Redis keeps on disk: the snapshot `dump.rdb` and the log of writes of `appendonly yes`.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Call, Entry, Keys, Redis, Reply, Value};
use crate::api::SimTime;
use crate::runtime::fs::normalize;
use crate::runtime::server::Ground;

/// The first bytes of a snapshot, with the version of the format.
const MAGIC: &str = "REDIS0012\n";

/// An append-only file longer than this is written anew as a base.
const REWRITE_BYTES: usize = 1 << 20;

impl Redis {
    fn file(&self, name: &str) -> String {
        normalize(self.setting("dir"), name)
    }

    fn rdb_path(&self) -> String {
        self.file(self.setting("dbfilename"))
    }

    fn aof_path(&self, part: &str) -> String {
        let name = self.setting("appendfilename");
        self.file(&format!("{}/{name}{part}", self.setting("appenddirname")))
    }

    /// Whether every write goes to the append-only file.
    pub(super) fn appends(&self) -> bool {
        self.setting("appendonly") == "yes"
    }

    /// Reads what an earlier run left on disk and logs so.
    pub fn load(&mut self, ground: &mut Ground<'_>) {
        if self.appends() {
            self.load_append_only(ground);
            return;
        }
        let Ok(bytes) = ground.files.read(&self.rdb_path()) else { return };
        let modified = ground.files.stat(&self.rdb_path()).map(|entry| entry.modified).unwrap_or_default();
        self.log(ground, '*', &format!("Loading RDB produced by version {}", self.release));
        let age = ground.now.since(modified).as_secs();
        self.log(ground, '*', &format!("RDB age {age} seconds"));
        self.log(ground, '*', "RDB memory usage when created 0.62 Mb");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.keys = decode(&text, ground.now);
        self.bytes = self.keys.iter().map(|(key, entry)| weight(&key.1, entry)).sum();
        let count = self.keys.len();
        self.log(ground, '*', &format!("Done loading RDB, keys loaded: {count}, keys expired: 0."));
        self.log(ground, '*', "DB loaded from disk: 0.000 seconds");
    }

    fn load_append_only(&mut self, ground: &mut Ground<'_>) {
        let base = ground.files.read(&self.aof_path(".1.base.rdb"));
        let Ok(base) = base else {
            let name = self.setting("appendfilename").to_owned();
            self.rewrite_append_only(ground);
            self.log(ground, '*', &format!("Creating AOF base file {name}.1.base.rdb on server start"));
            self.log(ground, '*', &format!("Creating AOF incr file {name}.1.incr.aof on server start"));
            return;
        };
        self.keys = decode(&String::from_utf8_lossy(&base), ground.now);
        let increments = ground.files.read(&self.aof_path(".1.incr.aof")).unwrap_or_default();
        let text = String::from_utf8_lossy(&increments).into_owned();
        // The log is replayed as a client would send it, before there is anyone else to see it.
        let appends = self.settings.insert("appendonly".to_owned(), "no".to_owned());
        let primary = self.primary.take();
        let mut database = 0;
        for words in parse_commands(&text) {
            match (words.first().map(String::as_str), words.get(1)) {
                (Some("SELECT"), Some(number)) => database = number.parse().unwrap_or(0),
                _ => {
                    let login = Some(("default".to_owned(), self.setting("requirepass").to_owned()));
                    let _: Result<Reply, String> = self.execute(&Call { words, database, login }, ground);
                }
            }
        }
        self.primary = primary;
        self.settings.insert("appendonly".to_owned(), appends.unwrap_or_default());
        self.bytes = self.keys.iter().map(|(key, entry)| weight(&key.1, entry)).sum();
        self.offset = 0;
        self.log(ground, '*', "DB loaded from append only file: 0.000 seconds");
        let name = self.setting("appendfilename").to_owned();
        self.log(ground, '*', &format!("Opening AOF incr file {name}.1.incr.aof on server start"));
    }

    /// Writes the whole data as the base of the append-only file.
    pub(super) fn rewrite_append_only(&mut self, ground: &mut Ground<'_>) {
        let folder = self.file(self.setting("appenddirname"));
        let now = ground.now;
        let _ = ground.files.make_dir(&folder, now);
        let name = self.setting("appendfilename").to_owned();
        let manifest = format!("file {name}.1.base.rdb seq 1 type b\nfile {name}.1.incr.aof seq 1 type i\n");
        let _ = ground.files.write(&self.aof_path(".1.base.rdb"), encode(&self.keys).as_bytes(), now);
        let _ = ground.files.write(&self.aof_path(".1.incr.aof"), b"", now);
        let _ = ground.files.write(&self.aof_path(".manifest"), manifest.as_bytes(), now);
    }

    /// Adds a write to the append-only file.
    pub(super) fn append(&mut self, database: u8, words: &[String], ground: &mut Ground<'_>) {
        let path = self.aof_path(".1.incr.aof");
        let size = ground.files.read(&path).map_or(0, |bytes| bytes.len());
        if size > REWRITE_BYTES {
            return self.rewrite_append_only(ground);
        }
        let select = ["SELECT".to_owned(), database.to_string()];
        let text = format!("{}{}", wire(&select), wire(words));
        let _ = ground.files.append(&path, text.as_bytes(), ground.now);
    }

    /// Writes the snapshot.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn save(&mut self, ground: &mut Ground<'_>) -> Result<(), String> {
        let text = encode(&self.keys);
        let path = self.rdb_path();
        ground.files.write(&path, text.as_bytes(), ground.now).map_err(|error| error.to_string())?;
        self.dirty = 0;
        self.saved_at = ground.now;
        Ok(())
    }

    /// Whether a `save` rule asks for a snapshot now.
    pub(super) fn wants_save(&self, now: SimTime) -> Option<(u64, u64)> {
        let words: Vec<u64> =
            self.setting("save").split_whitespace().filter_map(|w| w.parse().ok()).collect();
        let waited = now.since(self.saved_at).as_secs();
        let rule = words.chunks_exact(2).find(|rule| self.dirty >= rule[1] && waited >= rule[0])?;
        Some((self.dirty, rule[0]))
    }

    /// Saves when a rule asks for it, as the background process does.
    pub(super) fn save_by_rules(&mut self, ground: &mut Ground<'_>) {
        let Some((changes, seconds)) = self.wants_save(ground.now) else { return };
        self.log(ground, '*', &format!("{changes} changes in {seconds} seconds. Saving..."));
        self.background_save(ground);
    }

    /// The lines and the effect of a save in the background.
    pub(super) fn background_save(&mut self, ground: &mut Ground<'_>) {
        let child = self.pid + 19;
        self.log(ground, '*', &format!("Background saving started by pid {child}"));
        let saved = self.save(ground);
        let aside = |text: &str| super::line(child, 'C', '*', text, ground.now);
        match saved {
            Ok(()) => {
                let lines = [
                    aside("DB saved on disk"),
                    aside("Fork CoW for RDB: current 0 MB, peak 0 MB, average 0 MB"),
                ];
                ground.log.extend(lines);
                self.log(ground, '*', "Background saving terminated with success");
            }
            Err(error) => {
                self.log(
                    ground,
                    '#',
                    &format!("Failed opening the temp RDB file temp-{child}.rdb for saving: {error}"),
                );
                self.log(ground, '#', "Background saving error");
            }
        }
    }
}

/// Bytes that a key counts for.
pub(super) fn weight(key: &str, entry: &Entry) -> usize {
    let value = match &entry.value {
        Value::Text(text) => text.len(),
        Value::List(list) => list.iter().map(|item| item.len() + 16).sum(),
        Value::Hash(hash) => hash.iter().map(|(field, value)| field.len() + value.len() + 32).sum(),
        Value::Set(set) => set.iter().map(|member| member.len() + 16).sum(),
    };
    key.len() + value + 48
}

/// A command as it is sent.
pub(super) fn wire(words: &[String]) -> String {
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        text.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    text
}

/// The commands of an append-only file; a truncated last one is left out.
fn parse_commands(text: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut rest = text;
    while let Some((words, after)) = parse_command(rest) {
        commands.push(words);
        rest = after;
    }
    commands
}

fn parse_command(text: &str) -> Option<(Vec<String>, &str)> {
    let (count, mut rest) = text.strip_prefix('*')?.split_once("\r\n")?;
    let mut words = Vec::new();
    for _ in 0..count.parse::<usize>().ok()?.min(1 << 20) {
        let (length, after) = rest.strip_prefix('$')?.split_once("\r\n")?;
        let length: usize = length.parse().ok()?;
        words.push(after.get(..length)?.to_owned());
        rest = after.get(length..)?.strip_prefix("\r\n")?;
    }
    Some((words, rest))
}

fn encode(keys: &Keys) -> String {
    let mut text = String::from(MAGIC);
    for ((database, key), entry) in keys {
        let value = match &entry.value {
            Value::Text(value) => json!(&**value),
            Value::List(list) => json!({"list": list.iter().map(|item| &**item).collect::<Vec<_>>()}),
            Value::Set(set) => json!({"set": set.iter().map(|item| &**item).collect::<Vec<_>>()}),
            Value::Hash(hash) => {
                let pairs: Vec<[&str; 2]> = hash.iter().map(|(field, value)| [&**field, &**value]).collect();
                json!({"hash": pairs})
            }
        };
        let expires = entry.expires.map(|at| at.0);
        text.push_str(&json!([database, &**key, value, expires]).to_string());
        text.push('\n');
    }
    text
}

/// The keys of a snapshot that are still alive; lines that are none are left out.
fn decode(text: &str, now: SimTime) -> Keys {
    let Some(rest) = text.strip_prefix(MAGIC) else { return Keys::new() };
    rest.lines().filter_map(|line| decode_line(line, now)).collect()
}

fn decode_line(line: &str, now: SimTime) -> Option<((u8, Arc<str>), Entry)> {
    let row: Json = serde_json::from_str(line).ok()?;
    let database = u8::try_from(row.get(0)?.as_u64()?).ok()?;
    let key: Arc<str> = row.get(1)?.as_str()?.into();
    let words = |value: &Json| -> Option<Vec<Arc<str>>> {
        value.as_array()?.iter().map(|word| word.as_str().map(Arc::from)).collect()
    };
    let value = row.get(2)?;
    let value = if let Some(text) = value.as_str() {
        Value::Text(text.into())
    } else if let Some(list) = value.get("list") {
        Value::List(words(list)?.into_iter().collect())
    } else if let Some(set) = value.get("set") {
        Value::Set(words(set)?.into_iter().collect())
    } else {
        let pairs = value.get("hash")?.as_array()?.iter();
        let pairs =
            pairs.map(|pair| Some((Arc::from(pair.get(0)?.as_str()?), Arc::from(pair.get(1)?.as_str()?))));
        Value::Hash(pairs.collect::<Option<imbl::OrdMap<Arc<str>, Arc<str>>>>()?)
    };
    let expires = row.get(3)?.as_u64().map(SimTime);
    expires.is_none_or(|at| at > now).then_some(((database, key), Entry { value, expires }))
}
