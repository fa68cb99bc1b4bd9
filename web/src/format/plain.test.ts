import { expect, test } from 'vitest';
import { bytesOf } from './plain';

test('hex as people write it', () => {
  for (const text of ['0x48 65', '48:65', '4865', '0x48, 0x65']) expect([...bytesOf(text, 'hex')]).toEqual([0x48, 0x65]);
});

test('text', () => {
  expect([...bytesOf('Hé', 'utf-8')]).toEqual([0x48, 0xc3, 0xa9]);
  expect([...bytesOf('He', 'gbk')]).toEqual([0x48, 0x65]);
  expect(() => bytesOf('你', 'gbk')).toThrow();
});
