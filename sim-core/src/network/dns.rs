//! DNS as CoreDNS answers it: A and SRV records of Services and pods, from the EndpointSlices.

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The full name without final dot, lower case.
    pub name: String,
    /// The record type.
    pub record: RecordType,
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
