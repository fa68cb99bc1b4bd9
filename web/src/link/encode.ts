// What is looked for, as bytes.

import type { Encoded } from '../api-types';
import { fromBase64 } from '../format/bytes';
import { bytesOf } from '../format/plain';
import type { ViewCharset } from '../format/text';
import { call } from './api';
import { isViewer } from './credential';

/** The bytes of what was typed: of text for "auto" in UTF-8 and, if they are others, in GBK. */
export async function encodings(text: string, as: ViewCharset | 'hex'): Promise<Uint8Array[]> {
  if (as !== 'auto') return [await encode(text, as)];
  const all = [await encode(text, 'utf-8')];
  if (all[0]!.every((b) => b < 0x80)) return all;
  const gbk = await encode(text, 'gbk').catch(() => undefined); // it may lack a character
  return gbk ? [...all, gbk] : all;
}

async function encode(text: string, as: string): Promise<Uint8Array> {
  if (isViewer()) return bytesOf(text, as);
  const got = await call<Encoded>('POST', '/payload', as === 'hex' ? { kind: 'hex', text } : { kind: 'text', text, charset: as });
  return fromBase64(got.data);
}
