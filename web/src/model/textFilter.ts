// A filter for text in a charset.

import { hexDigits } from '../format/bytes';
import type { ViewCharset } from '../format/text';
import { encodings } from '../link/encode';
import { events, type Filter } from '../link/events';

/**
 * Gives a filter the text that events must have. Text in another charset than UTF-8 is
 * looked for by its bytes. With "auto" the events are those with it in UTF-8, or if
 * there are none, in GBK.
 */
export async function withText(filter: Filter, text: string, charset: ViewCharset): Promise<Filter> {
  if (charset === 'utf-8') return { ...filter, text };
  const found = await encodings(text, charset).catch(() => []);
  const hexes = found.map(hexDigits);
  if (hexes.length < 2) return { ...filter, ...(hexes[0] ? { hex: hexes[0] } : { text }) };
  for (let from = 0, more = true; more; ) {
    const got = await events({ ...filter, hex: hexes[0] }, from, 1, true).catch(() => undefined);
    if (got && got.events.length > 0) return { ...filter, hex: hexes[0] };
    more = got !== undefined && !got.done && got.scanned_to !== from;
    from = got?.scanned_to ?? 0;
  }
  return { ...filter, hex: hexes[1] };
}
