/** PeerJS as it is: the measure for "page opened → first message". */
export { Peer } from 'peerjs';
