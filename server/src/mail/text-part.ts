import type { MailBlock, MailDocument, MailList } from './document.ts';

/** The plain part: everything that the HTML part shows. */
export function renderText({ label, heading, blocks, footer }: MailDocument): string {
  const head = [label, heading].filter((line) => line !== null).join('\n');
  const parts = [head, ...blocks.map(renderBlock), `-- \n${footer.map(renderBlock).join('\n')}`];
  return `${parts.join('\n\n')}\n`;
}

function renderBlock(block: MailBlock): string {
  switch (block.type) {
    case 'text':
    case 'notice':
      return block.text;
    case 'quote':
      return block.text.replaceAll(/^/gm, '> ');
    case 'facts':
      return block.facts.map(({ label, value }) => `${label}: ${value}`).join('\n');
    case 'link':
      return `${block.text}: ${block.url}`;
    case 'list':
      return renderList(block);
  }
}

function renderList({ heading, count, groups, note }: MailList): string {
  const title = count === null ? heading : `${heading} (${count})`;
  const parts = groups.map((group) => {
    const items = group.items.map(
      ({ title, details }) => `- ${title}${details.length === 0 ? '' : `\n  ${details.join(' · ')}`}`,
    );
    return [...(group.heading === null ? [] : [group.heading]), ...items].join('\n');
  });
  return [title, ...parts, ...(note === null ? [] : [note])].join('\n\n');
}
