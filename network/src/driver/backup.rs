//! What backups ask of the driver: each answer is one short step.

use lowkey_protocol::{Command, CommandId, Input, limits};

use super::Driver;
use crate::{backup::Ask, storage::Storage};

impl<S: Storage> Driver<S> {
    pub(super) async fn handle_backup(&mut self, ask: Ask) {
        // Whoever asked may have gone.
        match ask {
            Ask::Owner(answer) => drop(answer.send(self.core.backup_owner())),
            Ask::People(answer) => drop(answer.send(self.core.archive())),
            Ask::Messages(after, answer) => {
                drop(answer.send(self.core.archive_messages(after, limits::IMPORT_RECORDS).await));
            }
            // Without an engine it knows nothing, and says why.
            Ask::Import(records, answer) => match self.core.without_known(records).await {
                Err(error) => drop(answer.send(Err(error))),
                Ok(records) => {
                    self.next_command = self.next_command.wrapping_add(1);
                    let id = CommandId(self.next_command);
                    self.replies.insert(id, answer);
                    self.inputs.push_back(Input::Command(id, Command::Import(records)));
                }
            },
        }
    }
}
