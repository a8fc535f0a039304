//! [`Correlator`]: which events are repeats, which are folded into one, and which are too many.
//!
//! Models client-go tools/record: EventCorrelator, with its defaults.

use std::time::Duration;

use xxhash_rust::xxh3::Xxh3;

use super::events::EventType;
use super::recent::Recent;
use crate::api::{ObjectKey, SimTime};

/// So many different messages of one kind are folded into one event. Models defaultAggregateMaxEvents.
const SIMILAR_MOST: usize = 10;
/// Messages further apart than this are not similar. Models defaultAggregateIntervalInSeconds.
const SIMILAR_WITHIN: Duration = Duration::from_secs(600);
/// So many events a source may send about one object at once. Models defaultSpamBurst.
const BURST: u32 = 25;
/// How long it takes until it may send one more. Models defaultSpamQPS.
const REFILL: Duration = Duration::from_secs(300);
/// Of so many pairs of source and object something is remembered at least. Models maxLruCacheEntries.
const REMEMBERED: usize = 4096;
/// So many events of one source about one object are remembered, far more than it may send at once.
const REMEMBERED_EACH: usize = 64;

/// What tells events apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventKey<'a> {
    pub uid: &'a str,
    pub source: &'a str,
    pub host: Option<&'a str>,
    pub event_type: EventType,
    pub reason: &'a str,
    pub field_path: Option<&'a str>,
    pub message: &'a str,
}

impl EventKey<'_> {
    /// Stands for the whole key where only equality counts.
    pub fn fingerprint(&self) -> u128 {
        let all = [self.uid, self.source, self.host.unwrap_or_default(), self.event_type.as_str()];
        let path = self.field_path.unwrap_or_default();
        fingerprint(all.into_iter().chain([self.reason, path, self.message]))
    }

    fn origin(&self) -> u128 {
        fingerprint([self.uid, self.source, self.host.unwrap_or_default()])
    }

    /// What similar events of one origin have in common.
    fn likeness(&self) -> u128 {
        fingerprint([self.event_type.as_str(), self.reason])
    }

    /// The event among those of its origin.
    fn own(&self) -> u128 {
        let path = self.field_path.unwrap_or_default();
        fingerprint([self.event_type.as_str(), self.reason, path, self.message])
    }
}

fn fingerprint<'a>(texts: impl IntoIterator<Item = &'a str>) -> u128 {
    let mut hasher = Xxh3::new();
    for text in texts {
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    }
    hasher.digest128()
}

/// An event that was written, and how often it happened.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// The event's key.
    pub key: ObjectKey,
    /// How often it happened.
    pub count: i32,
}

/// What becomes of an event.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    /// Whether it goes into one event with others of its like, whose message is to say so.
    pub is_folded: bool,
    /// The event of which it is a repeat, the count raised by this one.
    pub repeats: Option<Written>,
    /// Whether the source may send it.
    pub may_send: bool,
    origin: u128,
    event: u128,
}

/// The messages that were sent with one type and reason, and when the last was.
#[derive(Clone, Debug)]
struct Similar {
    likeness: u128,
    messages: Vec<u128>,
    last: SimTime,
}

/// What a source remembers of its events about one object.
#[derive(Clone, Debug)]
struct Memory {
    similar: Vec<Similar>,
    /// The events of one message each, or of the messages that were folded.
    written: Vec<(u128, Written)>,
    /// What is left to send, as time; at full `BURST` times `REFILL`.
    credit: Duration,
    since: SimTime,
}

/// What all sources remember of the events they sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Correlator {
    memories: Recent<Memory>,
}

impl Correlator {
    /// Takes note of an event that is to be sent.
    pub fn observe(&mut self, key: &EventKey<'_>, now: SimTime) -> Observed {
        let origin = key.origin();
        if self.memories.newer() >= REMEMBERED {
            self.memories.turn();
        }
        let memory = self.memories.get_or_insert_with(origin, || Memory::new(now));
        let is_folded = memory.folds(key, now);
        let event = if is_folded { key.likeness() } else { key.own() };
        let repeats = memory.written.iter_mut().find(|(known, _)| *known == event).map(|(_, written)| {
            written.count = written.count.saturating_add(1);
            written.clone()
        });
        Observed { is_folded, repeats, may_send: memory.may_send(now), origin, event }
    }

