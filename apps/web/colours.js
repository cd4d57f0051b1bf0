// Colours of the pictures: Inferno, by N. Smith and S. van der Walt (CC0), from a few of its colours. Pictures are dark on light
// pages too.

const INFERNO = [[0, 0, 4], [31, 12, 72], [85, 15, 109], [136, 34, 106], [186, 54, 85], [227, 89, 51], [249, 140, 10], [249, 201, 50],
  [252, 255, 164]];

/** 256 colours, [256][3], dark to bright */
export const RAMP = Array.from({length: 256}, (_, i) => {
  const at = i / 255 * (INFERNO.length - 1), low = Math.min(INFERNO.length - 2, Math.floor(at));
  return INFERNO[low].map((value, channel) => Math.round(value + (at - low) * (INFERNO[low + 1][channel] - value)));
});
