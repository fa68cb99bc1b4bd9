// Bytes as other programs take them: C, Python, and a line for a shell.

import { hexByte } from './bytes';
import { schemeOf } from './scheme';

/** Where a line for a shell sends to. */
export interface Destination {
  network: string;
  /** "host:port", or a path. */
  address: string;
}

const perLine = 12;

/** An array of C. */
export function asC(data: Uint8Array): string {
  const lines: string[] = [];
  for (let i = 0; i < data.length; i += perLine) lines.push('  ' + Array.from(data.subarray(i, i + perLine), (b) => `0x${hexByte(b)}`).join(', ') + ',');
  return `static const unsigned char data[${data.length}] = {\n${lines.join('\n')}\n};\n`;
}

const named: Record<number, string> = { 9: '\\t', 10: '\\n', 13: '\\r', 0x5c: '\\\\' };

/** A bytes literal of Python. */
export function asPython(data: Uint8Array): string {
  const quote = data.includes(0x27) && !data.includes(0x22) ? '"' : "'";
  const one = (b: number) => named[b] ?? (b === quote.charCodeAt(0) ? '\\' + quote : b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : `\\x${hexByte(b)}`);
  return `data = b${quote}${Array.from(data, one).join('')}${quote}\n`;
}

/** The format of the shell's printf that prints the bytes, in quotes. POSIX knows \ooo there, and not \xhh. */
function printf(data: Uint8Array): string {
  const one = (b: number, n: number) => {
    if (b === 0x25) return '%%';
    if (named[b]) return named[b];
    if (b === 0x2d && n === 0) return '\\055'; // else it begins an option
    return b >= 0x20 && b < 0x7f && b !== 0x27 ? String.fromCharCode(b) : `\\${b.toString(8).padStart(3, '0')}`;
  };
  return `printf '${Array.from(data, one).join('')}'`;
}

/** A word of a shell's line. */
const quoted = (word: string): string => (/^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

function hostAndPort(address: string): [string, string] | undefined {
  const found = /^\[?([^\]]*?)\]?:(\d+)$/.exec(address);
  return found ? [found[1]!, found[2]!] : undefined;
}

/** A line that sends the bytes with nc; undefined where nc has no way there. */
export function asNc(data: Uint8Array, { network, address }: Destination): string | undefined {
  const scheme = schemeOf(network);
  const datagrams = scheme.datagram ? '-u ' : '';
  if (scheme.line || scheme.tls || (scheme.datagram && scheme.connections)) return undefined; // a serial port, TLS, a WebSocket
  if (!scheme.ip) return `${printf(data)} | nc -w 1 ${datagrams}-U ${quoted(address)}\n`;
  const at = hostAndPort(address);
  return at && `${printf(data)} | nc -w 1 ${datagrams}${quoted(at[0])} ${at[1]}\n`;
}

/** A line that sends the bytes with curl: an HTTP request as one, other bytes as they are; undefined where curl has no way there. */
export function asCurl(data: Uint8Array, { network, address }: Destination): string | undefined {
  const scheme = schemeOf(network);
  if (!scheme.ip || scheme.datagram) return undefined;
  const latin = Array.from(data, (b) => String.fromCharCode(b)).join('');
  const end = latin.indexOf('\r\n\r\n');
  const [request = '', ...fields] = latin.slice(0, Math.max(0, end)).split('\r\n');
  const line = /^([A-Z]+) (\/\S*) HTTP\/1\.[01]$/.exec(request);
  // what has no name before a colon is no field, and to curl perhaps the name of a file
  if (!line || !fields.every((f) => /^[\w-]+:/.test(f))) return scheme.tls ? undefined : `${printf(data)} | curl -s -m 2 ${quoted(`telnet://${address}`)}\n`;
  // curl has its own for the length; who is meant is in Host
  const headers = fields.filter((f) => !/^(content-length|connection):/i.test(f)).map((f) => ` -H ${quoted(f)}`);
  const body = data.subarray(end + 4);
  const words = `curl -g -i -X ${line[1]}${headers.join('')} ${quoted(`${scheme.tls ? 'https' : 'http'}://${address}${line[2]}`)}`;
  return body.length > 0 ? `${printf(body)} | ${words} --data-binary @-\n` : `${words}\n`;
}
