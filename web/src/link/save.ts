// Saving: the core makes the file, the browser keeps it.

import { query, request } from './api';
import type { Filter } from './events';

export const saves = ['text', 'csv', 'jsonl', 'pcapng', 'raw'] as const;
export type SaveAs = (typeof saves)[number];

const endings: Record<SaveAs, string> = { text: 'txt', csv: 'csv', jsonl: 'jsonl', pcapng: 'pcapng', raw: 'bin' };


/** Saves a part of the record. Returns the file's name. */
export async function save(as: SaveAs, what: Filter & { from?: number; to?: number | undefined }): Promise<string> {
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const name = `sockeye-${what.session ?? 'all'}-${stamp}.${endings[as]}`;
  const answer = await request('GET', '/export' + query({ ...what, format: as }));
  hand(name, await answer.blob());
  return name;
}

/** Saves a text under a name. */
export function saveText(name: string, text: string): void {
  hand(name, new Blob([text], { type: 'text/plain' }));
}

/** Saves bytes under a name. */
export const saveBlob = (name: string, blob: Blob): void => hand(name, blob);

// hand gives the browser a file to keep.
function hand(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
