/** What an element holds. Lists become `<item>` elements, as everywhere in EC2; undefined ones are left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue };

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';

/** The body of an answer. */
export function answerXml(operation: string, requestId: string, answer: XmlValue): string {
  const content = element('requestId', requestId) + contentOf(answer);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${operation}Response xmlns="${NAMESPACE}">${content}</${operation}Response>`;
}

/** The body of a refusal. */
export function errorXml(requestId: string, code: string, message: string): string {
  const error = { Errors: { Error: { Code: code, Message: message } }, RequestID: requestId };
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${contentOf(error)}</Response>`;
}

function element(name: string, value: XmlValue): string {
  return value === undefined ? '' : `<${name}>${contentOf(value)}</${name}>`;
}

function contentOf(value: XmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (isList(value)) return value.map((item) => element('item', item)).join('');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, part]) => element(name, part))
      .join('');
  }
  return escape(String(value));
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

/** Control characters cannot be written in XML 1.0 at all. */
function escape(text: string): string {
  return text.replace(/[&<>"'\r]|[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (character) =>
    character < ' ' && character !== '\r' ? '\ufffd' : `&#${String(character.charCodeAt(0))};`,
  );
}
