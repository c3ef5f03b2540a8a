//! Backups: the peer gives the archive, a worker seals it.

use super::{Live, leader::Leader};
use crate::{error::Coded, tabs::Answer};

impl Live {
    pub(super) async fn export(&self, _leader: &Leader) -> Result<Answer, Coded> {
        Err(Coded::internal("no backup yet"))
    }

    pub(super) async fn import(&self, _leader: &Leader, _file: &[u8]) -> Result<Answer, Coded> {
        Err(Coded::internal("no backup yet"))
    }
}
