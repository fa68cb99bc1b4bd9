import { expect, test } from 'vitest';
import { lookAlikes } from './lookalike';

test('the same name twice, and letters of other scripts', () => {
  expect([...lookAlikes(['pump', '\u0440ump', 'lamp'])]).toEqual(['pump', '\u0440ump']);
  expect([...lookAlikes(['a', 'a'])]).toEqual(['a']);
  expect([...lookAlikes(['board-1', 'board-l', 'board-I'])].length).toBe(3);
  expect([...lookAlikes(['modem', 'modern'])].length).toBe(2);
});

test('names that differ are told apart', () => {
  expect([...lookAlikes(['press-1', 'press-2', '门锁', '温度', '', ''])]).toEqual([]);
});
