import { escapeHtml } from './clean-text.ts';
import type { MailBlock, MailDocument, MailList, MailListItem } from './document.ts';
import { background, border, font, ink, look, named, styleSheet, wrap } from './html-styles.ts';

/**
 * The HTML part, of at most 600 px. It loads nothing: no image, no font, nothing that tells that it was opened.
 * `color-scheme` keeps clients from inverting colours that are dark already.
 */
export function renderHtml(document: MailDocument): string {
  const { language, direction, subject, preheader, blocks, footer } = document;
  const attributes = `lang="${escapeHtml(language)}" dir="${direction}"`;
  return `<!doctype html>
<html ${attributes}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>${escapeHtml(subject)}</title>
<style>
${styleSheet}
</style>
</head>
<body ${look('margin:0;padding:0', background('page'))}>
${hiddenPreheader(preheader)}
<div role="article" ${attributes} aria-label="${escapeHtml(subject)}" ${look(
    `padding:24px 12px;font-size:16px;line-height:24px;${font}`,
    background('page'),
    ink('text'),
  )}>
${outlookTableStart}
<div style="max-width:600px;margin:0 auto">
<main ${cardLook}>
${heading(document)}
${blocks.map((block) => renderBlock(block, direction)).join('\n')}
</main>
<div ${look('padding:16px 20px;font-size:13px;line-height:20px;text-align:center', ink('soft'))}>
${footer.map(renderFooterBlock).join('\n')}
</div>
</div>
${outlookTableEnd}
</div>
</body>
</html>
`;
}

const cardLook = look(
  'padding:32px;border-radius:4px 4px 12px 12px;border-top:4px solid',
  background('card'),
  border('accent'),
  named('card'),
);

/** Outlook on Windows knows no `max-width`. */
const outlookTableStart =
  '<!--[if mso]><table role="presentation" width="600" align="center"><tr><td><![endif]-->';
const outlookTableEnd = '<!--[if mso]></td></tr></table><![endif]-->';

/** Invisible characters after it keep the text of the mail out of the preview. */
const hiddenPreheader = (text: string) =>
  `<div aria-hidden="true" style="display:none;max-height:0;overflow:hidden;mso-hide:all">${isolated(text)}${'&#847; '.repeat(80)}</div>`;

const isolated = (text: string) => `<bdi>${escapeHtml(text)}</bdi>`;

function heading({ label, heading }: MailDocument): string {
  const above =
    label === null
      ? ''
      : `<p ${look('margin:0 0 4px;font-size:14px;line-height:20px;font-weight:600', ink('accent'))}>${escapeHtml(label)}</p>\n`;
  return `${above}<h1 ${look(`margin:0;font-size:24px;line-height:32px;font-weight:700;${wrap}`, ink('text'))}>${isolated(heading)}</h1>`;
}

function renderBlock(block: MailBlock, direction: MailDocument['direction']): string {
  switch (block.type) {
    case 'text':
      return `<p ${look(`margin:16px 0 0;${wrap}`, ink('text'))}>${lines(block.text)}</p>`;
    case 'notice':
      return `<p ${look('margin:16px 0 0;padding:12px 16px;border-radius:8px', background('notice'), ink('text'))}>${lines(block.text)}</p>`;
    case 'quote':
      return `<p ${look(`margin:20px 0 0;padding-top:20px;border-top:1px solid;${wrap}`, ink('text'), border('line'))} dir="auto">${lines(block.text)}</p>`;
    case 'facts':
      return block.facts.map(renderFact).join('\n');
    case 'link':
      return `<p style="margin:24px 0 0"><a href="${escapeHtml(block.url)}" ${button}>${escapeHtml(block.text)}</a></p>`;
    case 'list':
      return renderList(block, direction);
  }
}

const button = look(
  'display:inline-block;padding:12px 24px;border-radius:8px;color:#ffffff;font-weight:600;text-decoration:none',
  background('accent'),
  named('button'),
);

const lines = (text: string) => escapeHtml(text).replaceAll('\n', '<br>');

const renderFact = ({ label, value }: { label: string; value: string }) =>
  `<p style="margin:16px 0 0;${wrap}"><span ${look('font-size:14px;line-height:20px', ink('soft'))}>${escapeHtml(label)}</span><br><span ${look('font-weight:600', ink('text'))}>${isolated(value)}</span></p>`;

const tones = { alert: 'alert', accent: 'accent', plain: 'text' } as const;

function renderList(
  { heading, count, tone, groups, note }: MailList,
  direction: MailDocument['direction'],
): string {
  const number =
    count === null ? '' : ` <span ${look('font-weight:400', ink('soft'))}>${escapeHtml(count)}</span>`;
  const title = `<h2 ${look('margin:32px 0 0;font-size:18px;line-height:24px;font-weight:700', ink(tones[tone]))}>${escapeHtml(heading)}${number}</h2>`;
  const parts = groups.map((group) => {
    const day =
      group.heading === null
        ? ''
        : `<h3 ${look('margin:20px 0 0;font-size:14px;line-height:20px;font-weight:600', ink('soft'))}>${isolated(group.heading)}</h3>\n`;
    const items = group.items.map((item) => renderItem(item, direction)).join('\n');
    return `${day}<ul style="margin:0;padding:0;list-style:none">\n${items}\n</ul>`;
  });
  const more = note === null ? '' : `\n<p ${look('margin:12px 0 0', ink('soft'))}>${escapeHtml(note)}</p>`;
  return `${title}\n${parts.join('\n')}${more}`;
}

/** A bar at the start of the line marks important tasks, whose details say so too. */
function renderItem(
  { title, details, isImportant }: MailListItem,
  direction: MailDocument['direction'],
): string {
  const side = direction === 'rtl' ? 'right' : 'left';
  const bar = look(
    `margin:12px 0 0;padding:0;padding-${side}:12px;border-${side}:3px solid;${wrap}`,
    border(isImportant ? 'alert' : 'line'),
  );
  const more =
    details.length === 0
      ? ''
      : `<br><span ${look('font-size:14px;line-height:20px', ink('soft'))}>${details.map(isolated).join(' · ')}</span>`;
  return `<li ${bar}>${isolated(title)}${more}</li>`;
}

const renderFooterBlock = (block: MailBlock): string => {
  if (block.type === 'link')
    return `<p style="margin:4px 0 0"><a href="${escapeHtml(block.url)}" ${look('text-decoration:underline', ink('soft'))}>${escapeHtml(block.text)}</a></p>`;
  return block.type === 'text' ? `<p style="margin:0">${lines(block.text)}</p>` : '';
};
