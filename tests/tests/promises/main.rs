//! What a person is promised: one module for each promise.
//!
//! Worlds are seeded and their time is virtual. A failure prints its seed; `LOWKEY_SEED=n` plays
//! that one alone, `LOWKEY_SEEDS=n` plays so many instead of the usual number.

mod blocked_stays_silent;
mod conversations_end;
mod ended_is_forgotten;
mod forward_secrecy;
mod garbage_on_streams;
mod hostile_frames;
mod many_peers;
mod nothing_is_lost;
mod one_phrase_two_machines;
mod relay_nonsense;
mod relay_sees_nothing;
mod same_seed_same_trace;
mod seeds;
mod storage_goes_back;
mod strangers_get_nothing;
mod switching_paths;
mod wrong_clock;
