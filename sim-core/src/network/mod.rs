//! The network as pods see it: addresses, Services, DNS, HTTP.

pub mod dns;
pub mod http;
