//! [`FakeHost`]: files in a tree, a DNS server over a store, and one HTTP server.

use crate::api::SimTime;
use crate::apiserver::ApiServer;
use crate::engine::stream;
use crate::network::dns::{Answer, Dns, Question};
use crate::network::http::{HttpRequest, HttpResponse, NetError};
use crate::runtime::fs::{FileSystem, FileTree};
use crate::runtime::shell::{Flavour, Host, ProcessInfo};

pub(in super::super) struct FakeHost {
    pub now: SimTime,
    pub files: FileTree,
    pub api: ApiServer,
    pub dns: Dns,
    pub flavour: Flavour,
    pub killed: Vec<(u32, i32)>,
}

impl FakeHost {
    pub fn new() -> FakeHost {
        let mut files = FileTree::new();
        for folder in ["/tmp", "/root", "/data", "/etc"] {
            files.make_dir(folder, SimTime::ZERO).expect("an empty tree");
        }
        files.put("/config/visits.txt", b"4\n", SimTime::ZERO);
        files.put("/data/log", b"one\ntwo\nthree\n", SimTime::ZERO);
        FakeHost {
            now: SimTime::ZERO,
            files,
            api: ApiServer::new(stream(1, "test")),
            dns: Dns::new(),
            flavour: Flavour::Busybox,
            killed: Vec::new(),
        }
    }
}

impl Host for FakeHost {
    fn now(&self) -> SimTime {
        self.now
    }

    fn files(&mut self) -> &mut dyn FileSystem {
        &mut self.files
    }

    fn hostname(&self) -> String {
        "web-0".to_owned()
    }

    fn ip(&self) -> String {
        "10.244.0.5".to_owned()
    }

    fn nameserver(&self) -> String {
        "10.96.0.10".to_owned()
    }

    fn search_domains(&self) -> Vec<String> {
        ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"].map(str::to_owned).to_vec()
    }

    fn resolve(&mut self, question: &Question) -> Answer {
        self.dns.query(self.api.store(), self.now, question)
    }

    fn http(&mut self, ip: &str, port: u16, request: &HttpRequest) -> Result<HttpResponse, NetError> {
        self.connect(ip, port)?;
        Ok(match request.path.as_str() {
            "/" => HttpResponse::ok("Visits: 5\n"),
            "/echo" => HttpResponse::ok(format!("{} {}\n", request.method, request.body)),
            "/old" => {
                let headers = vec![("Location".to_owned(), "/".to_owned())];
                HttpResponse { status: 302, headers, body: String::new() }
            }
            _ => HttpResponse { status: 404, headers: Vec::new(), body: "not found\n".to_owned() },
        })
    }

    fn connect(&mut self, ip: &str, port: u16) -> Result<(), NetError> {
        match (ip, port) {
            ("10.244.0.7", _) => Err(NetError::TimedOut),
            ("10.244.0.9", _) => Err(NetError::NoRoute),
            (_, 5000) => Ok(()),
            _ => Err(NetError::Refused),
        }
    }

    fn processes(&self) -> Vec<ProcessInfo> {
        let row = |pid, command: &str| ProcessInfo {
            pid,
            user: "root".to_owned(),
            started: SimTime::ZERO,
            command: command.to_owned(),
        };
        vec![row(1, "python app.py")]
    }

    fn kill(&mut self, pid: u32, signal: i32) -> bool {
        self.killed.push((pid, signal));
        pid == 1
    }

    fn flavour(&self) -> Flavour {
        self.flavour
    }
}
