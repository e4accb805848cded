import { ImportError } from '../model.ts';
import { quote } from './text.ts';

/** A content line (RFC 5545 §3.1). */
export interface IcsProperty {
  /** In upper case, as names of parameters are. */
  name: string;
  params: ReadonlyMap<string, string>;
  value: string;
  line: number;
}

/** What is between BEGIN and END. */
export interface IcsComponent {
  name: string;
  line: number;
  properties: IcsProperty[];
  components: IcsComponent[];
}

interface Line {
  text: string;
  number: number;
}

/** Joins folded lines, those that go on with a space or a tab. Line breaks of any kind are accepted. */
function unfold(text: string): Line[] {
  const lines: { parts: string[]; number: number }[] = [];
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    const last = lines.at(-1);
    if (last !== undefined && (line.startsWith(' ') || line.startsWith('\t'))) last.parts.push(line.slice(1));
    else if (line !== '') lines.push({ parts: [line], number: index + 1 });
  });
  return lines.map(({ parts, number }) => ({ text: parts.join(''), number }));
}

/** Where the value begins: at the first colon that is in no quoted value of a parameter. */
function splitLine(text: string): { parts: string[]; value: string } | null {
  const parts: string[] = [];
  let begin = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') isQuoted = !isQuoted;
    if (isQuoted || (char !== ';' && char !== ':')) continue;
    parts.push(text.slice(begin, at));
    begin = at + 1;
    if (char === ':') return { parts, value: text.slice(begin) };
  }
  return null;
}

function parseLine({ text, number }: Line): IcsProperty | null {
  const found = splitLine(text);
  if (found === null) return null;
  const [name = '', ...params] = found.parts;
  const entries = params.map((param): [string, string] => {
    const equals = param.indexOf('=');
    return [param.slice(0, equals).toUpperCase(), param.slice(equals + 1).replaceAll('"', '')];
  });
  // Some programs put a group before the name, with a dot.
  return {
    name: name.slice(name.lastIndexOf('.') + 1).toUpperCase(),
    params: new Map(entries),
    value: found.value,
    line: number,
  };
}

/** Alarms within tasks within calendars need 3 levels; more is allowed. */
const maxDepth = 20;

/**
 * The calendars of a file. Lines that are no content lines are passed over.
 * @throws ImportError if the file has no calendar, or ends within one
 */
export function readCalendars(text: string): IcsComponent[] {
  const calendars: IcsComponent[] = [];
  const open: IcsComponent[] = [];
  for (const line of unfold(text)) {
    const property = parseLine(line);
    if (property === null) continue;
    const component = open.at(-1);
    const name = property.value.trim().toUpperCase();
    if (property.name === 'BEGIN') {
      const begun = { name, line: line.number, properties: [], components: [] };
      if (component !== undefined) component.components.push(begun);
      else if (name === 'VCALENDAR') calendars.push(begun);
      else throw new ImportError(`Line ${line.number} begins ${quote(name)} outside of a VCALENDAR`);
      open.push(begun);
      if (open.length > maxDepth)
        throw new ImportError(`Line ${line.number} is too deep within other components`);
    } else if (property.name === 'END') {
      if (component === undefined || component.name !== name)
        throw new ImportError(`Line ${line.number} ends ${quote(name)}, which did not begin`);
      open.pop();
    } else component?.properties.push(property);
  }
  const left = open.at(-1);
  if (left !== undefined)
    throw new ImportError(
      `The ${left.name.slice(0, 20)} of line ${left.line} has no end: is the file complete?`,
    );
  if (calendars.length === 0) throw new ImportError('The file is no calendar: it has no BEGIN:VCALENDAR');
  return calendars;
}

/** A value of type TEXT (RFC 5545 §3.3.11). */
export const unescapeText = (value: string): string =>
  value.replace(/\\([\s\S])/g, (_, char) => (char === 'n' || char === 'N' ? '\n' : char));

/** The texts of a list, which commas separate unless a backslash is before them. */
export function splitTexts(value: string): string[] {
  const texts: string[] = [];
  let begin = 0;
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '\\') at++;
    else if (value[at] === ',') {
      texts.push(value.slice(begin, at));
      begin = at + 1;
    }
  }
  return [...texts, value.slice(begin)].map(unescapeText);
}
