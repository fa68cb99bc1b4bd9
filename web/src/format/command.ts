// What to do next, taken apart: sentences, and the commands in them.

export interface NextLine {
  readonly said: string;
  /** A line for a shell, or "". */
  readonly command: string;
}

// A command follows a colon, and ends with its clause.
const command = /([:：]\s*)((?:sudo |sockeye |netsh |netstat |powershell |ip |ss |route |\/usr\/)(?:[^;；，,]|,(?! ))*)(?:[;；，,]\s*|$)/g;

/** The parts of a text about what to do, each a sentence with the command that it leads to. */
export function nextLines(text: string): NextLine[] {
  return text.split('\n').flatMap((line): NextLine[] => {
    const parts: NextLine[] = [];
    let from = 0;
    for (const found of line.matchAll(command)) {
      parts.push({ said: line.slice(from, found.index + found[1]!.length).trim(), command: found[2]!.trim() });
      from = found.index + found[0].length;
    }
    const rest = line.slice(from).trim();
    return rest === '' ? parts : [...parts, { said: rest, command: '' }];
  });
}
