//! Which seeds to play, and how to say which one failed.

use std::{
    ops::Range,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use lowkey_tests::world::Counts;

/// Returns the seeds to play: `usual` many, unless the environment says otherwise.
pub fn seeds(usual: u64) -> Range<u64> {
    if let Some(seed) = number("LOWKEY_SEED") {
        return seed..seed + 1;
    }
    0..number("LOWKEY_SEEDS").unwrap_or(usual)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Plays all seeds on all cores; returns the results in the order of the seeds.
pub fn play<T: Send>(seeds: Range<u64>, play: impl Fn(u64) -> T + Sync) -> Vec<(u64, T)> {
    let next = AtomicU64::new(seeds.start);
    let results = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let named = Named(seed);
                    let result = play(seed);
                    drop(named);
                    results.lock().expect("no player panics here").push((seed, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("all players are done");
    results.sort_by_key(|(seed, _)| *seed);
    results
}

/// Prints what was done, and panics with the seeds whose promises were broken.
#[track_caller]
pub fn report(results: &[(u64, Result<Counts, Vec<String>>)]) -> Counts {
    let mut total = Counts::default();
    let mut failed = Vec::new();
    for (seed, result) in results {
        match result {
            Ok(counts) => total += *counts,
            Err(broken) => failed.push((*seed, broken)),
        }
    }
    println!("{} worlds: {total:#?}", results.len());
    for (seed, broken) in failed.iter().take(10) {
        println!("LOWKEY_SEED={seed}: {broken:#?}");
    }
    let numbers: Vec<_> = failed.iter().map(|(seed, _)| seed).collect();
    assert!(failed.is_empty(), "{} seeds failed: {numbers:?}", failed.len());
    total
}

/// Names the seed if its play panics.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("seed {} panicked: LOWKEY_SEED={} plays it alone", self.0, self.0);
        }
    }
}
