//! [`Correlator`]: which events are repeats, which are folded into one, and which are too many.
//!
//! Models client-go tools/record: EventCorrelator, with its defaults.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use xxhash_rust::xxh3::Xxh3;

use super::events::EventType;
use crate::api::{ObjectKey, SimTime};

/// So many different messages of one kind are folded into one event. Models defaultAggregateMaxEvents.
const SIMILAR_MOST: usize = 10;
/// Messages further apart than this are not similar. Models defaultAggregateIntervalInSeconds.
const SIMILAR_WITHIN: Duration = Duration::from_secs(600);
/// So many events a source may send about one object at once. Models defaultSpamBurst.
const BURST: u32 = 25;
/// How long it takes until it may send one more. Models defaultSpamQPS.
const REFILL: Duration = Duration::from_secs(300);
/// How much is remembered. Upstream remembers 4096 of each of the three kinds. Models maxLruCacheEntries.
const REMEMBERED: usize = 3 * 4096;

/// What a memory is about: a source and an object, and as much more as tells its events apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EventKey {
    pub uid: Arc<str>,
    pub source: Cow<'static, str>,
    pub host: Option<Arc<str>>,
    pub event_type: Option<EventType>,
    pub reason: &'static str,
    pub field_path: Option<Arc<str>>,
    pub message: Arc<str>,
}

impl EventKey {
    /// What stands for the key in memory: keys are many and long, and only equality counts.
    fn fingerprint(&self) -> u128 {
        let mut hasher = Xxh3::new();
        let event_type = match self.event_type {
            None => "",
            Some(EventType::Normal) => "Normal",
            Some(EventType::Warning) => "Warning",
        };
        let (host, path) = (self.host.as_deref(), self.field_path.as_deref());
        let texts = [&self.uid, &*self.source, host.unwrap_or_default(), event_type, self.reason];
        for text in texts.into_iter().chain([path.unwrap_or_default(), &self.message]) {
            hasher.update(text.as_bytes());
            hasher.update(&[0]);
        }
        hasher.update(&[u8::from(host.is_some()), u8::from(path.is_some())]);
        hasher.digest128()
    }
}

/// An event that was written, and how often it happened.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// The event's key.
    pub key: ObjectKey,
    /// How often it happened.
    pub count: i32,
}

#[derive(Clone, Debug)]
enum Memory {
    /// The event of this message, or of the messages that were folded.
    Written(Written),
    /// The messages that were sent with one reason, and when the last was.
    Similar(Vec<Arc<str>>, SimTime),
    /// What is left to send, as time; at full `BURST` times `REFILL`.
    Credit(Duration, SimTime),
}

/// What a source remembers of the events it sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Correlator {
    memories: OrdMap<u128, (u64, Memory)>,
    by_use: OrdMap<u64, u128>,
    used: u64,
}

impl Correlator {
    /// Folds `key`'s message into the event of its like when there were many of them lately.
    ///
    /// Returns the key of the event to write, and whether its message is to say that it combines several.
    /// Models EventAggregator.EventAggregate.
    pub fn fold(&mut self, key: EventKey, now: SimTime) -> (EventKey, bool) {
        let like = EventKey { field_path: None, message: Arc::from(""), ..key.clone() };
        let (mut messages, last) = match self.recall(&like) {
            Some(Memory::Similar(messages, last)) => (std::mem::take(messages), *last),
            _ => (Vec::new(), now),
        };
        if now.since(last) > SIMILAR_WITHIN {
            messages.clear();
        }
        if !messages.contains(&key.message) {
            messages.push(key.message.clone());
        }
        let folds = messages.len() >= SIMILAR_MOST;
        if folds {
            // Upstream takes out any one of them.
            messages.remove(0);
        }
        self.keep(&like, Memory::Similar(messages, now));
        if folds { (EventKey { field_path: Some(Arc::from("")), ..like }, true) } else { (key, false) }
    }

