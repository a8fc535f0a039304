//! [`Workstation`]: the user's own machine as a shell on it sees it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::home::{self, Home, Written};
use super::outer::{self, Outer};
use crate::api::SimTime;
use crate::network::dns::{Answer, Question, ResponseCode};
use crate::network::http::{HttpRequest, HttpResponse, NetError};
use crate::runtime::fs::FileSystem;
use crate::runtime::packages::{DEBIAN, WORKSTATION};
use crate::runtime::shell::{Flavour, Host, OuterTurn, ProcessInfo, packages_of};
use crate::session::Session;
use crate::session::files::RecordingFiles;

/// Where the machine's tools come from.
pub(in crate::session) const PACKAGES: u32 = DEBIAN | WORKSTATION;

/// The variables that a shell starts with.
pub(super) fn environment() -> Vec<(String, String)> {
    let known = [
        ("HOME", home::FOLDER),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("PWD", home::FOLDER),
        ("USER", USER),
    ];
    known.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

const USER: &str = "learner";

/// The machine, for one run of a line.
pub(super) struct Workstation<'a> {
    pub session: &'a mut Session,
    pub outers: &'a mut BTreeMap<u32, Outer>,
    pub home: Home<'a>,
    /// What to tell the user when the line has ended.
    hints: RefCell<&'a mut Vec<String>>,
}

impl<'a> Workstation<'a> {
    /// The machine of `session`, whose shell runs `outers` and wrote `written` so far.
    pub fn new(
        session: &'a mut Session,
        files: &'a RecordingFiles<'a>,
        outers: &'a mut BTreeMap<u32, Outer>,
        written: &'a mut Written,
        hints: &'a mut Vec<String>,
    ) -> Workstation<'a> {
        Workstation { session, outers, home: Home::new(files, written), hints: RefCell::new(hints) }
    }
}

impl Host for Workstation<'_> {
    fn now(&self) -> SimTime {
        self.session.now()
    }

    fn files(&mut self) -> &mut dyn FileSystem {
        &mut self.home
    }

    fn hostname(&self) -> String {
        "localhost".to_owned()
    }

    fn ip(&self) -> String {
        "192.168.49.1".to_owned()
    }

    fn nameserver(&self) -> String {
        "127.0.0.53".to_owned()
    }

    fn search_domains(&self) -> Vec<String> {
        Vec::new()
    }

    fn resolve(&mut self, _question: &Question) -> Answer {
        Answer { code: ResponseCode::NxDomain, records: Vec::new(), additional: Vec::new() }
    }

    fn http(&mut self, _ip: &str, _port: u16, _request: &HttpRequest) -> Result<HttpResponse, NetError> {
        Err(NetError::Refused)
    }

    fn connect(&mut self, _ip: &str, _port: u16) -> Result<(), NetError> {
        Err(NetError::Refused)
    }

    fn processes(&self) -> Vec<ProcessInfo> {
        Vec::new()
    }

    fn kill(&mut self, _pid: u32, _signal: i32) -> bool {
        false
    }

    fn flavour(&self) -> Flavour {
        Flavour::Gnu
    }

    fn user_name(&self) -> String {
        USER.to_owned()
    }

    fn has_tool(&self, name: &str) -> bool {
        packages_of(name).is_some_and(|packages| packages & PACKAGES != 0)
    }

    fn is_outer(&self, words: &[String]) -> bool {
        let is_outer = outer::is_outer(words);
        if !is_outer && let Some(hint) = outer::collision(words) {
            let mut hints = self.hints.borrow_mut();
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
        is_outer
    }

    fn outer_reads(&self, words: &[String]) -> bool {
        outer::reads_input(words)
    }

    fn outer(&mut self, pid: u32, words: &[String], input: Option<String>, prints_out: bool) -> OuterTurn {
        let has_screen = self.session.has_screen;
        self.session.has_screen &= prints_out;
        let turn = self.turn(pid, words, input);
        self.session.has_screen = has_screen;
        turn
    }
}
