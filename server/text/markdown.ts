import MarkdownIt, { type MarkdownIt as Markdown, type Token } from 'markdown-it';
import sanitizeHtml from 'sanitize-html';

/** How deep quotes, lists and emphasis may nest, and how many cells the tables of one text may have. */
export const MAX_DEPTH = 12;
export const MAX_CELLS = 2000;

/** Beyond this the parser goes no deeper, so that it is bounded whatever comes; each list or quote takes two levels. */
const MAX_NESTING = 40;

/** Tells HTML apart, which the renderer never lets through. */
const reader = new MarkdownIt({ html: true, maxNesting: MAX_NESTING });
const writer = shownLinks(new MarkdownIt({ html: false, maxNesting: MAX_NESTING }));

/** What of a Markdown text cannot be shown safely; undefined when nothing is wrong. */
export function markdownFault(text: string): string | undefined {
  // Before it is parsed, which takes long where there are very many.
  if (text.split('|').length > 2 * MAX_CELLS) return `has more than ${MAX_CELLS} table cells`;
  const tokens = reader.parse(text, {});
  const all = tokens.flatMap((token) => [token, ...(token.children ?? [])]);
  if (all.some(({ type }) => type === 'html_block' || type === 'html_inline')) return 'has HTML';
  if (all.some(({ type }) => type === 'image')) return 'has an image';
  if (all.filter(({ type }) => type === 'td_open' || type === 'th_open').length > MAX_CELLS) return `has more than ${MAX_CELLS} table cells`;
  return depthOf(tokens) > MAX_DEPTH ? `nests deeper than ${MAX_DEPTH}` : undefined;
}

/** Items of a list are a level of the parser's, and none of the reader's. */
function depthOf(tokens: readonly Token[], outside = 0): number {
  let [depth, deepest] = [outside, outside];
  for (const { nesting, type, children } of tokens) {
    if (!type.startsWith('list_item')) depth += nesting;
    deepest = Math.max(deepest, depth, children ? depthOf(children, depth) : 0);
  }
  return deepest;
}

/** The words of a Markdown text without its marks, for whoever searches or checks them. Blocks are lines. */
export function plainText(text: string): string {
  return reader.parse(text, {}).map(wordsOf).filter((line) => line !== '').join('\n');
}

function wordsOf({ type, content, children }: Token): string {
  if (type === 'softbreak' || type === 'hardbreak') return ' ';
  if (!children) return content;
  return children.map((child) => wordsOf(child) + (child.type === 'link_open' ? `${child.attrGet('href') ?? ''} ` : '')).join('');
}

const TAGS = ['p', 'br', 'strong', 'em', 's', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'h3', 'h4', 'h5', 'h6', 'hr', 'table', 'thead', 'tbody', 'tr', 'th', 'td'];

/** The text as HTML that holds nothing but words and their order: no links, no images, no attributes. Headings begin below the page's own. */
export function renderMarkdown(text: string): string {
  return sanitizeHtml(writer.render(text), { allowedTags: TAGS, allowedAttributes: { ol: ['start'] }, disallowedTagsMode: 'escape' });
}

/** Links are shown as text, with where they lead in brackets. */
function shownLinks(markdown: Markdown): Markdown {
  const { renderer } = markdown;
  const { rules } = renderer;
  rules['link_open'] = () => '';
  rules['link_close'] = (tokens, index) => ` (${markdown.utils.escapeHtml(hrefBefore(tokens, index))})`;
  rules['image'] = (tokens, index) => markdown.utils.escapeHtml(tokens[index]!.content);
  const heading = (tokens: Token[], index: number): string => {
    const token = tokens[index]!;
    token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 2)}`;
    return renderer.renderToken(tokens, index, markdown.options);
  };
  rules['heading_open'] = heading;
  rules['heading_close'] = heading;
  return markdown;
}

/** Links do not nest: the last that opened is the one that closes. */
function hrefBefore(tokens: readonly Token[], index: number): string {
  return tokens.slice(0, index).findLast(({ type }) => type === 'link_open')?.attrGet('href')?.toString() ?? '';
}
