import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(fileURLToPath(import.meta.url));

/** @type {import('next').NextConfig} */
export default {
  output: 'export',
  distDir: '.next',
  // `tsc -p web` checks the types, with the compiler of the whole repository.
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: dirname(web) },
  productionBrowserSourceMaps: false,
  reactStrictMode: true,
};
