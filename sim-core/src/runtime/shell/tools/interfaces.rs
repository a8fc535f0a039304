//! ip, ifconfig, netstat and ss: a pod's one interface, and what listens on it.

use super::Turn;
use super::io::Io;

/// The pod's address, its network and its gateway, `10.244.0.2`, `10.244.0` and the hardware address.
fn interface(io: &Io<'_>) -> (String, String, String) {
    let ip = io.host.ip();
    let network = ip.rsplit_once('.').map_or("10.244.0", |(network, _)| network).to_owned();
    let octets = ip.split('.').map(|part| format!("{:02x}", part.parse::<u8>().unwrap_or(0)));
    // The bridge plugin makes a pod's hardware address from its IP address.
    let hardware = format!("0a:58:{}", octets.collect::<Vec<_>>().join(":"));
    (ip, network, hardware)
}

/// `ip addr`, `ip route`, `ip link`
pub(super) fn ip(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let words: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let (ip, network, hardware) = interface(io);
    let gnu = io.is_gnu();
    let what = words.first().copied().unwrap_or_default();
    let only = words.iter().position(|word| *word == "dev").and_then(|at| words.get(at + 1)).copied();
    let only = only.or_else(|| words.get(2).copied().filter(|word| matches!(*word, "lo" | "eth0")));
    if !what.is_empty() && "address".starts_with(what) || what == "link" || what == "l" {
        let addresses = !what.starts_with('l');
        let group = if gnu { " group default" } else { "" };
        let state = |name: &str| if gnu { format!(" state {name}") } else { String::new() };
        let lasts = "       valid_lft forever preferred_lft forever\n";
        if only != Some("eth0") {
            io.out(&format!("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue{}{group} qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n", state("UNKNOWN")));
            if addresses {
                io.out(&format!("    inet 127.0.0.1/8 scope host lo\n{lasts}"));
            }
        }
        if only != Some("lo") {
            let flags = if gnu {
                "BROADCAST,MULTICAST,UP,LOWER_UP"
            } else {
                "BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN"
            };
            let end = if gnu { " link-netnsid 0" } else { "" };
            io.out(&format!("2: eth0@if5: <{flags}> mtu 1500 qdisc noqueue{}{group} \n    link/ether {hardware} brd ff:ff:ff:ff:ff:ff{end}\n", state("UP")));
            if addresses {
                io.out(&format!("    inet {ip}/24 brd {network}.255 scope global eth0\n{lasts}"));
            }
        }
        return Ok(0);
    }
    if !what.is_empty() && "route".starts_with(what) {
        let kernel = if gnu { "proto kernel scope link src" } else { "scope link  src" };
        io.out(&format!("default via {network}.1 dev eth0 \n{network}.0/24 dev eth0 {kernel} {ip} \n"));
        return Ok(0);
    }
    if what.is_empty() {
        io.err("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n");
    } else {
        io.err(&format!("Object \"{what}\" is unknown, try \"ip help\".\n"));
    }
    Ok(1)
}

pub(super) fn ifconfig(io: &mut Io<'_>) -> Turn {
    let (ip, network, hardware) = interface(io);
    let wanted = io.arguments().first().cloned();
    if io.is_gnu() {
        let text = format!(
            "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet {ip}  netmask 255.255.255.0  broadcast {network}.255
        ether {hardware}  txqueuelen 0  (Ethernet)
        RX packets 12  bytes 1016 (1016.0 B)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 10  bytes 796 (796.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
        loop  txqueuelen 1000  (Local Loopback)
        RX packets 0  bytes 0 (0.0 B)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 0  bytes 0 (0.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

"
        );
        return show(io, &text, wanted.as_deref());
    }
    let text = format!(
        "eth0      Link encap:Ethernet  HWaddr {}  
          inet addr:{ip}  Bcast:{network}.255  Mask:255.255.255.0
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
          RX packets:12 errors:0 dropped:0 overruns:0 frame:0
          TX packets:10 errors:0 dropped:0 overruns:0 carrier:0
          collisions:0 txqueuelen:0 
          RX bytes:1016 (1016.0 B)  TX bytes:796 (796.0 B)

lo        Link encap:Local Loopback  
          inet addr:127.0.0.1  Mask:255.0.0.0
          UP LOOPBACK RUNNING  MTU:65536  Metric:1
          RX packets:0 errors:0 dropped:0 overruns:0 frame:0
          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0
          collisions:0 txqueuelen:1000 
          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)

",
        hardware.to_uppercase()
    );
    show(io, &text, wanted.as_deref())
}

/// The part of the interfaces' text that is asked for.
fn show(io: &mut Io<'_>, text: &str, wanted: Option<&str>) -> Turn {
    let Some(wanted) = wanted.filter(|word| !word.starts_with('-')) else {
        io.out(text);
        return Ok(0);
    };
    let parts = text.split_inclusive("\n\n");
    let mut own = parts.filter(|part| part.split([' ', ':']).next() == Some(wanted));
    match own.next() {
        Some(part) => {
            io.out(part);
            Ok(0)
        }
        None => {
            io.complain(&format!("{wanted}: error fetching interface information: Device not found"));
            Ok(1)
        }
    }
}

/// `netstat -tlnp` and the like; `netstat -r`.
pub(super) fn netstat(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let has = |letter: char| arguments.iter().any(|word| word.starts_with('-') && word.contains(letter));
    if has('r') {
        let (_, network, _) = interface(io);
        io.out("Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n");
        io.out(&format!(
            "{:<15} {:<15} {:<15} UG        0 0          0 eth0\n",
            "0.0.0.0",
            format!("{network}.1"),
            "0.0.0.0"
        ));
        io.out(&format!(
            "{:<15} {:<15} {:<15} U         0 0          0 eth0\n",
            format!("{network}.0"),
            "0.0.0.0",
            "255.255.255.0"
        ));
        return Ok(0);
    }
    let (all, programs) = (has('l') || has('a'), has('p'));
    let kind = if has('l') {
        "(only servers)"
    } else if has('a') {
        "(servers and established)"
    } else {
        "(w/o servers)"
    };
    let tail = if programs { "PID/Program name    " } else { "" };
    io.out(&format!("Active Internet connections {kind}\nProto Recv-Q Send-Q Local Address           Foreign Address         State       {tail}\n"));
    for (port, program) in io.host.listeners().into_iter().filter(|_| all) {
        let owner = if programs { format!("{:<20}", format!("1/{program}")) } else { String::new() };
        let local = format!("0.0.0.0:{port}");
        io.out(&format!("tcp        0      0 {local:<23} {:<23} LISTEN      {owner}\n", "0.0.0.0:*"));
    }
    Ok(0)
}

/// `ss -tln` and the like.
pub(super) fn ss(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let has = |letter: char| arguments.iter().any(|word| word.starts_with('-') && word.contains(letter));
    io.out("State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess\n");
    if !has('l') && !has('a') {
        return Ok(0);
    }
    for (port, program) in io.host.listeners() {
        let process = if has('p') { format!("users:((\"{program}\",pid=1,fd=6))") } else { String::new() };
        io.out(&format!("LISTEN 0      511          0.0.0.0:{port:<5}      0.0.0.0:*    {process}\n"));
    }
    Ok(0)
}
