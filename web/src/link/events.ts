// Windows of the journal.

import type { Events } from '../api-types';
import { call, query } from './api';

/** Which events are meant; what is empty does not matter. */
export interface Filter {
  session?: string | undefined;
  /** By its number, or several with commas between. */
  peer?: number | string | undefined;
  direction?: 'received' | 'sent' | undefined;
  text?: string | undefined;
  hex?: string | undefined;
  /** A regular expression of RE2 syntax, on bytes. */
  regexp?: string | undefined;
  /** Only those with a comment. */
  commented?: boolean | undefined;
  /** How frames are found and checked, as --frame and --check say it. */
  frame?: string | undefined;
  check?: string | undefined;
  /** Which values are read in frames, one spec a line. */
  fields?: string | undefined;
  /** The protocol that frames are messages of, by the name of a decoder. */
  decode?: string | undefined;
}

export const filtered = (f: Filter): boolean => !!(f.peer || f.direction || f.text || f.hex || f.regexp || f.commented);

/**
 * At most limit matching events from a number on, or the ones before it. The core cuts
 * streams into frames a part at a time: as long as it has not come to the window, it is
 * asked again, if going says so.
 */
export async function events(f: Filter, from: number, limit: number, back: boolean, going: (got: Events) => boolean = () => true): Promise<Events> {
  for (;;) {
    const got = await call<Events>('GET', '/events' + query({ ...f, from, limit, back }));
    const stuck = got.cut && !got.done && got.events.length === 0 && (back ? got.scanned_to >= Math.min(from || got.next, got.next) : got.scanned_to <= from);
    if (!stuck || !going(got)) return got;
  }
}
