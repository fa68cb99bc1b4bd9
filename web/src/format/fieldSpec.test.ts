import { expect, test } from 'vitest';
import { fieldSpecOf } from './fieldSpec';

const of = (text: string) => fieldSpecOf(new TextEncoder().encode(text));

test('text is read as what it looks like', () => {
  expect(of('temp=21.5 hum=40\r\n')).toBe('keys');
  expect(of('T: -3\n')).toBe('keys');
  expect(of('{"temp": 21}')).toBe('json');
  expect(of('{temp=21}')).toBe('keys');
  expect(of('$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n')).toBe('nmea');
  expect(of('weather,room=lab temp=21.5,hum=40 1700000000')).toBe('influx');
  expect(of('adc:1.5,-2,3e4\n')).toBe('firewater');
  expect(of('1,2.5,on\n')).toBe('csv');
});

test('what has no numbers proposes nothing', () => {
  expect([of('Hello 01Studio!\r\n'), of('a, b'), of(''), of('\r\n')]).toEqual(['', '', '', '']);
});

test('bytes are floats with a tail, or a name each', () => {
  expect(fieldSpecOf(Uint8Array.of(0, 0, 128, 63, 0, 0, 128, 127))).toBe('justfloat');
  expect(fieldSpecOf(Uint8Array.of(1, 3, 255))).toBe('u8 b0, u8 b1, u8 b2');
  expect(fieldSpecOf(new Uint8Array(100)).split(', ').length).toBe(32);
});
