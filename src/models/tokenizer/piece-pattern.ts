/**
 * The expression that cuts a text into pieces: it matches the piece that starts at its `lastIndex`. No token reaches from
 * one piece into the next.
 *
 * In the published pattern `\s` is Unicode's White_Space. JavaScript's is another set: it has U+FEFF, which a file with a
 * byte order mark starts with, and lacks U+0085.
 */
export function piecePattern(published: string): RegExp {
  return new RegExp(published.replaceAll('\\s', '\\p{White_Space}').replaceAll('\\S', '\\P{White_Space}'), 'uy');
}
