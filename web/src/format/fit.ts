// How well a name fits what was typed: by its words and beginnings in two languages, and
// by the first letters of its Chinese in pinyin.

/** Characters with which the syllables of a letter begin, as pinyin sorts them. */
const begin = '阿八嚓哒妸发旮哈讥咔垃呣拏噢妑七呥仨他屲夕丫帀';
const letters = 'abcdefghjklmnopqrstwxyz';
const pinyin = new Intl.Collator('zh-Hans-u-co-pinyin');

/** The first letters of a Chinese name in pinyin; Latin letters and digits stay. */
export function initials(name: string): string {
  return [...name.toLowerCase()].map(initial).join('');
}

function initial(c: string): string {
  if (/[a-z0-9]/.test(c)) return c;
  if (!/\p{Script=Han}/u.test(c)) return '';
  let n = begin.length - 1;
  while (n > 0 && pinyin.compare(c, begin[n]!) < 0) n--;
  return letters[n]!;
}

/** How well a name in English and Chinese fits what was typed; 0 is not at all. */
export function fit(typed: string, [en, zh]: readonly [string, string]): number {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') return 1;
  const names = [en.toLowerCase(), zh.toLowerCase(), initials(zh)];
  if (names.some((n) => n.startsWith(wanted))) return 4;
  if (names.some((n) => n.includes(wanted))) return 3;
  const words = names[0]!.split(/\W+/);
  if (wanted.split(/\s+/).every((part) => words.some((w) => w.startsWith(part)))) return 2;
  return words.map((w) => w[0]).join('').includes(wanted) ? 1 : 0;
}
