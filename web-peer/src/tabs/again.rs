//! What an answer means to somebody who asks for the second time.
//!
//! The leader before may have done it and gone before it could say so.
//! Then "this exists already" is what was wanted, and no failure.

use super::ask::{Answer, Ask};
use crate::{error::Coded, types::PeerEvent};

/// Returns the answer to an ask that another leader may have carried out already, and what the
/// screens may not have been told then.
pub fn settle(
    ask: &Ask,
    answer: Result<Answer, Coded>,
) -> (Result<Answer, Coded>, Option<PeerEvent>) {
    match (ask, answer) {
        (Ask::Add { address, .. }, Err(refusal)) if refusal.is("contactExists") => {
            (Ok(Answer::Text(address.clone())), None)
        }
        (Ask::Remove { contact } | Ask::DeleteRequest { contact }, Err(refusal))
            if refusal.is("unknownContact") =>
        {
            (Ok(Answer::Done), Some(PeerEvent::ContactRemoved { address: contact.clone() }))
        }
        (_, answer) => (answer, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_before_is_no_failure() {
        let contact = || "ann".to_owned();
        let remove = Ask::Remove { contact: contact() };
        let add = Ask::Add { address: contact(), text: "link".to_owned(), name: None };
        let reach = Ask::Reach { contact: contact() };
        let check = |ask: &Ask, code, ok, tells| {
            let (answer, told) = settle(ask, Err(Coded::new(code, "refused")));
            assert_eq!((answer.is_ok(), told.is_some()), (ok, tells), "{ask:?} {code}");
        };
        check(&remove, "unknownContact", true, true);
        check(&remove, "storageFailed", false, false);
        check(&add, "contactExists", true, false);
        check(&add, "ownAddress", false, false);
        check(&reach, "unknownContact", false, false);
    }
}
