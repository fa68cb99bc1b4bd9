// Names that a person could take for one another.

// Letters of Cyrillic and Greek that look like Latin ones, and signs that look like letters.
const twins: Record<string, string> = {
  а: 'a', в: 'b', е: 'e', ё: 'e', к: 'k', м: 'm', н: 'h', о: 'o', р: 'p', с: 'c', т: 't', у: 'y', х: 'x', і: 'i', ї: 'i', ј: 'j', ѕ: 's', ԁ: 'd', һ: 'h', ԛ: 'q', ԝ: 'w', ҽ: 'e', п: 'n', г: 'r',
  α: 'a', β: 'b', γ: 'y', ε: 'e', η: 'n', ι: 'i', κ: 'k', μ: 'u', ν: 'v', ο: 'o', ρ: 'p', σ: 'o', τ: 't', υ: 'u', χ: 'x', ω: 'w',
  '0': 'o', '1': 'l', i: 'l', '|': 'l', ı: 'l',
};

/** What a name looks like: the same for names that are hard to tell apart. */
function likeness(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return Array.from(plain, (c) => twins[twins[c] ?? c] ?? twins[c] ?? c).join('').replaceAll('rn', 'm').replaceAll('vv', 'w');
}

/** Those of the names that look like another one, or are the same. */
export function lookAlikes(names: readonly string[]): ReadonlySet<string> {
  const seen = new Map<string, string[]>();
  for (const name of names) if (name !== '') seen.set(likeness(name), [...(seen.get(likeness(name)) ?? []), name]);
  return new Set([...seen.values()].filter((same) => same.length > 1).flat());
}
