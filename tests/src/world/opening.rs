//! How an engine is opened, and how its sealed history is read: what a driver does at the start.

use lowkey_protocol::{
    Address, Engine, Params,
    engine::output::{Event, MessageView, Output, Stored},
    identity::{Identity, Phrase},
    time::Timestamp,
    vault::VaultKey,
};
use rand_core::CryptoRng;

use super::storage::Rows;

/// Zero bits of a stamp in tests.
pub const STAMP_BITS: u8 = 4;

/// The vault key of every machine: keeping it is the platform's part.
const VAULT: [u8; 32] = [42; 32];

/// Returns the vault key of every machine.
pub fn vault() -> VaultKey {
    VaultKey::from_bytes(VAULT)
}

/// Returns the address of a phrase.
pub fn address(words: &str) -> Address {
    identity(words).address()
}

/// Opens an engine from what is stored.
pub fn open(
    words: &str,
    stored: Stored,
    now: Timestamp,
    rng: &mut dyn CryptoRng,
) -> (Engine, Vec<Output>) {
    let params = Params { stamp_bits: STAMP_BITS };
    Engine::open(identity(words), stored, vault(), params, now, rng).expect("rows that it has made")
}

/// Reads the history of everybody whom the engine names at its start.
pub fn history(engine: &Engine, rows: &Rows, first: &[Output]) -> Vec<MessageView> {
    let named = first.iter().filter_map(|output| match output {
        Output::Emit(Event::Contact(view)) => Some(view.address),
        _ => None,
    });
    let messages = named.flat_map(|contact| {
        let rows = rows.history(&engine.contact_tag(&contact));
        rows.into_iter().map(move |(key, row)| {
            engine.open_message(&contact, key, row).expect("a row that the engine has sealed")
        })
    });
    messages.collect()
}

fn identity(words: &str) -> Identity {
    Identity::from_phrase(Phrase::parse(words).expect("words made by a phrase"))
}