    /// The event that was written under `key`. Models eventLogger.eventObserve.
    pub fn written(&mut self, key: &EventKey) -> Option<&mut Written> {
        match self.recall(key) {
            Some(Memory::Written(written)) => Some(written),
            _ => None,
        }
    }

    /// Remembers the event that was written under `key`.
    pub fn note(&mut self, key: &EventKey, written: Written) {
        self.keep(key, Memory::Written(written));
    }

    /// Whether the source may send one more event about the object. Models EventSourceObjectSpamFilter.
    pub fn may_send(&mut self, key: &EventKey, now: SimTime) -> bool {
        let bucket = EventKey {
            event_type: None,
            reason: "",
            field_path: None,
            message: Arc::from(""),
            ..key.clone()
        };
        let full = REFILL * BURST;
        let credit = match self.recall(&bucket) {
            Some(Memory::Credit(credit, since)) => full.min(*credit + now.since(*since)),
            _ => full,
        };
        let left = credit.checked_sub(REFILL);
        self.keep(&bucket, Memory::Credit(left.unwrap_or(credit), now));
        left.is_some()
    }

    /// The memory of `key`, which counts as used.
    fn recall(&mut self, key: &EventKey) -> Option<&mut Memory> {
        let (place, memory) = self.memories.get_mut(&key.fingerprint())?;
        if let Some(key) = self.by_use.remove(place) {
            self.used += 1;
            *place = self.used;
            self.by_use.insert(self.used, key);
        }
        Some(memory)
    }

    fn keep(&mut self, key: &EventKey, memory: Memory) {
        self.used += 1;
        let key = key.fingerprint();
        if let Some((place, _)) = self.memories.insert(key, (self.used, memory)) {
            self.by_use.remove(&place);
        }
        self.by_use.insert(self.used, key);
        if self.memories.len() > REMEMBERED
            && let Some((place, oldest)) = self.by_use.get_min().copied()
        {
            self.by_use.remove(&place);
            self.memories.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(message: &str) -> EventKey {
        EventKey {
            uid: "u".into(),
            source: "statefulset-controller".into(),
            host: None,
            event_type: Some(EventType::Normal),
            reason: "SuccessfulCreate",
            field_path: None,
            message: message.into(),
        }
    }

    #[test]
    fn the_tenth_different_message_within_ten_minutes_is_folded_into_one_event() {
        let mut correlator = Correlator::default();
        let mut folded = |number: u32, at: SimTime| correlator.fold(key(&number.to_string()), at).1;
        let early: Vec<bool> = (0..10).map(|number| folded(number, SimTime::ZERO)).collect();
        assert_eq!(early, [false, false, false, false, false, false, false, false, false, true]);
        assert!(!folded(5, SimTime::ZERO), "a message that was sent before is a repeat");
        assert!(
            !folded(11, SimTime::ZERO + Duration::from_secs(601)),
            "ten minutes of quiet end the likeness"
        );
    }

    #[test]
    fn a_source_sends_25_events_about_an_object_at_once_and_then_one_in_five_minutes() {
        let mut correlator = Correlator::default();
        let mut sent = |asked: u32, at: u64| {
            let at = SimTime::ZERO + Duration::from_secs(at);
            (0..asked).filter(|number| correlator.may_send(&key(&number.to_string()), at)).count()
        };
        assert_eq!(sent(100, 0), 25);
        assert_eq!(sent(10, 299), 0);
        assert_eq!(sent(10, 300), 1);
        assert_eq!(sent(10, 900), 2);
    }

    #[test]
    fn what_was_not_used_for_longest_is_forgotten_first() {
        let mut correlator = Correlator::default();
        let note = |correlator: &mut Correlator, number: usize| {
            let written = Written { key: crate::api::ObjectKey::new("default", "e"), count: 1 };
            correlator.note(&key(&number.to_string()), written);
        };
        (0..REMEMBERED).for_each(|number| note(&mut correlator, number));
        assert!(correlator.written(&key("0")).is_some());
        note(&mut correlator, REMEMBERED);
        assert!(correlator.written(&key("1")).is_none());
        assert!(correlator.written(&key("0")).is_some());
    }
}
