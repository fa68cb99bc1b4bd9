// Gives the core a file, and tells how far that is: fetch does not.

import type { ErrorLine } from '../api-types';
import { i18n } from '../i18n/i18n.svelte';
import { Failure } from './api';
import { token } from './credential';

/** The browser reads the file as it sends it. Throws a Failure, or the signal's reason. */
export function upload<T>(path: string, file: Blob, told: (sent: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const x = new XMLHttpRequest();
    x.open('POST', '/api/v1' + path);
    x.setRequestHeader('Authorization', `Bearer ${token()}`);
    x.setRequestHeader('Accept-Language', i18n.accepted);
    x.setRequestHeader('Content-Type', 'application/octet-stream');
    x.upload.onprogress = (e) => told(e.loaded);
    x.onload = () => (x.status < 400 ? done(JSON.parse(x.responseText) as T) : fail(new Failure(reason(x), x.status)));
    x.onerror = () => fail(new Failure(i18n.failure('closed', 'coreGone', 'coreGoneHint'), 0));
    x.onabort = () => fail(signal.reason);
    signal.addEventListener('abort', () => x.abort(), { once: true });
    x.send(file);
  });
}

function reason(x: XMLHttpRequest): ErrorLine {
  try {
    const body = JSON.parse(x.responseText) as ErrorLine;
    if (body.message) return body;
  } catch {
    // not one of ours: say what HTTP says
  }
  return { kind: 'system', message: `HTTP ${x.status} ${x.statusText}` };
}
