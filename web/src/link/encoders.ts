// Requests that are filled in: the forms there are, and what is made of one.

import type { EncodedRequest, Encoder, Encoders } from '../api-types';
import { i18n } from '../i18n/i18n.svelte';
import { call } from './api';

const known = new Map<string, Promise<readonly Encoder[]>>();

/** Every form there is, in the page's language. They are asked for once in each. */
export function encoders(): Promise<readonly Encoder[]> {
  const language = i18n.language;
  let all = known.get(language);
  if (!all) {
    all = call<Encoders>('GET', '/encoders').then((e) => e.encoders);
    known.set(language, all);
    all.catch(() => known.delete(language));
  }
  return all;
}

/** A request of what was filled in. Throws a Failure with what is wrong, by field. */
export const encode = (encoder: string, values: Record<string, string>, signal?: AbortSignal): Promise<EncodedRequest> =>
  call<EncodedRequest>('POST', '/encode', { encode: encoder, values }, signal);
