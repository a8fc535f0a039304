//! getent hosts and ahosts.

use super::Turn;
use super::io::Io;
use crate::network::resolver::Lookup;

pub(super) fn getent(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let Some((database, keys)) = arguments.split_first() else {
        io.err("usage: getent database [key ...]\n");
        return Ok(1);
    };
    if !matches!(database.as_str(), "hosts" | "ahosts" | "ahostsv4") {
        io.err(&format!("Unknown database: {database}\n"));
        return Ok(1);
    }
    let mut status = 0;
    for key in keys {
        match io.lookup(key) {
            Lookup::Found { name, addresses } if database == "hosts" => {
                // The C library gives this view one address for each line, under the full name.
                let lines: String =
                    addresses.iter().map(|address| format!("{address:<15} {name}\n")).collect();
                io.out(&lines);
            }
            Lookup::Found { name, addresses } => {
                for (index, address) in addresses.iter().enumerate() {
                    let name = if index == 0 { name.as_str() } else { "" };
                    io.out(&format!(
                        "{address:<15} STREAM {name}\n{address:<15} DGRAM  \n{address:<15} RAW    \n"
                    ));
                }
            }
            _ => status = 2,
        }
    }
    Ok(status)
}
