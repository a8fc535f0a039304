//! Where an image's tools come from, as bits: an image has a tool when it has one of the tool's packages.

/// busybox and its applets: busybox and alpine images.
pub const BUSYBOX: u32 = 1;
/// What every Debian image has: dash and bash, coreutils, grep, sed, findutils, mawk, diffutils, libc-bin.
pub const DEBIAN: u32 = 1 << 1;
/// procps: ps, free, top, uptime.
pub const PROCPS: u32 = 1 << 2;
/// iproute2: ip, ss.
pub const IPROUTE: u32 = 1 << 3;
/// net-tools: ifconfig, netstat.
pub const NET_TOOLS: u32 = 1 << 4;
/// iputils-ping.
pub const PING: u32 = 1 << 5;
/// bind's clients: dig, host, nslookup.
pub const DNS: u32 = 1 << 6;
/// curl.
pub const CURL: u32 = 1 << 7;
/// GNU wget.
pub const WGET: u32 = 1 << 8;
/// netcat.
pub const NETCAT: u32 = 1 << 9;
/// Redis: server and client.
pub const REDIS: u32 = 1 << 10;
/// PostgreSQL: server and clients.
pub const POSTGRES: u32 = 1 << 11;
/// An image of a language whose tag without `slim` is built on buildpack-deps.
pub const BUILDPACK: u32 = 1 << 12;
/// What alpine has beside busybox.
pub const ALPINE: u32 = 1 << 14;
/// stress, of polinux/stress.
pub const STRESS: u32 = 1 << 15;
/// GNU bash in an image that is busybox's otherwise.
pub const BASH: u32 = 1 << 13;

/// MySQL's client.
pub const MYSQL: u32 = 1 << 17;
/// Red Hat's base, whose `sh` is bash.
pub const RED_HAT: u32 = 1 << 18;

/// What a person's own machine has beside Debian's essentials.
pub const WORKSTATION: u32 = 1 << 16;

/// All tools that people look for in a pod, on a Debian base: the lab's image, and images of one's own.
pub const ALL: u32 = DEBIAN | PROCPS | IPROUTE | NET_TOOLS | PING | DNS | CURL | WGET | NETCAT | STRESS;
