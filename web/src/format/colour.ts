// A colour for each peer: a stripe in the log, the list and the recipients. It is a help
// for the eye only; the name is always beside it.

// Hues in degrees that are told apart at a glance, without red, which means an error.
const hues = [210, 140, 275, 45, 185, 310, 95, 240, 65, 165] as const;

/** The colour of a peer, by its number in the session; neighbours differ. */
export function colourOf(peer: number | undefined): string {
  if (!peer) return 'transparent';
  const hue = hues[(peer - 1) % hues.length]!;
  const round = Math.floor((peer - 1) / hues.length) % 3;
  return `hsl(${hue} ${[62, 38, 80][round]}% ${[48, 62, 38][round]}%)`;
}
