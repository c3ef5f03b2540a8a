/** A text as the outline of a QR code, so that it is drawn as one SVG path. */
import encodeQR from 'qr';

export interface QrPath {
  /** Modules a side, the quiet zone of four on each side included. */
  readonly size: number;
  /** The dark modules as horizontal runs. */
  readonly path: string;
}

/** Returns the code of a text, in byte mode with medium correction. */
export function qrPath(text: string): QrPath {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 });
  const runs: string[] = [];
  rows.forEach((row, y) => {
    let x = 0;
    while (x < row.length) {
      const start = x;
      while (row[x] === true) x += 1;
      if (x > start) runs.push(`M${String(start)} ${String(y)}h${String(x - start)}v1h-${String(x - start)}z`);
      else x += 1;
    }
  });
  return { size: rows.length, path: runs.join('') };
}
