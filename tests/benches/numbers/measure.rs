//! How numbers are taken: ours and the peer's in turns, so that both meet the same noise.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Line {
    /// What was measured.
    pub name: String,
    /// Our number.
    pub ours: f64,
    /// The number of the library measured beside us.
    pub peer: Option<f64>,
    /// The unit of both.
    pub unit: &'static str,
    /// Which library.
    pub peer_name: Option<&'static str>,
}

impl Line {
    /// Makes a line without a peer.
    pub fn alone(name: &str, ours: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), ours, peer: None, unit, peer_name: None }
    }

    /// Returns the line as the build tool reads it.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name, "ours": self.ours, "peer": self.peer,
            "unit": self.unit, "peerName": self.peer_name,
        })
    }
}

/// How long each side is measured in all.
const LENGTH: Duration = Duration::from_secs(2);

/// How long one turn is.
const TURN: Duration = Duration::from_millis(50);

/// Measures two procedures in turns; returns how often a second each can run.
pub fn in_turns(name: &str, mut ours: impl FnMut(), mut peer: impl FnMut()) -> Line {
    let mut sums = [(0_u64, Duration::ZERO); 2];
    // The first turns warm up and do not count.
    turn(&mut ours);
    turn(&mut peer);
    while sums[1].1 < LENGTH {
        for (sum, (runs, time)) in sums.iter_mut().zip([turn(&mut ours), turn(&mut peer)]) {
            sum.0 += runs;
            sum.1 += time;
        }
    }
    let [ours, peer] = sums.map(|(runs, time)| runs as f64 / time.as_secs_f64());
    Line {
        name: name.to_owned(),
        ours,
        peer: Some(peer),
        unit: "/s",
        peer_name: Some("vodozemac 0.11"),
    }
}

/// Measures one procedure.
pub fn alone(name: &str, mut ours: impl FnMut()) -> Line {
    turn(&mut ours);
    let (mut runs, mut time) = (0, Duration::ZERO);
    while time < LENGTH {
        let (more, took) = turn(&mut ours);
        runs += more;
        time += took;
    }
    Line::alone(name, runs as f64 / time.as_secs_f64(), "/s")
}

fn turn(run: &mut impl FnMut()) -> (u64, Duration) {
    let begin = Instant::now();
    let mut runs = 0;
    while begin.elapsed() < TURN {
        run();
        runs += 1;
    }
    (runs, begin.elapsed())
}

/// Returns the value below which `share` of the samples lie.
pub fn percentile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort();
    let at = (samples.len().saturating_sub(1) as f64 * share).round() as usize;
    samples.get(at).copied().unwrap_or_default()
}
