//! Namespaces: a wide-area network in the middle, and behind a router each of the sides.
//!
//! Routers take packets from outside only as answers, so that a NAT that keeps ports is a
//! "port-restricted cone", and one that draws them is symmetric.

use std::{
    env,
    process::{self, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// How long a step of a program may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Where the relay listens, on addresses that are kept for documents.
pub const RELAY_HOST: &str = "203.0.113.1";
const STUN_PORT: u16 = 3478;

/// What stands between a peer and the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: the peer has an address of the network.
    None,
    /// A NAT that gives a socket the same port whomever it writes to.
    Cone,
    /// A NAT that draws a new port for each whom a socket writes to.
    Symmetric,
    /// A cone that lets no UDP through.
    UdpBlocked,
}

/// All namespaces; dropping it removes them.
pub struct Lab {
    names: Vec<String>,
    sides: u8,
    relay: Option<Program>,
}

/// A relay in the wide-area network.
#[derive(Clone)]
pub struct Relay {
    pub address: String,
    pub stun: String,
}

/// The namespace of one peer.
pub struct Side(String);

/// A program in a namespace; dropping it ends it.
pub struct Program {
    lines: Lines<BufReader<ChildStdout>>,
    // Ended when dropped.
    _child: Child,
}

impl Lab {
    /// Makes the network in the middle.
    pub async fn new() -> Result<Self, String> {
        let mut lab = Self { names: Vec::new(), sides: 0, relay: None };
        let middle = lab.namespace().await?;
        run(&middle, &format!("ip addr add {RELAY_HOST}/32 dev lo; {FORWARD}")).await?;
        nft(&middle, COUNTING).await?;
        Ok(lab)
    }

    /// Starts the relay, with these words more.
    pub async fn relay(&mut self, more: &[&str]) -> Relay {
        let mut program = start(&self.names[0], &[&["relay", RELAY_HOST], more].concat());
        let address = program.says("relay").await.expect("the relay starts");
        self.relay = Some(program);
        Relay { address, stun: format!("stun:{RELAY_HOST}:{STUN_PORT}") }
    }

    /// Returns how many packets have passed between the sides so far; those to and from the relay do
    /// not count.
    pub async fn passed(&self) -> u64 {
        let mut list = Command::new("ip");
        list.args(["netns", "exec", &self.names[0], &nft_path()]).args(LIST);
        let output = list.output().await.expect("nft runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut words = text.split_whitespace().skip_while(|word| *word != "packets");
        words.nth(1).and_then(|count| count.parse().ok()).expect("a counter")
    }

    /// Makes a peer's place in the network.
    pub async fn side(&mut self, kind: Kind) -> Side {
        let side = self.add(kind).await;
        side.expect("a kernel that made the first namespaces makes more")
    }

    async fn add(&mut self, kind: Kind) -> Result<Side, String> {
        let middle = self.names[0].clone();
        let outer = self.namespace().await?;
        self.sides += 1;
        // Every router has four addresses of the middle: 203.0.113.4, .8 and so on.
        let (subnet, uplink) = (4 * self.sides, format!("u{}", self.sides));
        let [above, below] = [1, 2].map(|host| format!("203.0.113.{}", subnet + host));
        run(&middle, &format!("ip link add {uplink} type veth peer name wan netns {outer}"))
            .await?;
        run(&middle, &format!("ip addr add {above}/30 dev {uplink}; ip link set {uplink} up"))
            .await?;
        let up = format!("ip addr add {below}/30 dev wan; ip link set wan up; ");
        run(&outer, &format!("{up} ip route add default via {above}; {FORWARD}")).await?;
        let (policy, blocks) = match kind {
            // The peer's own namespace is the router's.
            Kind::None => return Ok(Side(outer)),
            Kind::Cone => ("persistent", ""),
            Kind::Symmetric => ("fully-random", ""),
            Kind::UdpBlocked => ("persistent", "meta l4proto udp drop;"),
        };
        let inner = self.namespace().await?;
        run(&outer, &format!("ip link add lan type veth peer name wan netns {inner}")).await?;
        run(&outer, "ip addr add 192.168.7.1/24 dev lan; ip link set lan up").await?;
        run(&inner, "ip addr add 192.168.7.2/24 dev wan; ip link set wan up").await?;
        run(&inner, "ip route add default via 192.168.7.1").await?;
        nft(&outer, &rules(policy, blocks)).await?;
        Ok(Side(inner))
    }

    async fn namespace(&mut self) -> Result<String, String> {
        let name = format!("lowkey-{}-{}", process::id(), self.names.len());
        shell(&format!("ip netns add {name}")).await?;
        self.names.push(name.clone());
        let quiet = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6";
        run(&name, &format!("ip link set lo up; {quiet}")).await?;
        Ok(name)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.relay = None;
        for name in &self.names {
            // What cannot be removed now is gone after the next start of the machine.
            let _ = process::Command::new("ip").args(["netns", "del", name]).status();
        }
    }
}

impl Side {
    /// Returns the name of its namespace.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Starts this program there, in another part.
    pub fn start(&self, part: &[&str]) -> Program {
        start(&self.0, part)
    }
}

impl Program {
    /// Waits for the line that begins with this word, and returns the rest of it.
    pub async fn says(&mut self, word: &str) -> Result<String, String> {
        let read = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                if let Some(rest) = line.strip_prefix(word) {
                    return Ok(rest.trim().to_owned());
                }
            }
            Err(format!("it ended before it said {word}"))
        };
        timeout(PATIENCE, read).await.unwrap_or_else(|_| Err(format!("it never said {word}")))
    }
}

/// The middle forwards what goes from side to side; the relay's packets end there.
const COUNTING: &str = "table ip lab {
    counter passed {}
    chain forward { type filter hook forward priority filter; counter name passed; }
}";
const LIST: [&str; 5] = ["list", "counter", "ip", "lab", "passed"];

const FORWARD: &str = "echo 1 > /proc/sys/net/ipv4/ip_forward";

fn rules(policy: &str, blocks: &str) -> String {
    format!(
        r#"table ip lab {{
            chain outgoing {{
                type nat hook postrouting priority srcnat;
                oifname "wan" masquerade {policy}
            }}
            chain input {{
                type filter hook input priority filter;
                iifname "wan" ct state new drop
            }}
            chain forward {{
                type filter hook forward priority filter;
                {blocks}
                iifname "wan" ct state new drop
            }}
        }}"#
    )
}

fn start(namespace: &str, part: &[&str]) -> Program {
    let own = env::current_exe().expect("this program");
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(own).args(part);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("this program starts again");
    let stdout = child.stdout.take().expect("a pipe");
    Program { lines: BufReader::new(stdout).lines(), _child: child }
}

async fn run(namespace: &str, script: &str) -> Result<(), String> {
    shell(&format!("ip netns exec {namespace} sh -ec '{script}'")).await
}

async fn shell(script: &str) -> Result<(), String> {
    let output = Command::new("sh").args(["-ec", script]).output().await;
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{script}: {}", String::from_utf8_lossy(&output.stderr)))
}

async fn nft(namespace: &str, rules: &str) -> Result<(), String> {
    let program = nft_path();
    let mut child = Command::new("ip")
        .args(["netns", "exec", namespace, &program, "-f", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(rules.as_bytes()).await.map_err(|error| error.to_string())?;
    drop(stdin);
    let output = child.wait_with_output().await.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("nft: {}", String::from_utf8_lossy(&output.stderr)))
}

fn nft_path() -> String {
    env::var("LOWKEY_NFT").unwrap_or_else(|_| "nft".to_owned())
}
