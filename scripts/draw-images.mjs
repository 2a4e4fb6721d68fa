/**
 * Renders the images of the ElizaOS registry, `images/logo.jpg` and `images/banner.jpg`, from the SVG files beside them.
 * Needs the font Inter (Debian: fonts-inter). `npm install --no-save sharp && node scripts/draw-images.mjs`
 */
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/** The sizes that the registry requires. */
const SIZES = { logo: [400, 400], banner: [1280, 640] };

for (const [name, [width, height]] of Object.entries(SIZES)) {
  const file = (extension) => fileURLToPath(new URL(`../images/${name}.${extension}`, import.meta.url));
  const { size } = await sharp(file('svg'), { density: 144 })
    .resize(width, height)
    .flatten()
    .jpeg({ quality: 88, mozjpeg: true })
    .toFile(file('jpg'));
  console.log(`images/${name}.jpg: ${width}x${height}, ${Math.round(size / 1024)} kB`);
}
