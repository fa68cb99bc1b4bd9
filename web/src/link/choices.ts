// What the path of an address can be, as this machine knows it: serial ports and the like.

import { call } from './api';

export interface Choice {
  readonly value: string;
  /** What it is, in words. */
  readonly label: string;
}

/** Asks the API, at the place that the scheme names. */
export async function choicesOf(place: string): Promise<readonly Choice[]> {
  return (await call<{ choices: Choice[] }>('GET', place)).choices;
}
