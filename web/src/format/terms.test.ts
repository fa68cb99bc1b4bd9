import { expect, it } from 'vitest';
import type { Word } from '../api-types';
import { termsIn } from './terms';

const word = (w: string, ...also: string[]): Word => ({ word: w, name: w, also, text: 'x', command: 'x' });
const words = [word('refused', '拒绝'), word('time_wait', 'TIME-WAIT'), word('ack', '确认'), word('port', '端口'), word('rst', '重置')];
const found = (text: string) => termsIn(text, words).map((w) => w.word);

it('finds words whole, in any spelling, in their order', () => {
  expect(found('TIME-WAIT holds it; before, an RST came')).toEqual(['time_wait', 'rst']);
  expect(found('connection refused on this port')).toEqual(['refused']);
  expect(found('a package backs the first')).toEqual([]);
  expect(found('连接被拒绝：端口未监听')).toEqual(['refused']);
  expect(found('')).toEqual([]);
});
