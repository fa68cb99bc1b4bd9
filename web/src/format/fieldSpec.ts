// How the values of one message may be read: a spec of fields to begin with.

const number = String.raw`[-+]?\d`;
const forms: readonly (readonly [spec: string, is: RegExp])[] = [
  ['nmea', /^[$!][A-Z]{4,},.*\*[0-9A-F]{2}$/],
  ['influx', new RegExp(String.raw`^[A-Za-z_][\w-]*(,[^ =]+=[^ =]+)* [\w-]+=(${number}|"|t|f)[^ ]*( \d+)?$`)],
  ['firewater', new RegExp(String.raw`^[\w-]+: *${number}[\d.eE+-]*( *, *${number}[\d.eE+-]*)+$`)],
  ['keys', new RegExp(String.raw`[A-Za-z_]\w*\s*[=:]\s*${number}`)],
];
const tail = [0x00, 0x00, 0x80, 0x7f]; // of a frame of JustFloat
const longest = 32; // bytes that get a name each

/** A spec that reads this message; empty if there is nothing to read in it. */
export function fieldSpecOf(data: Uint8Array): string {
  const text = new TextDecoder().decode(data).trim();
  if (data.length > 0 && text === '') return '';
  if (text !== '' && !/[\u0000-\u0008\u000e-\u001f\u007f\ufffd]/.test(text)) return textSpecOf(text);
  if (data.length >= 8 && data.length % 4 === 0 && tail.every((b, i) => data[data.length - 4 + i] === b)) return 'justfloat';
  return Array.from(data.subarray(0, longest), (_, i) => `u8 b${i}`).join(', ');
}

function textSpecOf(text: string): string {
  if (/^[[{]/.test(text)) {
    try {
      JSON.parse(text);
      return 'json';
    } catch {
      // it only begins like it
    }
  }
  const line = text.split(/[\r\n]/)[0]!;
  const form = forms.find(([, is]) => is.test(line))?.[0];
  if (form) return form;
  const columns = line.split(',');
  return columns.length > 1 && columns.some((c) => /^[-+]?\d/.test(c.trim())) ? 'csv' : '';
}
