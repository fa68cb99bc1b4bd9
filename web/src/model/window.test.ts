import { describe, expect, test } from 'vitest';
import type { EventLine, Events } from '../api-types';
import { atBottom, below, linesFrom, normalize } from './anchor';
import type { View } from './content';
import { Row } from './row';
import { Tail, Window } from './window';

const view = (charset: View['charset'] = 'utf-8'): View => ({ look: 'text', charset, wrap: true, columns: 20, narrow: false, say: (e) => `${e.kind}: what an event says takes as many lines as it needs`, needle: '', needleBytes: [] });

const received = (seq: number, data: string, peer = 1): EventLine =>
  ({ seq, kind: 'received', session: 's1', peer_id: peer, peer: `127.0.0.1:${peer}`, network: 'tcp', time: '2026-01-02T03:04:05Z', data: btoa(data), bytes: data.length }) as EventLine;

const answer = (events: EventLine[], scanned_to: number, done = true): Events => ({ events, scanned_to, done, oldest: 1, next: scanned_to }) as Events;

function windowOf(...data: string[]): Window {
  const w = new Window();
  w.addBack(answer(data.map((d, i) => received(i + 1, d)), data.length + 1), 1);
  return w;
}

describe('Window', () => {
  test('finds rows by number', () => {
    const w = windowOf('a', 'b', 'c');
    expect([w.find(0), w.find(2), w.find(9)]).toEqual([0, 1, 3]);
    expect(w.at(2)?.seq).toBe(2);
    expect(w.at(7)).toBeUndefined();
    expect([w.low, w.high, w.known]).toEqual([1, 4, true]);
  });

  test('shows a character that two reads cut in the row that completes it', () => {
    const w = windowOf('a\xe6\xb8', '\xa9b');
    expect(w.rows.map((r) => r.contents[0]!.decoded('utf-8'))).toEqual(['a', '温b']);
  });

  test('shows a character that comes byte by byte in the row that completes it', () => {
    const texts = (w: Window) => w.rows.map((r) => r.contents[0]!.decoded('utf-8'));
    const w = windowOf('a\xf0', '\x9f', '\x98');
    expect(texts(w)).toEqual(['a\udcf0', '\udc9f', '\udc98']);
    w.addBack(answer([received(4, '\x80b')], 5), 4);
    expect(texts(w)).toEqual(['a', '', '', '😀b']);
  });

  test('leaves bytes that nothing completes in the row they came with', () => {
    const w = windowOf('\xc5', 'b');
    expect(w.rows.map((r) => r.contents[0]!.decoded('utf-8'))).toEqual(['\udcc5', 'b']);
  });

  test('joins what comes before', () => {
    const w = new Window();
    w.empty(3);
    w.addBack(answer([received(3, '\xa9c')], 4), 1);
    expect(w.addFront(answer([received(2, '\xe6\xb8')], 2), 1)).toBe(1);
    expect(w.rows.map((r) => r.contents[0]!.decoded('utf-8'))).toEqual(['', '温c']);
  });

  test('forgets what is far from the screen', () => {
    const w = windowOf(...Array.from({ length: 1300 }, (_, i) => `row ${i}`));
    expect(w.trimFront(1000, 'utf-8')).toBe(100);
    expect([w.rows.length, w.low]).toEqual([1200, 101]);
    w.trimBack(0);
    expect([w.rows.length, w.high]).toEqual([1200, 1301]);
  });

  test('keeps what "auto" chose when the rows by which it did are forgotten', () => {
    const w = windowOf('\xce\xc2\xb6\xc8', ...Array.from({ length: 1300 }, () => '\xc2\xa9'));
    expect(w.rows[5]!.contents[0]!.shownIn('auto')).toBe('gbk');
    w.trimFront(1000, 'auto');
    expect(w.rows[0]!.contents[0]!.shownIn('auto')).toBe('gbk');
  });
});

test('Tail joins what was read going back', () => {
  const tail = new Tail(10);
  tail.add(answer([received(8, 'b'), received(9, 'c')], 8, false));
  tail.add(answer([received(6, 'a')], 5, false));
  expect([tail.rows, tail.low]).toEqual([3, 5]);
  expect(tail.whole(8, 10).events!.map((e) => e.seq)).toEqual([8, 9]);
});

test('what an event says is wrapped, never cut', () => {
  const row = new Row({ seq: 1, kind: 'left', session: 's1', peer: '127.0.0.1:1', time: '2026-01-02T03:04:05Z' } as EventLine);
  const wide = { ...view(), columns: 40 };
  expect(Array.from({ length: row.height(wide) }, (_, i) => row.line(wide, i).said)).toEqual(['left: what an event says takes as many ', 'lines as it needs']);
  const narrow = { ...wide, narrow: true };
  expect(Array.from({ length: row.height(narrow) }, (_, i) => row.line(narrow, i)).map((l) => [l.head, l.lead, l.said])).toEqual([
    [true, true, ''],
    [false, false, 'left: what an event says takes as many '],
    [false, false, 'lines as it needs'],
  ]);
});

describe('the place of the screen', () => {
  const rows = ['short', 'a long row that takes three lines of the log', 'end'].map((d, i) => new Row(received(i + 1, d)));
  const height = (n: number) => rows[n]!.height(view());

  test('moves by pixels over rows of several lines', () => {
    expect([height(0), height(1), height(2)]).toEqual([1, 3, 1]);
    const at = { row: 0, line: 0, px: 45 };
    normalize(at, rows, view(), 20);
    expect(at).toEqual({ row: 1, line: 1, px: 5 });
    at.px -= 46;
    normalize(at, rows, view(), 20);
    expect(at).toEqual({ row: 0, line: 0, px: 0 }); // not above the first row
  });

  test('has the last line at the bottom', () => {
    const at = atBottom(rows, view(), 20, 2.5);
    expect(at).toEqual({ row: 1, line: 1, px: 10 });
    expect(below(at, rows, view(), 20, 1000)).toBe(50);
    expect(linesFrom(at, rows, view(), 10).lines.map((l) => [l.row.seq, l.part])).toEqual([[2, 1], [2, 2], [3, 0]]);
  });
});
