//! A stream protocol that a side offers, or does not.

use std::{convert::Infallible, future, option};

use libp2p::{
    Stream, StreamProtocol,
    core::upgrade::{InboundUpgrade, UpgradeInfo},
};

/// Accepts streams of this protocol as they are; `None` offers nothing.
#[derive(Clone, Debug)]
pub struct OfferedUpgrade(pub Option<StreamProtocol>);

impl UpgradeInfo for OfferedUpgrade {
    type Info = StreamProtocol;
    type InfoIter = option::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.clone().into_iter()
    }
}

impl InboundUpgrade<Stream> for OfferedUpgrade {
    type Output = Stream;
    type Error = Infallible;
    type Future = future::Ready<Result<Stream, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, _: StreamProtocol) -> Self::Future {
        future::ready(Ok(stream))
    }
}
