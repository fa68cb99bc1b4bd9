// The live feed: one long answer, a line of JSON for each change of the heads.

import type { Live } from '../api-types';
import { Failure, request } from './api';

/** Who follows the feed. */
export interface Follower {
  /** Before the first line, each time the feed begins anew. */
  onBegin(signal: AbortSignal): Promise<void>;
  onLine(line: Live): void;
  onEnd(why: unknown): void;
}

const firstWait = 250;
const longestWait = 4000;

/** Reads the feed until the signal; begins again when it ends. */
export async function follow(f: Follower, signal: AbortSignal): Promise<void> {
  let wait = firstWait;
  while (!signal.aborted) {
    let why: unknown;
    try {
      const answer = await request('GET', '/live', undefined, signal);
      await f.onBegin(signal);
      if (signal.aborted) return;
      wait = firstWait;
      await lines(answer, (text) => f.onLine(JSON.parse(text) as Live));
    } catch (e) {
      why = e;
    }
    if (signal.aborted) return;
    f.onEnd(why);
    if (why instanceof Failure && why.status === 401) return;
    await new Promise((done) => setTimeout(done, wait));
    wait = Math.min(2 * wait, longestWait);
  }
}

async function lines(answer: Response, each: (line: string) => void): Promise<void> {
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let kept = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (kept + value).split('\n');
    kept = parts.pop() ?? '';
    for (const part of parts) if (part) each(part);
  }
}
