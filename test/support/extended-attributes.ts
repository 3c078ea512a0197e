import { load } from 'koffi';

const library = load(null);
const set = library.func('lsetxattr', 'int', ['str', 'str', 'str', 'size_t', 'int']);
const get = library.func('lgetxattr', 'int64_t', ['str', 'str', 'void *', 'size_t']);

/** Sets an extended attribute of a file; Node has no function for it. */
export function setAttribute(path: string, name: string, value: string): void {
  if (set(path, name, value, Buffer.byteLength(value), 0) !== 0)
    throw new Error(`cannot set ${name} of ${path}`);
}

/** The value of an extended attribute. */
export function getAttribute(path: string, name: string): string {
  const value = Buffer.alloc(256);
  const length = Number(get(path, name, value, value.length));
  if (length < 0) throw new Error(`cannot read ${name} of ${path}`);
  return value.toString('utf8', 0, length);
}
