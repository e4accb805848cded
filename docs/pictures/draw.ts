import { instance } from '@viz-js/viz';

/** Boxes have a light ground of their own: so they can be read on a dark page, too. */
const box = { shape: 'box', style: 'rounded,filled', fillcolor: '#eef1f4', color: '#8a949e' };
const text = { fontname: 'Helvetica, Arial, sans-serif', fontsize: 13 };
const fills: Readonly<Record<string, string>> = { centre: '#bfe3cf', ours: '#dff0e6', outside: '#f3e7d8' };

/**
 * @param source in the language of Graphviz; its first line is a comment: the title
 * @returns an SVG that can be read on light and dark ground
 */
export async function draw(source: string): Promise<string> {
  const viz = await instance();
  const [, title = ''] = /^\/\/ (.+)/.exec(source) ?? [];
  const svg = viz.renderString(source, {
    format: 'svg',
    graphAttributes: {
      bgcolor: 'transparent',
      pad: 0.1,
      nodesep: 0.3,
      ranksep: 0.45,
      ...text,
      fontcolor: '#16211b',
      color: '#8a949e',
      style: 'rounded,filled',
      fillcolor: '#fafbfc',
    },
    nodeAttributes: { ...box, ...text, fontcolor: '#16211b', margin: '0.18,0.1' },
    edgeAttributes: { color: '#808a94', arrowsize: 0.7 },
  });
  // A class of the source names the colour of a box.
  return svg
    .replaceAll(/<g id="[^"]*" class="node (\w+)">[\s\S]*?<\/g>/g, (node, kind) =>
      node.replace(box.fillcolor, fills[kind] ?? box.fillcolor),
    )
    .replace('<g id="graph0"', `<title>${title}</title>\n<g id="graph0"`)
    .replace(/<\?xml[\s\S]*?-->\n(?=<svg)/, '');
}
