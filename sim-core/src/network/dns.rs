//! DNS as CoreDNS answers it: questions, answers, and [`Dns`], the server with its cache.

use imbl::OrdMap;

use super::answer::Zone;
use super::route::is_reached;
use crate::api::{ObjectKey, SimTime};
use crate::store::Store;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The full name without final dot, lower case.
    pub name: String,
    /// The record type.
    pub record: RecordType,
}

impl Question {
    /// A question; the name's case and final dot are dropped.
    pub fn new(name: &str, record: RecordType) -> Question {
        Question { name: name.trim_end_matches('.').to_ascii_lowercase(), record }
    }
}

/// A record type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Service location.
    Srv,
    /// Pointer.
    Ptr,
    /// Alias.
    Cname,
    /// Start of authority.
    Soa,
    /// Anything else; the zone holds none.
    Other,
}

impl RecordType {
    /// The type as dig prints it.
    pub fn name(self) -> &'static str {
        match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Srv => "SRV",
            RecordType::Ptr => "PTR",
            RecordType::Cname => "CNAME",
            RecordType::Soa => "SOA",
            RecordType::Other => "TXT",
        }
    }

    /// The type of that name, in any case.
    pub fn named(name: &str) -> Option<RecordType> {
        Some(match name.to_ascii_uppercase().as_str() {
            "A" => RecordType::A,
            "AAAA" => RecordType::Aaaa,
            "SRV" => RecordType::Srv,
            "PTR" => RecordType::Ptr,
            "CNAME" => RecordType::Cname,
            "SOA" => RecordType::Soa,
            "TXT" | "MX" | "NS" | "ANY" => RecordType::Other,
            _ => return None,
        })
    }
}

/// How the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseCode {
    /// The name exists; there may still be no record of the type.
    NoError,
    /// The name does not exist.
    NxDomain,
    /// The server could not ask further.
    ServFail,
    /// There was no answer: no server was there.
    Unreachable,
}

/// One record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The name it belongs to.
    pub name: String,
    /// Its type.
    pub record: RecordType,
    /// Its time to live, in seconds.
    pub ttl_seconds: u32,
    /// Its data, as dig prints it: an address, or `0 100 80 web-0.web.default.svc.cluster.local.`
    pub data: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How the server answers.
    pub code: ResponseCode,
    /// The records.
    pub records: Vec<Record>,
    /// Further records, such as the addresses of SRV targets.
    pub additional: Vec<Record>,
}

impl Answer {
    /// An answer without records.
    pub fn empty(code: ResponseCode) -> Answer {
        Answer { code, records: Vec::new(), additional: Vec::new() }
    }

    /// The IPv4 addresses among the records, in order.
    pub fn addresses(&self) -> Vec<String> {
        let addresses = self.records.iter().filter(|record| record.record == RecordType::A);
        addresses.map(|record| record.data.clone()).collect()
    }
}

/// The cluster's zone.
pub const ZONE: &str = "cluster.local";

/// Seconds for which records of the zone are good (`ttl 30` in kubeadm's Corefile), and for which the
/// cache plugin keeps answers and denials (`cache 30`).
pub const TTL_SECONDS: u32 = 30;

/// CoreDNS. Cloning it is a snapshot.
///
/// kubeadm's Corefile, since v1.32, leaves the cluster's zone out of the cache (`disable success` and
/// `disable denial`, kubernetes/kubernetes#128359): answers follow the API at once. Before, an answer
/// was kept for up to 30 s, and so was a denial: a name asked for too early stayed NXDOMAIN
/// (kubernetes/kubernetes#92559). [`Dns::caching`] is such a server.
#[derive(Clone, Debug, Default)]
pub struct Dns {
    caching: bool,
    /// Whether pods answer for it, as a user sees them: it is as well as they are.
    has_pods: bool,
    cache: OrdMap<Question, (SimTime, Answer)>,
    /// Answers so far; the loadbalance plugin's order of addresses turns with them.
    answered: u64,
}

impl Dns {
    /// A server as kubeadm sets it up since v1.32.
    pub fn new() -> Dns {
        Dns::default()
    }

    /// A server as kubeadm set it up before v1.32, which keeps the zone's answers and denials for 30 s.
    pub fn caching() -> Dns {
        Dns { caching: true, ..Dns::default() }
    }

    /// From now on there is an answer only while a pod of the Service `kube-dns` can give it.
    pub fn rest_on_pods(&mut self) {
        self.has_pods = true;
    }

    /// Whether there is somebody to ask.
    pub fn is_served(&self, store: &Store) -> bool {
        !self.has_pods || is_reached(store, &ObjectKey::new("kube-system", "kube-dns"))
    }

    /// Answers a question from the objects in `store`.
    ///
    /// A name outside of the cluster's zone does not exist: the simulator has no network to forward it to.
    pub fn query(&mut self, store: &Store, now: SimTime, question: &Question) -> Answer {
        let question = Question::new(&question.name, question.record);
        if let Some((stored, answer)) = self.cache.get(&question) {
            let age = now.since(*stored).as_secs();
            if age < u64::from(TTL_SECONDS) {
                return self.balanced(aged(answer.clone(), u32::try_from(age).unwrap_or(0)));
            }
            self.cache.remove(&question);
        }
        let answer = Zone { store }.answer(&question);
        if self.caching {
            self.cache.insert(question, (now, answer.clone()));
        }
        self.balanced(answer)
    }

    /// Turns the addresses, where the loadbalance plugin shuffles them.
    fn balanced(&mut self, mut answer: Answer) -> Answer {
        self.answered += 1;
        let is_address = |record: &Record| record.record == RecordType::A;
        if answer.records.len() > 1 && answer.records.iter().all(is_address) {
            let turn = (self.answered % answer.records.len() as u64) as usize;
            answer.records.rotate_left(turn);
        }
        answer
    }
}

fn aged(mut answer: Answer, seconds: u32) -> Answer {
    for record in answer.records.iter_mut().chain(&mut answer.additional) {
        record.ttl_seconds = record.ttl_seconds.saturating_sub(seconds);
    }
    answer
}
