// The numbers that begin at a byte, in both byte orders.

export interface NumberAt {
  /** "u16", "f32" … */
  type: string;
  big: string;
  little: string;
}

type Read = (v: DataView, little: boolean) => number | bigint;

const types: readonly [name: string, bytes: number, read: Read][] = [
  ['u8', 1, (v) => v.getUint8(0)],
  ['i8', 1, (v) => v.getInt8(0)],
  ['u16', 2, (v, little) => v.getUint16(0, little)],
  ['i16', 2, (v, little) => v.getInt16(0, little)],
  ['u32', 4, (v, little) => v.getUint32(0, little)],
  ['i32', 4, (v, little) => v.getInt32(0, little)],
  ['f32', 4, (v, little) => v.getFloat32(0, little)],
  ['u64', 8, (v, little) => v.getBigUint64(0, little)],
  ['i64', 8, (v, little) => v.getBigInt64(0, little)],
  ['f64', 8, (v, little) => v.getFloat64(0, little)],
];

// A float of 32 bits has about seven digits; more of them are of its form as 64 bits.
const said = (type: string, n: number | bigint): string => (type === 'f32' ? String(Number(Number(n).toPrecision(7))) : String(n));

/** Those for which there are enough bytes. */
export function numbersAt(data: Uint8Array, offset: number): NumberAt[] {
  return types
    .filter(([, bytes]) => offset >= 0 && offset + bytes <= data.length)
    .map(([type, bytes, read]) => {
      const view = new DataView(data.buffer, data.byteOffset + offset, bytes);
      return { type, big: said(type, read(view, false)), little: said(type, read(view, true)) };
    });
}
