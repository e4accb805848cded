const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['#39', "'"],
]);

const breaks = new Set(['br', 'p', 'div', 'li', 'tr', 'h1', 'h2', 'h3']);
const hidden = new Set(['head', 'style', 'script', 'title']);

/** The text of HTML, for reading as text only: what it returns may contain anything and is never HTML. */
export function textOfHtml(html: string): string {
  const parts: string[] = [];
  let hiddenUntil: string | null = null;
  for (let at = 0; at < html.length; ) {
    const begin = html.indexOf('<', at);
    if (hiddenUntil === null) parts.push(html.slice(at, begin < 0 ? html.length : begin));
    const end = begin < 0 ? -1 : html.indexOf('>', begin);
    if (end < 0) break;
    const name = /^\/?[a-z0-9]{1,20}/i.exec(html.slice(begin + 1, begin + 22))?.[0].toLowerCase() ?? '';
    if (hiddenUntil === null && hidden.has(name)) hiddenUntil = `/${name}`;
    else if (hiddenUntil === name) hiddenUntil = null;
    else if (hiddenUntil === null && breaks.has(name)) parts.push('\n');
    at = end + 1;
  }
  return parts
    .join('')
    .replace(/&(#39|[a-z]{2,4});/g, (entity, name) => entities.get(name) ?? entity)
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line, index, lines) => line !== '' || (lines[index - 1] ?? '') !== '')
    .join('\n');
}
