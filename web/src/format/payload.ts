// A message of the send box as a payload of the workspace, and back.

import type { Checksum, Payload, SavedPayload } from '../api-types';

/** What is kept of a message: the same bytes, whatever the settings are later. */
export function kept(p: Payload): SavedPayload {
  const text = p.kind === 'hex' || p.escapes ? p.text : p.text.replaceAll('\\', '\\\\').replaceAll('{{', '\\{{');
  return {
    ...(p.kind === 'hex' ? { hex: text } : { text }),
    ...(p.kind === 'text' && p.charset && p.charset !== 'utf-8' ? { charset: p.charset } : {}),
    ...(p.checksum ? { checksum: checksumWords(p.checksum) } : {}),
    ...(p.line_ending ? { line_ending: p.line_ending } : {}),
    ...(p.prefix ? { prefix: p.prefix } : {}),
    ...(p.suffix ? { suffix: p.suffix } : {}),
  };
}

/** A checksum in the words of a workspace: "xor8(1..-1):le". */
function checksumWords(c: Checksum): string {
  const range = c.from || c.to ? `(${c.from ?? 0}..${c.to || ''})` : '';
  const order = c.order === 'little' ? ':le' : c.order === 'big' ? ':be' : '';
  return c.name + range + order;
}

/** The settings of such words; what there is no setting for stays in the name. */
export function checksumOf(words: string): Checksum {
  const found = /^([^(:+]+)(?:\((\d*)\.\.(-?\d*)\))?(?::(be|le))?$/.exec(words);
  if (!found) return { name: words };
  const [, name = '', from, to, order] = found;
  return {
    name,
    ...(from ? { from: Number(from) } : {}),
    ...(to ? { to: Number(to) } : {}),
    ...(order ? { order: order === 'le' ? ('little' as const) : ('big' as const) } : {}),
  };
}
