// Sizes that the modules share.

export const PIECE = 8000; // samples that travel in one go
export const MAX_PACKET_BYTES = 8192;
export const MAX_FRAMES = 25; // of a packet
export const NO_TOKEN = 65535;
