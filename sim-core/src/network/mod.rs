//! The network as pods see it: addresses, Services, DNS, HTTP.

mod answer;
pub mod dns;
pub mod http;
pub mod resolver;
pub mod route;

#[cfg(test)]
mod tests;
