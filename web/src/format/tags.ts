// What is said of a frame beside it: of its checksum, or why it is none.

import type { Frame } from '../api-types';
import type { Word } from '../i18n/i18n.svelte';

export interface Tag {
  sign: string;
  word: Word;
  hint: Word;
  wrong: boolean;
}

const tag = (sign: string, word: Word, hint: Word, wrong: boolean): Tag => ({ sign, word, hint, wrong });
const marks: Record<Frame['mark'], Tag | undefined> = {
  whole: undefined,
  garbage: tag('!', 'tagGarbage', 'tagGarbageHint', true),
  oversize: tag('!', 'tagOversize', 'tagOversizeHint', true),
  incomplete: tag('!', 'tagIncomplete', 'tagIncompleteHint', true),
  open: tag('…', 'tagOpen', 'tagOpenHint', false),
};

/** What is said of a frame in the log: of its checksum, or why it is none. */
export function tagsOf(f: Frame): Tag[] {
  if (f.check === 'wrong') return [tag('✗', 'tagWrong', 'tagWrongHint', true)];
  if (f.check === 'right') return [tag('✓', 'tagRight', 'tagRightHint', false)];
  const mark = marks[f.mark];
  return mark ? [mark] : [];
}
