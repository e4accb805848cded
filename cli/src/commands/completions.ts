import { Failure } from '../failure.ts';
import { print } from '../output/print.ts';
import { type Arguments, commandNames, type Option, usageOf } from '../usage.ts';

const optionsOf = (name: (typeof commandNames)[number]): [string, Option][] =>
  Object.entries(usageOf(name).options);

const flagsOf = (name: (typeof commandNames)[number]): string[] =>
  optionsOf(name).flatMap(([key, { short }]) => [`--${key}`, ...(short ? [`-${short}`] : [])]);

/** Options with their choices, of each command that has some. */
const choicesOf = (name: (typeof commandNames)[number]): [string, string][] => [
  ...optionsOf(name).flatMap(([key, { choices }]): [string, string][] =>
    choices ? [[`--${key}`, choices.join(' ')]] : [],
  ),
];

const takesFile = (name: string): boolean => name === 'import';

function bash(): string {
  const cases = commandNames.map((name) => {
    const choices = choicesOf(name).map(
      ([flag, words]) => `        ${flag}) COMPREPLY=($(compgen -W '${words}' -- "$current")); return ;;`,
    );
    const files = takesFile(name) ? ' COMPREPLY+=($(compgen -f -- "$current"))' : '';
    return [
      `    ${name})`,
      ...(choices.length > 0 ? ['      case $previous in', ...choices, '      esac'] : []),
      `      COMPREPLY=($(compgen -W '${flagsOf(name).join(' ')}' -- "$current"))${files && `;${files}`} ;;`,
    ].join('\n');
  });
  return `_duly() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${commandNames.join(' ')}' -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
}
complete -F _duly duly`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function zsh(): string {
  const commands = commandNames.map((name) => `    ${quoted(`${name}:${usageOf(name).description}`)}`);
  const cases = commandNames.map((name) => {
    const specs = optionsOf(name).map(([key, { value, choices, description = '' }]) => {
      const text = description.replaceAll(/[[\]:]/g, '\\$&');
      const argument = value === undefined ? '' : `:${value}:${choices ? `(${choices.join(' ')})` : ''}`;
      return quoted(`--${key}[${text}]${argument}`);
    });
    return `    ${name}) _arguments ${[...specs, takesFile(name) ? "'*:file:_files'" : "'*:'"].join(' ')} ;;`;
  });
  return `#compdef duly
_duly() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "_duly" ]; then _duly; else compdef _duly duly; fi`;
}

function fish(): string {
  const lines = commandNames.flatMap((name) => {
    const seen = `'__fish_seen_subcommand_from ${name}'`;
    const options = optionsOf(name).map(([key, { value, short, choices, description = '' }]) =>
      [
        `complete -c duly -n ${seen} -l ${key}`,
        ...(short ? [`-s ${short}`] : []),
        ...(value !== undefined ? ['-x'] : []),
        ...(choices ? [`-a ${quoted(choices.join(' '))}`] : []),
        `-d ${quoted(description)}`,
      ].join(' '),
    );
    const files = takesFile(name) ? [`complete -c duly -n ${seen} -F`] : [];
    const command = `complete -c duly -n __fish_use_subcommand -a ${name} -d ${quoted(usageOf(name).description)}`;
    return [command, ...options, ...files];
  });
  return ['complete -c duly -f', ...lines].join('\n');
}

const shells = new Map(Object.entries({ bash, zsh, fish }));

export async function completions(args: Arguments): Promise<void> {
  const [name = ''] = args.words;
  const script = shells.get(name);
  if (script === undefined)
    throw new Failure('usage', `There are completions for bash, zsh and fish, not for "${name}"`);
  print(script());
}
