import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

// The program holds text compressed, as browsers take it: 0.5 MB less than as it is.
const compress: Plugin = {
  name: 'compress',
  writeBundle({ dir = '' }) {
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(html|js|css|svg)$/.test(name)) continue;
      const file = join(dir, name);
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      rmSync(file);
    }
  },
};

// The built page is checked in under internal/webui/dist, so that `go install`
// needs no Node. The same sources always give the same text: CI compares.
export default defineConfig({
  base: '/',
  // 'tree' builds elements one by one: no innerHTML, so Trusted Types have nothing to trust.
  plugins: [svelte({ compilerOptions: { fragments: 'tree', modernAst: true } }), compress],
  build: {
    outDir: '../internal/webui/dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the page's content policy allows no data: URLs
    modulePreload: false,
    reportCompressedSize: false,
    // What the first load needs is one file beside the page's own: a file for each module that
    // a later panel needs as well compresses worse, and is one request more.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shared', test: /node_modules\/svelte\/|\/src\/(format\/(text|scheme|hint)|i18n\/(table|i18n)|link\/api|model\/(form|optionForm|optionTable|settings|ui|workbench))\b|preload-helper/ }] } } },
  },
});
