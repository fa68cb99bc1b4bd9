import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The built page is checked in under internal/webui/dist, so that `go install`
// needs no Node. The same sources always give the same bytes: CI compares.
export default defineConfig({
  base: '/',
  // 'tree' builds elements one by one: no innerHTML, so Trusted Types have nothing to trust.
  plugins: [svelte({ compilerOptions: { fragments: 'tree', modernAst: true } })],
  build: {
    outDir: '../internal/webui/dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the page's content policy allows no data: URLs
    modulePreload: false,
    reportCompressedSize: false,
  },
});