    /// Remembers the event that was written for what was observed.
    pub fn note(&mut self, observed: &Observed, written: Written) {
        let Some(memory) = self.memories.get_mut(&observed.origin) else { return };
        memory.written.retain(|(known, _)| *known != observed.event);
        if memory.written.len() >= REMEMBERED_EACH {
            memory.written.remove(0);
        }
        memory.written.push((observed.event, written));
    }
}

impl Memory {
    fn new(now: SimTime) -> Memory {
        Memory { similar: Vec::new(), written: Vec::new(), credit: REFILL * BURST, since: now }
    }

    /// Whether the event goes into one with those of its like, because there were many of them lately.
    ///
    /// Models EventAggregator.EventAggregate.
    fn folds(&mut self, key: &EventKey<'_>, now: SimTime) -> bool {
        let (likeness, message) = (key.likeness(), fingerprint([key.message]));
        let Some(similar) = self.similar.iter_mut().find(|similar| similar.likeness == likeness) else {
            self.similar.push(Similar { likeness, messages: vec![message], last: now });
            return false;
        };
        if now.since(similar.last) > SIMILAR_WITHIN {
            similar.messages.clear();
        }
        similar.last = now;
        if !similar.messages.contains(&message) {
            similar.messages.push(message);
        }
        let folds = similar.messages.len() >= SIMILAR_MOST;
        if folds {
            // Upstream takes out any one of them.
            similar.messages.remove(0);
        }
        folds
    }

    /// Whether the source may send one more event about the object. Models EventSourceObjectSpamFilter.
    fn may_send(&mut self, now: SimTime) -> bool {
        let credit = (REFILL * BURST).min(self.credit + now.since(self.since));
        let left = credit.checked_sub(REFILL);
        (self.credit, self.since) = (left.unwrap_or(credit), now);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key<'a>(uid: &'a str, message: &'a str) -> EventKey<'a> {
        EventKey {
            uid,
            source: "statefulset-controller",
            host: None,
            event_type: EventType::Normal,
            reason: "SuccessfulCreate",
            field_path: None,
            message,
        }
    }

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn the_tenth_different_message_within_ten_minutes_is_folded_into_one_event() {
        let mut correlator = Correlator::default();
        let mut folded =
            |number: u32, at: SimTime| correlator.observe(&key("u", &number.to_string()), at).is_folded;
        let early: Vec<bool> = (0..10).map(|number| folded(number, at(0))).collect();
        assert_eq!(early, [false, false, false, false, false, false, false, false, false, true]);
        assert!(!folded(5, at(0)), "a message that was sent before is a repeat");
        assert!(!folded(11, at(601)), "ten minutes of quiet end the likeness");
    }

    #[test]
    fn a_source_sends_25_events_about_an_object_at_once_and_then_one_in_five_minutes() {
        let mut correlator = Correlator::default();
        let mut sent = |asked: u32, seconds: u64| {
            let may = |number: &u32| correlator.observe(&key("u", &number.to_string()), at(seconds)).may_send;
            (0..asked).filter(may).count()
        };
        assert_eq!(sent(100, 0), 25);
        assert_eq!(sent(10, 299), 0);
        assert_eq!(sent(10, 300), 1);
        assert_eq!(sent(10, 900), 2);
    }

    #[test]
    fn an_object_of_which_much_was_said_since_is_remembered_and_at_last_forgotten() {
        let mut correlator = Correlator::default();
        let mut repeats = |number: usize| {
            let observed = correlator.observe(&key(&number.to_string(), "made"), at(0));
            let written = Written { key: ObjectKey::new("default", "e"), count: 1 };
            if observed.repeats.is_none() {
                correlator.note(&observed, written);
            }
            observed.repeats.map(|written| written.count)
        };
        (0..REMEMBERED).for_each(|number| assert_eq!(repeats(number), None));
        assert_eq!(repeats(0), Some(2));
        (REMEMBERED..2 * REMEMBERED).for_each(|number| assert_eq!(repeats(number), None));
        assert_eq!(repeats(0), Some(3), "it was spoken of lately");
        (2 * REMEMBERED..4 * REMEMBERED).for_each(|number| assert_eq!(repeats(number), None));
        assert_eq!(repeats(0), None);
    }
}
