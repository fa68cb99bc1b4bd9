// A hex dump in which some bytes are marked.

/** One byte: as hex, as a character, and whether it is marked. */
export interface Cell {
  hex: string;
  text: string;
  lit: boolean;
}

/** Eight bytes from an offset on. The last line is filled with blanks. */
export interface DumpLine {
  offset: string;
  cells: Cell[];
}

const wide = 8;

/** Lines of eight bytes; those from span.from up to span.to are marked. */
export function dumpOf(data: Uint8Array, span: { from: number; to: number } | undefined): DumpLine[] {
  const lines: DumpLine[] = [];
  for (let at = 0; at < data.length; at += wide) {
    const cells = Array.from({ length: wide }, (_, n): Cell => {
      const b = data[at + n];
      if (b === undefined) return { hex: '   ', text: ' ', lit: false };
      return { hex: b.toString(16).padStart(2, '0') + ' ', text: b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.', lit: span !== undefined && at + n >= span.from && at + n < span.to };
    });
    lines.push({ offset: at.toString(16).padStart(4, '0'), cells });
  }
  return lines;
}
