//! The commands.

use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, OrdSet, Vector};

use super::link::Primary;
use super::settings::ARITIES;
use super::{Call, Entry, MAX_BYTES, Redis, Reply, Shutdown, Value, store};
use crate::api::SimTime;
use crate::runtime::server::Ground;
use crate::runtime::shell::matches_pattern;

const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";
const NOT_INTEGER: &str = "ERR value is not an integer or out of range";
const SYNTAX: &str = "ERR syntax error";

pub(super) fn bulk(text: &str) -> Reply {
    Reply::Bulk(text.to_owned())
}

fn integer(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| NOT_INTEGER.to_owned())
}

fn count(number: usize) -> Reply {
    Reply::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

impl Redis {
    /// Runs a command.
    ///
    /// # Errors
    /// The text of the error reply.
    pub(super) fn execute(&mut self, call: &Call, ground: &mut Ground<'_>) -> Result<Reply, String> {
        let Some(first) = call.words.first() else { return Err("ERR empty command".to_owned()) };
        let name = first.to_ascii_lowercase();
        let Some((_, arity, writes)) = ARITIES.iter().find(|(known, ..)| *known == name) else {
            let arguments: String = call.words[1..].iter().map(|word| format!("'{word}' ")).collect();
            return Err(format!("ERR unknown command '{first}', with args beginning with: {arguments}"));
        };
        if name == "auth" {
            return self.auth(&call.words);
        }
        if self.needs_login(call) && name != "quit" {
            return Err("NOAUTH Authentication required.".to_owned());
        }
        let words = i32::try_from(call.words.len()).unwrap_or(i32::MAX);
        if (*arity > 0 && words != *arity) || words < -arity {
            return Err(format!("ERR wrong number of arguments for '{name}' command"));
        }
        if *writes {
            self.may_write()?;
        }
        let before = writes.then(|| self.keys.clone());
        let reply = self.command(&name, call, ground)?;
        if before.is_some_and(|before| !before.ptr_eq(&self.keys)) {
            self.written(call, ground);
        }
        Ok(reply)
    }

    fn auth(&self, words: &[String]) -> Result<Reply, String> {
        let (user, password) = match words {
            [_, password] => ("default", password),
            [_, user, password] => (user.as_str(), password),
            _ => return Err("ERR wrong number of arguments for 'auth' command".to_owned()),
        };
        let wanted = self.setting("requirepass");
        if wanted.is_empty() && words.len() == 2 {
            return Err("ERR AUTH <password> called without any password configured for the default user. \
                        Are you sure your configuration is correct?"
                .to_owned());
        }
        if user == "default" && (wanted.is_empty() || wanted == password) {
            return Ok(Reply::Status("OK"));
        }
        Err("WRONGPASS invalid username-password pair or user is disabled.".to_owned())
    }

    fn may_write(&self) -> Result<(), String> {
        if self.primary.is_some() && self.setting("replica-read-only") == "yes" {
            return Err("READONLY You can't write against a read only replica.".to_owned());
        }
        let wanted: usize = self.setting("min-replicas-to-write").parse().unwrap_or(0);
        if self.replicas.iter().filter(|replica| replica.online).count() < wanted {
            return Err("NOREPLICAS Not enough good replicas to write.".to_owned());
        }
        let maximum: usize = self.setting("maxmemory").parse().unwrap_or(0);
        if self.bytes > MAX_BYTES || (maximum > 0 && self.bytes > maximum) {
            return Err("OOM command not allowed when used memory > 'maxmemory'.".to_owned());
        }
        Ok(())
    }

    /// Counts a write and keeps it.
    fn written(&mut self, call: &Call, ground: &mut Ground<'_>) {
        self.dirty += 1;
        self.writes += 1;
        if !self.replicas.is_empty() || self.offset > 0 {
            self.offset += i64::try_from(store::wire(&call.words).len()).unwrap_or(0);
        }
        if self.appends() {
            self.append(call.database, &call.words, ground);
        }
    }

    fn command(&mut self, name: &str, call: &Call, ground: &mut Ground<'_>) -> Result<Reply, String> {
        let (db, now) = (call.database, ground.now);
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        let word = |index: usize| words.get(index).copied().unwrap_or_default();
        let ok = Ok(Reply::Status("OK"));
        match name {
            "ping" => Ok(if words.len() > 1 { bulk(word(1)) } else { Reply::Status("PONG") }),
            "echo" => Ok(bulk(word(1))),
            "quit" | "client" => ok,
            "command" => Ok(Reply::Array(ARITIES.iter().map(|(name, ..)| bulk(name)).collect())),
            "select" => {
                let databases: i64 = self.setting("databases").parse().unwrap_or(16);
                let number = word(1).parse::<i64>().map_err(|_| "ERR invalid DB index".to_owned())?;
                if (0..databases).contains(&number) {
                    ok
                } else {
                    Err("ERR DB index is out of range".to_owned())
                }
            }
            "time" => {
                let nanos = now.unix_nanos();
                let parts = [nanos / 1_000_000_000, nanos / 1_000 % 1_000_000];
                Ok(Reply::Array(parts.iter().map(|part| Reply::Bulk(part.to_string())).collect()))
            }
            "info" => Ok(Reply::Verbatim(self.info(word(1), now))),
            "role" => Ok(self.role()),
            "lastsave" => {
                Ok(Reply::Int(i64::try_from(self.saved_at.unix_nanos() / 1_000_000_000).unwrap_or(0)))
            }
            "save" => {
                self.save(ground).map_err(|_| "ERR".to_owned())?;
                self.log(ground, '*', "DB saved on disk");
                ok
            }
            "bgsave" => {
                self.background_save(ground);
                Ok(Reply::Status("Background saving started"))
            }
            "bgrewriteaof" => {
                self.rewrite_append_only(ground);
                Ok(Reply::Status("Background append only file rewriting started"))
            }
            "shutdown" => {
                let save = match word(1).to_ascii_lowercase().as_str() {
                    "nosave" => Some(false),
                    "save" => Some(true),
                    "" | "now" | "force" => None,
                    _ => return Err(SYNTAX.to_owned()),
                };
                self.shutdown = Some(Shutdown::Command { save });
                ok
            }
            "replicaof" | "slaveof" => {
                let no_one = word(1).eq_ignore_ascii_case("no") && word(2).eq_ignore_ascii_case("one");
                let primary = Primary::parse(&format!("{} {}", word(1), word(2)), now);
                match primary {
                    _ if no_one => self.follow(None, ground),
                    Some(primary) => self.follow(Some(primary), ground),
                    None => return Err("ERR Invalid master port".to_owned()),
                }
                ok
            }
            "wait" => Ok(count(self.replicas.iter().filter(|replica| replica.online).count())),
            "config" => self.config(&words),
            "dbsize" => Ok(count(self.alive(db, now).count())),
            "keys" => {
                let found = self.alive(db, now).filter(|key| matches_pattern(word(1), key));
                Ok(Reply::Array(found.map(|key| bulk(key)).collect()))
            }
            "scan" => {
                let pattern = words.windows(2).find(|pair| pair[0].eq_ignore_ascii_case("match"));
                let pattern = pattern.map_or("*", |pair| pair[1]);
                let found = self.alive(db, now).filter(|key| matches_pattern(pattern, key));
                let found = found.map(|key| bulk(key)).collect();
                Ok(Reply::Array(vec![bulk("0"), Reply::Array(found)]))
            }
            "randomkey" => Ok(self.alive(db, now).next().map_or(Reply::Nil, |key| bulk(key))),
            "flushall" => {
                self.keys = super::Keys::new();
                self.bytes = 0;
                ok
            }
            "flushdb" => {
                let mine: Vec<Arc<str>> = self.alive(db, now).cloned().collect();
                mine.iter().for_each(|key| self.remove(db, key));
                ok
            }
            _ => self.key_command(name, db, &words, now),
        }
    }

    /// The keys of a database that have not expired.
    fn alive(&self, db: u8, now: SimTime) -> impl Iterator<Item = &Arc<str>> {
        let own = self.keys.iter().filter(move |((database, _), _)| *database == db);
        own.filter(move |(_, entry)| entry.expires.is_none_or(|at| at > now)).map(|((_, key), _)| key)
    }

    fn find(&self, db: u8, key: &str, now: SimTime) -> Option<&Entry> {
        let entry = self.keys.get(&(db, Arc::from(key)))?;
        entry.expires.is_none_or(|at| at > now).then_some(entry)
    }

    fn remove(&mut self, db: u8, key: &str) {
        if let Some(entry) = self.keys.remove(&(db, Arc::from(key))) {
            self.bytes = self.bytes.saturating_sub(store::weight(key, &entry));
        }
    }

    fn put(&mut self, db: u8, key: &str, entry: Entry) {
        self.remove(db, key);
        let is_empty = match &entry.value {
            Value::Text(_) => false,
            Value::List(list) => list.is_empty(),
            Value::Hash(hash) => hash.is_empty(),
            Value::Set(set) => set.is_empty(),
        };
        if !is_empty {
            self.bytes += store::weight(key, &entry);
            self.keys.insert((db, Arc::from(key)), entry);
        }
    }

    fn text(&self, db: u8, key: &str, now: SimTime) -> Result<Option<Arc<str>>, String> {
        match self.find(db, key, now).map(|entry| &entry.value) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(_) => Err(WRONG_TYPE.to_owned()),
        }
    }

    fn set_text(&mut self, db: u8, key: &str, text: &str, expires: Option<SimTime>) {
        self.put(db, key, Entry { value: Value::Text(text.into()), expires });
    }

    fn add(&mut self, db: u8, key: &str, by: i64, now: SimTime) -> Result<Reply, String> {
        let old = self.text(db, key, now)?;
        let expires = self.find(db, key, now).and_then(|entry| entry.expires);
        let old = old.map_or(Ok(0), |text| integer(&text))?;
        let new = old.checked_add(by).ok_or("ERR increment or decrement would overflow")?;
        self.set_text(db, key, &new.to_string(), expires);
        Ok(Reply::Int(new))
    }

    fn key_command(&mut self, name: &str, db: u8, words: &[&str], now: SimTime) -> Result<Reply, String> {
        let key = words.get(1).copied().unwrap_or_default();
        let word = |index: usize| words.get(index).copied().unwrap_or_default();
        let nil_or = |text: Option<Arc<str>>| text.map_or(Reply::Nil, |text| bulk(&text));
        match name {
            "get" => Ok(nil_or(self.text(db, key, now)?)),
            "set" => self.set(db, words, now),
            "setnx" => {
                let fresh = self.find(db, key, now).is_none();
                if fresh {
                    self.set_text(db, key, word(2), None);
                }
                Ok(Reply::Int(i64::from(fresh)))
            }
            "setex" | "psetex" => {
                let expires = expiry(name == "psetex", word(2), now)?;
                self.set_text(db, key, word(3), Some(expires));
                Ok(Reply::Status("OK"))
            }
            "getset" => {
                let old = self.text(db, key, now)?;
                self.set_text(db, key, word(2), None);
                Ok(nil_or(old))
            }
            "getdel" => {
                let old = self.text(db, key, now)?;
                self.remove(db, key);
                Ok(nil_or(old))
            }
            "append" => {
                let new = format!("{}{}", self.text(db, key, now)?.unwrap_or_default(), word(2));
                let expires = self.find(db, key, now).and_then(|entry| entry.expires);
                self.set_text(db, key, &new, expires);
                Ok(count(new.len()))
            }
            "strlen" => Ok(count(self.text(db, key, now)?.map_or(0, |text| text.len()))),
            "incr" => self.add(db, key, 1, now),
            "decr" => self.add(db, key, -1, now),
            "incrby" => self.add(db, key, integer(word(2))?, now),
            "decrby" => self.add(db, key, integer(word(2))?.checked_neg().ok_or(NOT_INTEGER)?, now),
            "mget" => {
                let values = words[1..].iter().map(|key| nil_or(self.text(db, key, now).ok().flatten()));
                Ok(Reply::Array(values.collect()))
            }
            "mset" => {
                if words.len().is_multiple_of(2) {
                    return Err("ERR wrong number of arguments for 'mset' command".to_owned());
                }
                for pair in words[1..].chunks_exact(2) {
                    self.set_text(db, pair[0], pair[1], None);
                }
                Ok(Reply::Status("OK"))
            }
            "del" | "unlink" => {
                let there = words[1..].iter().filter(|key| self.find(db, key, now).is_some()).count();
                words[1..].iter().for_each(|key| self.remove(db, key));
                Ok(count(there))
            }
            "exists" => Ok(count(words[1..].iter().filter(|key| self.find(db, key, now).is_some()).count())),
            "type" => Ok(Reply::Status(match self.find(db, key, now).map(|entry| &entry.value) {
                None => "none",
                Some(Value::Text(_)) => "string",
                Some(Value::List(_)) => "list",
                Some(Value::Hash(_)) => "hash",
                Some(Value::Set(_)) => "set",
            })),
            "rename" => {
                let Some(entry) = self.find(db, key, now).cloned() else {
                    return Err("ERR no such key".to_owned());
                };
                self.remove(db, key);
                self.put(db, word(2), entry);
                Ok(Reply::Status("OK"))
            }
            "expire" | "pexpire" => {
                let expires = expiry(name == "pexpire", word(2), now)?;
                self.set_expiry(db, key, Some(expires), now)
            }
            "persist" => self.set_expiry(db, key, None, now),
            "ttl" | "pttl" => Ok(Reply::Int(match self.find(db, key, now) {
                None => -2,
                Some(Entry { expires: None, .. }) => -1,
                Some(Entry { expires: Some(at), .. }) => {
                    let left = at.since(now).as_millis();
                    let left = if name == "ttl" { left.div_ceil(1_000) } else { left };
                    i64::try_from(left).unwrap_or(i64::MAX)
                }
            })),
            _ if name.starts_with('h') => self.hash_command(name, db, words, now),
            _ if name.starts_with('s') => self.set_command(name, db, words, now),
            _ => self.list_command(name, db, words, now),
        }
    }

    fn set_expiry(
        &mut self,
        db: u8,
        key: &str,
        expires: Option<SimTime>,
        now: SimTime,
    ) -> Result<Reply, String> {
        let Some(mut entry) = self.find(db, key, now).cloned() else { return Ok(Reply::Int(0)) };
        let changed = expires.is_some() || entry.expires.is_some();
        entry.expires = expires;
        self.put(db, key, entry);
        Ok(Reply::Int(i64::from(changed)))
    }

    fn set(&mut self, db: u8, words: &[&str], now: SimTime) -> Result<Reply, String> {
        let (key, value) = (words[1], words[2]);
        let old = self.find(db, key, now);
        let (there, mut expires, mut get, mut allowed) = (old.is_some(), None, false, true);
        let kept = old.and_then(|entry| entry.expires);
        let mut options = words[3..].iter();
        while let Some(option) = options.next() {
            match option.to_ascii_lowercase().as_str() {
                "nx" => allowed &= !there,
                "xx" => allowed &= there,
                "get" => get = true,
                "keepttl" => expires = kept,
                unit @ ("ex" | "px") => {
                    let amount = options.next().ok_or(SYNTAX)?;
                    expires = Some(expiry(unit == "px", amount, now).map_err(|error| {
                        if error == NOT_INTEGER {
                            error
                        } else {
                            "ERR invalid expire time in 'set' command".to_owned()
                        }
                    })?);
                }
                _ => return Err(SYNTAX.to_owned()),
            }
        }
        let before = if get { self.text(db, key, now)? } else { None };
        if allowed {
            self.set_text(db, key, value, expires);
        }
        Ok(match (get, allowed) {
            (true, _) => before.map_or(Reply::Nil, |text| bulk(&text)),
            (false, true) => Reply::Status("OK"),
            (false, false) => Reply::Nil,
        })
    }

    fn hash_command(&mut self, name: &str, db: u8, words: &[&str], now: SimTime) -> Result<Reply, String> {
        let key = words[1];
        let entry = self.find(db, key, now);
        let expires = entry.and_then(|entry| entry.expires);
        let mut hash: OrdMap<Arc<str>, Arc<str>> = match entry.map(|entry| &entry.value) {
            None => OrdMap::new(),
            Some(Value::Hash(hash)) => hash.clone(),
            Some(_) => return Err(WRONG_TYPE.to_owned()),
        };
        let field = |index: usize| words.get(index).copied().unwrap_or_default();
        let shown = |value: Option<&Arc<str>>| value.map_or(Reply::Nil, |text| bulk(text));
        let reply = match name {
            "hget" => return Ok(shown(hash.get(field(2)))),
            "hexists" => return Ok(Reply::Int(i64::from(hash.contains_key(field(2))))),
            "hlen" => return Ok(count(hash.len())),
            "hkeys" => return Ok(Reply::Array(hash.keys().map(|text| bulk(text)).collect())),
            "hvals" => return Ok(Reply::Array(hash.values().map(|text| bulk(text)).collect())),
            "hmget" => {
                return Ok(Reply::Array(words[2..].iter().map(|field| shown(hash.get(*field))).collect()));
            }
            "hgetall" => {
                let pairs = hash.iter().flat_map(|(field, value)| [bulk(field), bulk(value)]);
                return Ok(Reply::Array(pairs.collect()));
            }
            "hset" | "hmset" => {
                if !words.len().is_multiple_of(2) {
                    return Err(format!("ERR wrong number of arguments for '{name}' command"));
                }
                let mut added = 0;
                for pair in words[2..].chunks_exact(2) {
                    added += usize::from(hash.insert(pair[0].into(), pair[1].into()).is_none());
                }
                if name == "hset" { count(added) } else { Reply::Status("OK") }
            }
            "hincrby" => {
                let old = hash.get(field(2)).map_or(Ok(0), |text| {
                    text.parse::<i64>().map_err(|_| "ERR hash value is not an integer".to_owned())
                })?;
                let new =
                    old.checked_add(integer(field(3))?).ok_or("ERR increment or decrement would overflow")?;
                hash.insert(field(2).into(), new.to_string().into());
                Reply::Int(new)
            }
            _ => count(words[2..].iter().filter(|field| hash.remove(**field).is_some()).count()),
        };
        self.put(db, key, Entry { value: Value::Hash(hash), expires });
        Ok(reply)
    }

    fn set_command(&mut self, name: &str, db: u8, words: &[&str], now: SimTime) -> Result<Reply, String> {
        let key = words[1];
        let entry = self.find(db, key, now);
        let expires = entry.and_then(|entry| entry.expires);
        let mut set: OrdSet<Arc<str>> = match entry.map(|entry| &entry.value) {
            None => OrdSet::new(),
            Some(Value::Set(set)) => set.clone(),
            Some(_) => return Err(WRONG_TYPE.to_owned()),
        };
        let changed = match name {
            "smembers" => return Ok(Reply::Array(set.iter().map(|text| bulk(text)).collect())),
            "scard" => return Ok(count(set.len())),
            "sismember" => return Ok(Reply::Int(i64::from(set.contains(words[2])))),
            "sadd" => words[2..].iter().filter(|member| set.insert(Arc::from(**member)).is_none()).count(),
            _ => words[2..].iter().filter(|member| set.remove(**member).is_some()).count(),
        };
        self.put(db, key, Entry { value: Value::Set(set), expires });
        Ok(count(changed))
    }

    fn list_command(&mut self, name: &str, db: u8, words: &[&str], now: SimTime) -> Result<Reply, String> {
        let key = words[1];
        let entry = self.find(db, key, now);
        let expires = entry.and_then(|entry| entry.expires);
        let mut list: Vector<Arc<str>> = match entry.map(|entry| &entry.value) {
            None => Vector::new(),
            Some(Value::List(list)) => list.clone(),
            Some(_) => return Err(WRONG_TYPE.to_owned()),
        };
        // A place counted from the end when it is negative.
        let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
        let place = |text: &str| integer(text).map(|at| if at < 0 { at.saturating_add(length) } else { at });
        let reply = match name {
            "llen" => return Ok(count(list.len())),
            "lindex" => {
                let at = usize::try_from(place(words[2])?).ok();
                return Ok(at.and_then(|at| list.get(at)).map_or(Reply::Nil, |text| bulk(text)));
            }
            "lrange" => {
                let (from, to) = (place(words[2])?.max(0), place(words[3])?);
                let taken = usize::try_from(to.saturating_sub(from).saturating_add(1)).unwrap_or(0);
                let from = usize::try_from(from).unwrap_or(0);
                return Ok(Reply::Array(list.iter().skip(from).take(taken).map(|text| bulk(text)).collect()));
            }
            "lpush" | "rpush" => {
                for item in &words[2..] {
                    match name {
                        "lpush" => list.push_front(Arc::from(*item)),
                        _ => list.push_back(Arc::from(*item)),
                    }
                }
                count(list.len())
            }
            _ => {
                let item = if name == "lpop" { list.pop_front() } else { list.pop_back() };
                item.map_or(Reply::Nil, |text| bulk(&text))
            }
        };
        self.put(db, key, Entry { value: Value::List(list), expires });
        Ok(reply)
    }
}

/// When something ends that is to last so many seconds or milliseconds.
fn expiry(millis: bool, text: &str, now: SimTime) -> Result<SimTime, String> {
    let amount = integer(text)?;
    let amount = u64::try_from(amount).ok().filter(|amount| *amount > 0 && *amount < 1 << 40);
    let amount = amount.ok_or("ERR invalid expire time in 'setex' command")?;
    let lasts = if millis { Duration::from_millis(amount) } else { Duration::from_secs(amount) };
    Ok(now + lasts)
}
