// Cuts what nearly every page shows out of the fonts: ASCII and a few signs. The whole
// fonts come only when another letter is shown. Run it when the fonts change:
//   npx --yes --package subset-font@2.9.0 -- node fonts.mjs
// A cut is a changed font, which may not have the reserved name "Plex" (SIL Open Font License).
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const bin = process.env.PATH.split(delimiter).find((p) => p.includes('_npx')) ?? '';
const from = createRequire(join(dirname(bin), 'subset-font', 'package.json'));
const subset = from('subset-font');
const fontverter = from('fontverter');

const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
const signs = '\u00a0±µ·×–—‘’“”…←↑→↓';

/** Gives a font another name, of the same length, in the place of its own. */
function rename(sfnt) {
  const text = Buffer.from(sfnt);
  for (const coding of ['utf16le', 'latin1']) {
    const [old, now] = ['Plex', 'Eyes'].map((s) => Buffer.from(s, coding));
    if (coding === 'utf16le') [old, now].forEach((b) => b.swap16()); // names are big endian
    for (let at = text.indexOf(old); at >= 0; at = text.indexOf(old, at + 1)) now.copy(text, at);
  }
  return text;
}

for (const [family, weight] of [['sans', 400], ['sans', 600], ['mono', 400]]) {
  const font = readFileSync(`node_modules/@fontsource/ibm-plex-${family}/files/ibm-plex-${family}-latin-${weight}-normal.woff2`);
  const cut = await subset(font, ascii + signs, { targetFormat: 'sfnt', noLayoutClosure: true });
  writeFileSync(`src/style/fonts/${family}-${weight}.woff2`, await fontverter.convert(rename(cut), 'woff2'));
}
