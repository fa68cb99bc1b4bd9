// The words of what can be changed for one peer.

import { addWords } from './table';

export const peerOptionWords = {
  peerOptions: ['For this peer alone', '仅对此对象'],
  peerOptionsOwn: ['(not as the session)', '（与会话不同）'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(peerOptionWords);
