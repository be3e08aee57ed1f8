// Files in one zip archive, stored as they are: pictures are packed already.

const TABLE = new Uint32Array(256).map((_, i) => {
  for (let bit = 0; bit < 8; bit++) i = i & 1 ? (i >>> 1) ^ 0xedb88320 : i >>> 1;
  return i;
});
const LARGEST = 0xffffffff; // bytes that the plain format can count
const UTF8 = 0x0800;
const EPOCH = 0x0021; // 1 January 1980, the first day that the format knows

export async function zipped(files) {
  const parts = [], directory = [];
  let offset = 0;
  for (const { name, blob } of files) {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const title = new TextEncoder().encode(name);
    // Version, flags, method, time, day, checksum, packed size, size, length of name, no extra field.
    const about = [[20, 2], [UTF8, 2], [0, 2], [0, 2], [EPOCH, 2], [checksum(bytes), 4], [bytes.length, 4], [bytes.length, 4], [title.length, 2], [0, 2]];
    const head = [numbers([0x04034b50, 4], ...about), title];
    directory.push(numbers([0x02014b50, 4], [20, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), title);
    parts.push(...head, blob);
    offset += head[0].length + title.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  if (offset + size > LARGEST) throw new Error("the files are larger than 4 GB together, more than a zip holds; download fewer");
  const count = files.length;
  const end = numbers([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

// Little-endian numbers of so many bytes each.
function numbers(...pairs) {
  return Uint8Array.from(pairs.flatMap(([number, bytes]) => Array.from({ length: bytes }, (_, i) => (number >>> (8 * i)) & 255)));
}

function checksum(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
