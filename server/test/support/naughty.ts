/** Texts that commonly break programs. Lone surrogates stand for invalid UTF-8. */
const classes: Record<string, string[]> = {
  empty: [
    ...['\u180e', '', ' ', '\t', '\n', '\r\n', '\u00a0', '\u2003\u3000', '\ufeff', '\u200b', '   x   '],
  ],
  nul: [...'%00'.split(' '), ...['\u0000', 'a\u0000b', '\\0', '\\u0000']],
  surrogates: [...['\ud800', 'a\udfffb', '\ude00\ud83d', '\ud83d']],
  control: [
    ...['\u0001', '\u0007\b', '\u001b[31mred', '\u007f', '\u0085', '\u009f', '\u2028', '\u2029'],
    ...['\u0000\u0001'],
  ],
  direction: [
    ...['مرحبا', '\u061c'],
    ...['\u202eabc', '\u202a\u202b\u202c\u202d', '\u2066x\u2069', 'שלום abc', 'test\u2067test'],
  ],
  invisible: [
    ...['a\u200bb', '\u200d', '\u2060', 'a\u00adb', '\ufe0f', '\u{e0001}\u{e0041}', '\ufffe', '\uffff'],
    ...['\ufffd'],
  ],
  combining: [
    ...'é ำ Ǻ 가'.split(' '),
    ...['e\u0301', '\u0301'],
    ...[
      'Z\u0335\u0321\u0330Z\u0335\u0321\u0330Z\u0335\u0321\u0330Z\u0335\u0321\u0330Z\u0335\u0321\u0330Z\u0335\u0321\u0330Z\u0335\u0321\u0330Z\u0335\u0321\u0330',
    ],
    ...['A\u030a\u0301', 'ᄀ\u1161'],
  ],
  normalForms: [...'ﬃ ſ Å Ω Ⅷ ½ ① ﷺ K'.split(' '), ...['２０２６']],
  cases: [...'İ ı ß ẞ ΑΣ ς Ǆ ŉ İstanbul ﬀ'.split(' ')],
  astral: [
    ...['😀', '👨\u200d👩\u200d👧\u200d👦', '🏳\ufe0f\u200d🌈', '🇩🇪', '👍🏽', '\u{10ffff}', '𝒳', '𠜎'],
    ...['🏴\u{e0067}\u{e007f}'],
  ],
  sql: [
    ...'" $1 $$ $a$x$a$ -- ; null::text :: user_id "user_id" title;drop :name ? ??'.split(' '),
    ...["'", "''", '`', "' or '1'='1", "'; drop table duly.tasks; --", "1'; select pg_sleep(9); --"],
    ...["E'\\''", '/* */', "') or 1=1--", "\\'", 'case when 1=1 then title end', '{fn x}'],
  ],
  patterns: [
    ...'% _ %_% * .* ((((( [ [^] (?:a+)+$ ^ {1,99999} [[:alpha:]] a|b ! :* <->'.split(' '),
    ...['\\', '\\\\', '\\%', 'a & b | !c', "'a' <-> 'b':*"],
  ],
  shell: [
    ...'$(id) ~ $HOME -rf --help *?'.split(' '),
    ...['`id`', '; id', '| id', '&& id', '> /tmp/x', "$'\\x41'", 'a b'],
  ],
  formats: [
    ...'%s%n%x %d %@ {0} {{7*7}} #{7*7} %p%p%p %1$s &#65; %41 %25 + %2B =1+1 @SUM(1) -1+1|cmd'.split(' '),
    ...[`\${7*7}`, '<%= 7*7 %>', '\\x41', '\\u0041'],
  ],
  markup: [
    ...'<script>alert(1)</script> <!-- ]]> &amp; & < > </title> [x](javascript:x)'.split(' '),
    ...['"><img src=x onerror=alert(1)>', "javascript:alert('x')", '<?xml version="1.0"?>'],
    ...['<!ENTITY x "y">'],
  ],
  paths: [
    ...'../../etc/passwd /etc/passwd file:///etc/passwd . .. ... / // CON a/b %2e%2e%2f http://127.0.0.1/'.split(
      ' ',
    ),
    ...['..\\..\\x', 'C:\\', '\\\\host\\x'],
  ],
  lines: [
    ...['a\r\nSet-Cookie: x=1', 'a\nb', 'a\rb', '\r\n\r\n', 'BEGIN:VCALENDAR\r\nX:1', 'a\tb', '\u000b\f'],
  ],
  numbers: [
    ...'0 -0 1 -1 1e400 1e5 NaN Infinity 0x10 1_000 9007199254740993 99999999999999999999 1.5 ١ 2147483648 08'.split(
      ' ',
    ),
  ],
  words: [
    ...'null undefined true false None nil all any asc desc title High high __proto__ constructor prototype hasOwnProperty toString then length'.split(
      ' ',
    ),
    ...['HIGH ', '[object Object]'],
  ],
  dates: [
    ...'2026-02-30 2026-01-01 0000-01-01 infinity tomorrow now epoch 5874898-01-01 2026-01-01T00:00:00Z 1969-12-31 2100-12-31 2101-01-01 2026-1-1'.split(
      ' ',
    ),
  ],
  json: [
    ...'{} [] {"a":1} "x" [1, {"$gt":""} {"__proto__":{"x":1}} [[[[[[[['.split(' '),
    ...['\\"', '\\ud800'],
  ],
  long: [50, 51, 200, 201, 255, 256, 1_001, 4_000].map((length) => 'x'.repeat(length)),
  longCharacters: ['é'.repeat(200), '😀'.repeat(50), 'Z\u0300'.repeat(2_000), '\0'.repeat(50)],
  ids: [
    ...'6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11 6F1C1F6E-2B0A-4C55-9D3C-0F8C0F1F8A11 {6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11} admin root'.split(
      ' ',
    ),
    ...['urn:uuid:6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11'],
  ],
};

export const naughtyClasses: readonly string[][] = Object.values(classes);

export const naughtyStrings: readonly string[] = [...new Set(naughtyClasses.flat())];
